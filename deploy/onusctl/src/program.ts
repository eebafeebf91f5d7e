import { ConfigError } from '@onus/kit/config'
import { Command, CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { completionCommand, contextCommand, noColor } from './commands/contexts.ts'
import { eventCommands } from './commands/events.ts'
import { noticeCommands } from './commands/notices.ts'
import { offboardCommands } from './commands/offboard.ts'
import { projectionCommands } from './commands/projection.ts'
import { ruleCommands } from './commands/rules.ts'
import { type Run, statusCommand } from './commands/status.ts'
import { stuckCommand } from './commands/stuck.ts'
import { ticketCommands } from './commands/ticket.ts'
import { EXIT, type ExitCode, Failure } from './exit.ts'
import { positive } from './options.ts'
import { paintFor } from './output/paint.ts'
import { createSession, type Session } from './session.ts'
import { type GlobalFlags, readSettings } from './settings.ts'

/** What the program touches of the world. */
export interface World {
  out(text: string): void
  err(text: string): void
  env: Record<string, string | undefined>
  /** Whether the output is a terminal. */
  tty: boolean
  ask?: (question: string) => Promise<string>
  fetch?: typeof fetch
}

const TIMEOUT_S = 15

/** The tree of commands. `onExit` is told what each command answers. */
export function createProgram(world: World, onExit: (exit: ExitCode) => void): Command {
  const program = new Command('onusctl')
    .description('Operates an Onus installation.')
    .version(packageJson.version)
    .option('--context <name>', 'a context of the configuration file (ONUSCTL_CONTEXT)')
    .option('--config <file>', 'the configuration file; default ~/.config/onus/config.json (ONUSCTL_CONFIG)')
    .option('--url <url>', 'where the API is, without /api/v1 (ONUS_URL)')
    .option('--key-file <file>', 'a file with an API key of the account (or ONUS_KEY)')
    .option('--operator-key-file <file>', 'a file with the operator key (or ONUS_OPERATOR_KEY)')
    .option('--local', 'the embedded stack, by its .onus/local.json (ONUS_DIR)')
    .option('--json', 'one JSON document instead of text for people')
    .option('--timeout <seconds>', 'for one answer', positive, TIMEOUT_S)
    .addOption(noColor)
    .showHelpAfterError('(onusctl --help, or --help after a command, shows what there is)')
    .addHelpText(
      'after',
      '\nExit: 0 well, 1 something was found, 2 usage, 3 not reachable, 4 not allowed, 5 not found, 6 refused.',
    )
    .configureOutput({ writeOut: world.out, writeErr: world.err })
    .exitOverride()
  const interrupt = new AbortController()
  const run: Run =
    (work) =>
    async (...args) => {
      // Commander adds the command itself after its arguments and options.
      const given = args.slice(0, -1)
      const flags = program.opts<GlobalFlags>()
      const settings = readSettings(flags, world.env)
      for (const warning of settings.warnings) world.err(`warning: ${warning}\n`)
      const session = createSession({
        ...{ settings, out: world.out, err: world.err, ask: world.ask, fetch: world.fetch },
        paint: paintFor(world.tty, world.env, flags.color),
        json: flags.json === true,
        timeoutMs: Number(flags.timeout) * 1000,
        interrupted: interrupt.signal,
      })
      const stop = () => interrupt.abort()
      process.once('SIGINT', stop)
      try {
        onExit(await work(session, ...given))
      } finally {
        process.off('SIGINT', stop)
        if (session.hasTemporal) await closed(session)
      }
    }
  statusCommand(program, run)
  ticketCommands(program, run)
  stuckCommand(program, run)
  noticeCommands(program, run)
  eventCommands(program, run)
  projectionCommands(program, run)
  offboardCommands(program, run)
  ruleCommands(program, run)
  contextCommand(program, run, world.env)
  completionCommand(program, world.out, onExit)
  for (const command of everyCommand(program))
    command.exitOverride().configureOutput({ writeOut: world.out, writeErr: world.err })
  return program
}

const everyCommand = (command: Command): Command[] =>
  command.commands.flatMap((child) => [child, ...everyCommand(child)])

async function closed(session: Session): Promise<void> {
  try {
    await (await session.temporalIfConnected())?.close()
  } catch {
    // What could not be reached needs no closing.
  }
}

/** Runs a command line; gives the exit code. Never throws. */
export async function run(args: string[], world: World): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok
  const program = createProgram(world, (code) => {
    exit = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exit
  } catch (error) {
    return failed(error, world, args)
  }
}

function failed(error: unknown, world: World, args: string[]): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    world.err(`error: ${error.problems.join('\n       ')}\n`)
    return EXIT.usage
  }
  if (error instanceof Failure) {
    world.err(`error: ${error.message}\n${error.remedy ? `       ${error.remedy}\n` : ''}`)
    return error.exit
  }
  world.err(`error: ${error instanceof Error ? (world.env.DEBUG ? error.stack : error.message) : error}\n`)
  world.err(`       This is a mistake of onusctl (${args[0] ?? ''}); DEBUG=1 shows where.\n`)
  return EXIT.internal
}
