import { type Command, Option } from 'commander'
import { completionScript, SHELLS, type Shell } from '../completion.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { table } from '../output/table.ts'
import type { Session } from '../session.ts'
import { configPath, type GlobalFlags, readConfigFile } from '../settings.ts'
import type { Run } from './status.ts'

export function contextCommand(program: Command, run: Run, env: Record<string, string | undefined>): void {
  program
    .command('contexts')
    .description('the installations that the configuration file names')
    .action(
      run(async (session: Session): Promise<ExitCode> => {
        const path = configPath(program.opts<GlobalFlags>(), env)
        const file = readConfigFile(path)
        const contexts = Object.entries(file?.contexts ?? {}).map(
          ([name, { url, temporal, key, operatorKey }]) => ({
            ...{
              name,
              current: name === file?.current,
              url: url ?? null,
              temporal: temporal?.address ?? null,
            },
            ...{ key: key !== undefined, operatorKey: operatorKey !== undefined },
          }),
        )
        return session.answer('contexts', { path, contexts }, () =>
          contexts.length === 0
            ? `There are none in ${path}.`
            : table(
                ['', 'CONTEXT', 'URL', 'TEMPORAL', 'KEYS'],
                contexts.map(({ name, current, url, temporal, key, operatorKey }) => [
                  current ? '*' : ' ',
                  name,
                  url,
                  temporal,
                  [key && 'account', operatorKey && 'operator'].filter(Boolean).join(', '),
                ]),
              ),
        )
      }),
    )
}

export function completionCommand(
  program: Command,
  out: (text: string) => void,
  done: (exit: ExitCode) => void,
): void {
  program
    .command('completion')
    .description('print a completion script: source <(onusctl completion bash)')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => {
      if (!SHELLS.some((known) => known === shell))
        program.error(`error: there is no completion for ${shell}; take ${SHELLS.join(', ')}`)
      out(completionScript(program, shell as Shell))
      done(EXIT.ok)
    })
}

/** `--no-color` is one of the oldest habits; `NO_COLOR` works too. */
export const noColor = new Option('--no-color', 'no colours, also on a terminal (NO_COLOR)')
