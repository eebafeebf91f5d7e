import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { positive } from '../options.ts'
import { table } from '../output/table.ts'
import type { Session } from '../session.ts'
import { confirmed } from './confirm.ts'
import type { Run } from './status.ts'

interface Options {
  account?: string
  page: number
  events?: boolean
  wake?: boolean
  followLog?: boolean
  yes?: boolean
}

interface Difference {
  accountId: string
  ticketId: string
  kind: string
  logSequence: number
  sequence: number
  repaired: boolean
}

/** What a difference means. */
const KINDS: Record<string, string> = {
  missing: 'there is no summary: lists do not show the ticket',
  behind: 'the summary is behind the log',
  ahead: 'the summary knows more than the log',
  different: 'the summary says something else than the log',
  no_log: 'there is a summary and no log',
  workflow_ahead: 'the workflow knows more than the log',
  workflow_failed: 'the workflow did not answer',
}

export function projectionCommands(program: Command, run: Run): void {
  const projection = program
    .command('projection')
    .description(
      'what lists read and workflows know, compared with the log of the tickets, which is the truth',
    )
  const common = (command: Command) =>
    command
      .option('--account <id>', 'only this account (operator)')
      .option('--page <n>', 'tickets that are looked at with one call', positive, 100)
  common(projection.command('verify'))
    .description('compare, and change nothing')
    .option('--events', 'compare the events on Kafka with the store instead')
    .action(run(verify))
  common(projection.command('rebuild'))
    .description('write summaries that differ anew, and wake workflows that are missing or behind')
    .option('--no-wake', 'leave the workflows alone')
    .option(
      '--follow-log',
      'end workflows that know more than the log (after a restore of an older store); what only they knew is lost',
    )
    .option('--yes', 'do not ask')
    .action(run(rebuild))
}

async function walk(session: Session, options: Options, what: object) {
  const api = session.maybe.operator ?? session.account()
  if (options.account && !session.maybe.operator) session.operator()
  const sum = { tickets: 0, repaired: 0, woken: 0, differences: [] as Difference[] }
  let cursor: string | null = null
  do {
    const page: typeof sum & { nextCursor: string | null } = await api.post('/operations/projection', {
      ...what,
      limit: Math.min(200, options.page),
      ...(options.account && { accountId: options.account }),
      ...(cursor && { cursor }),
    })
    sum.tickets += page.tickets
    sum.repaired += page.repaired
    sum.woken += page.woken
    sum.differences.push(...page.differences)
    cursor = page.nextCursor
    if (cursor && page.tickets > 0)
      session.note(`${sum.tickets} tickets, ${sum.differences.length} differences`)
  } while (cursor && !session.interrupted.aborted)
  return { ...sum, complete: cursor === null }
}

async function verify(session: Session, options: Options): Promise<ExitCode> {
  if (options.events) return await verifyEvents(session)
  const found = await walk(session, options, {})
  const agree = found.differences.length === 0
  return session.answer(
    'projection.verify',
    found,
    () =>
      [
        ...lines(found.differences),
        `${found.tickets} tickets compared: ${agree ? 'no difference' : `${found.differences.length} differences`}.`,
      ].join('\n'),
    agree ? EXIT.ok : EXIT.found,
  )
}

async function rebuild(session: Session, options: Options): Promise<ExitCode> {
  const { wake = true, followLog = false } = options
  if (followLog && !wake) throw new Failure(EXIT.usage, '--follow-log and --no-wake exclude each other.')
  if (!options.yes)
    await confirmed(
      session,
      followLog
        ? 'Write differing summaries anew, and END workflows that know more than the log?'
        : 'Write differing summaries anew?',
    )
  const found = await walk(session, options, { repair: true, wake, followLog })
  const left = found.differences.filter(({ repaired }) => !repaired)
  return session.answer(
    'projection.rebuild',
    found,
    () =>
      [
        ...lines(found.differences),
        `${found.tickets} tickets looked at, ${found.repaired} summaries written anew, ${found.woken} workflows asked.`,
        left.length ? `${left.length} differences are left.` : 'Everything follows the log.',
      ].join('\n'),
    left.length ? EXIT.found : EXIT.ok,
  )
}

const lines = (differences: Difference[]): string[] =>
  differences.length === 0
    ? []
    : [
        table(
          ['TICKET', 'ACCOUNT', 'LOG', 'KNOWN', 'WHAT', 'REPAIRED'],
          differences.map((one) => [
            one.ticketId,
            one.accountId,
            one.logSequence,
            one.sequence,
            KINDS[one.kind] ?? one.kind,
            one.repaired ? 'yes' : 'no',
          ]),
        ),
        '',
      ]

/** The comparison with Kafka is a program of its own, which integrators read as an example. */
async function verifyEvents(session: Session): Promise<ExitCode> {
  const { settings } = session
  session.account()
  const main = fileURLToPath(new URL('../../../local/src/projection/main.ts', import.meta.url))
  if (!existsSync(main))
    throw new Failure(
      EXIT.usage,
      'The comparison with Kafka is not part of this image.',
      'Run it in a checkout: npm run projection -- verify',
    )
  if (!settings.kafkaBrokers)
    throw new Failure(
      EXIT.usage,
      'It is not known where Kafka is.',
      'Set KAFKA_BROKERS, or `kafkaBrokers` in the context.',
    )
  const quiet = '--disable-warning=TimeoutNegativeWarning'
  const child = spawn(process.execPath, [quiet, main, 'verify', ...(session.json ? ['--json'] : [])], {
    // The key goes by the environment: command lines are everybody's to read.
    env: {
      ...process.env,
      ONUS_URL: settings.url,
      ONUS_KEY: settings.key,
      KAFKA_BROKERS: settings.kafkaBrokers,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return code === 0 ? EXIT.ok : code === 1 ? EXIT.found : EXIT.unreachable
}
