import type { Command } from 'commander'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { ago, table } from '../output/table.ts'
import type { Session } from '../session.ts'
import type { QueueState } from '../temporal/look.ts'

interface Finding {
  what: string
  remedy: string
}

interface PartLine {
  name: string
  state: string
  version?: string
  startedAt?: string
  problems: Record<string, string>
}

/** A consumer this far behind is worth a look. */
const LAG = 1_000

export function statusCommand(program: Command, run: Run): void {
  program
    .command('status')
    .description('how the installation is: parts, versions, Kafka, Temporal, what waits, orphans, notices')
    .addHelpText(
      'after',
      '\nShows what the configured keys may see: the operator key the installation, an API key of an owner or\nadmin the notices and webhooks of the account. Exit 1 when something is not as it should be.',
    )
    .action(run(status))
}

export type Run = (
  // biome-ignore lint/suspicious/noExplicitAny: commander hands over arguments and options as they come
  work: (session: Session, ...args: any[]) => Promise<ExitCode>,
) => (...args: unknown[]) => Promise<void>

async function status(session: Session): Promise<ExitCode> {
  const { operator, account } = session.maybe
  if (!operator && !account && !session.hasTemporal) session.operator()
  const found: Finding[] = []
  // What does not answer is a finding like any other: the rest is still worth knowing.
  const away: Failure[] = []
  const ifThere = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof Failure) || error.exit !== EXIT.unreachable) throw error
      away.push(error)
      found.push({ what: error.message, remedy: error.remedy ?? '' })
      return undefined
    }
  }
  const [installation, orphans, temporal, notices] = await Promise.all([
    operator ? ifThere(installationOf(session, found)) : undefined,
    ifThere(orphansOf(session, found)),
    session.hasTemporal ? temporalOf(session, found) : undefined,
    account ? ifThere(noticesOf(session, found)) : undefined,
  ])
  const nothing = away.length > 0 && !installation && !orphans && !notices
  const result = {
    ok: found.length === 0,
    from: session.settings.from,
    ...installation,
    orphans: orphans ?? null,
    temporal: temporal ?? null,
    account: notices ?? null,
    findings: found,
  }
  return session.answer(
    'status',
    result,
    () => text(session, result),
    nothing ? EXIT.unreachable : found.length ? EXIT.found : EXIT.ok,
  )
}

async function installationOf(session: Session, found: Finding[]) {
  const { version, parts, kafka } = await session.operator().get('/operations/status')
  for (const { name, state, problems } of parts as PartLine[])
    if (state !== 'ready')
      found.push({
        what: `${name} is ${state.replace('_', ' ')}: ${Object.entries(problems)
          .map(([need, why]) => `${need}: ${why}`)
          .join('; ')}`,
        remedy: 'Look at its log, and at what it needs.',
      })
  if (kafka.state !== 'ready')
    found.push({
      what: `Kafka cannot be reached: ${kafka.error}`,
      remedy: 'deploy/runbooks/kafka-is-down.md',
    })
  for (const { group, topic, lag, consumed } of kafka.groups)
    if (lag > LAG || (lag > 0 && !consumed))
      found.push({
        what: `${group} is ${lag} records behind on ${topic}${consumed ? '' : ', and nobody consumes for it'}`,
        remedy: 'deploy/runbooks/the-backlog-grows.md',
      })
  for (const { topic, records } of kafka.parked)
    found.push({ what: `${records} records lie in ${topic}`, remedy: 'deploy/runbooks/kafka-is-down.md' })
  return { version: version as string, parts: parts as PartLine[], kafka }
}

async function orphansOf(session: Session, found: Finding[]) {
  const api = session.maybe.operator ?? session.maybe.account
  if (!api) return undefined
  const { orphans, leaving } = await api.get('/operations/orphans')
  if (orphans > 0)
    found.push({
      what: `${orphans} tickets are held by somebody who may not see them`,
      remedy: 'onusctl stuck names them; deploy/runbooks/an-agent-leaves.md',
    })
  return { orphans: orphans as number, leaving: leaving as number }
}

async function temporalOf(session: Session, found: Finding[]) {
  try {
    const temporal = await session.temporal()
    const { countWaiting, readQueues } = await import('../temporal/look.ts')
    const [queues, waiting] = await Promise.all([readQueues(temporal), countWaiting(temporal)])
    for (const { queue, pollers, backlog } of queues)
      if (pollers === 0)
        found.push({
          what: `nobody works on the task queue ${queue}${backlog ? `, and ${backlog} tasks wait` : ''}`,
          remedy: 'Look at the worker: the ticket worker, or the notification service.',
        })
    if (waiting.unpublished > 0)
      found.push({
        what: `events of ${waiting.unpublished} tickets wait for Kafka`,
        remedy: 'deploy/runbooks/kafka-is-down.md',
      })
    return { reachable: true, queues, waiting }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    found.push({ what: error.message, remedy: error.remedy ?? '' })
    return { reachable: false, queues: [] as QueueState[], waiting: null }
  }
}

async function noticesOf(session: Session, found: Finding[]) {
  const api = session.account()
  const [health, retrying, failed, webhooks] = await Promise.all([
    api.get('/notifications/health'),
    api.all('/notifications?state=retrying', 200),
    api.all('/notifications?state=failed', 200),
    api.all('/webhooks', 200),
  ])
  const remedy = 'deploy/runbooks/notices-do-not-arrive.md'
  for (const { name, state, error } of health.providers)
    if (state !== 'ok')
      found.push({ what: `the provider of ${name} fails: ${error ?? 'no reason given'}`, remedy })
  if (health.broken.length > 0)
    found.push({ what: `${health.broken.length} addresses or tokens have an open breaker`, remedy })
  if (retrying.length > 0) found.push({ what: `${many(retrying)} notices are tried again`, remedy })
  if (failed.length > 0) found.push({ what: `${many(failed)} notices have failed`, remedy })
  const disabled = webhooks.filter(({ disabledReason }) => disabledReason)
  if (disabled.length > 0) found.push({ what: `${disabled.length} webhooks were set inactive`, remedy })
  return {
    providers: health.providers,
    openBreakers: health.broken.length as number,
    noticesRetrying: retrying.length,
    noticesFailed: failed.length,
    webhooksDisabled: disabled.length,
  }
}

const many = (items: unknown[]): string => (items.length === 200 ? '200 or more' : String(items.length))

type Result = {
  from: string
  version?: string
  parts?: PartLine[]
  kafka?: {
    state: string
    groups: { group: string; topic: string; lag: number; consumed: boolean }[]
  }
  orphans: { orphans: number; leaving: number } | null
  temporal: Awaited<ReturnType<typeof temporalOf>> | null
  account: Awaited<ReturnType<typeof noticesOf>> | null
  findings: Finding[]
}

function text(
  { paint }: Session,
  { from, parts, kafka, orphans, temporal, account, findings }: Result,
): string {
  const blocks: string[] = [paint.dim(`Asked ${from}.`)]
  const mark = (ok: boolean, say: string) => (ok ? paint.good(say) : paint.bad(say))
  if (parts)
    blocks.push(
      table(
        ['PART', 'STATE', 'VERSION', 'STARTED', 'PROBLEMS'],
        parts.map(({ name, state, version, startedAt, problems }) => [
          name,
          mark(state === 'ready', state.replace('_', ' ')),
          version,
          ago(startedAt),
          Object.entries(problems)
            .map(([need, why]) => `${need}: ${why}`)
            .join('; '),
        ]),
      ),
    )
  if (kafka)
    blocks.push(
      table(
        ['KAFKA GROUP', 'TOPIC', 'LAG', 'CONSUMED'],
        kafka.groups.map(({ group, topic, lag, consumed }) => [
          group,
          topic,
          mark(lag <= LAG, String(lag)),
          mark(consumed || lag === 0, consumed ? 'yes' : 'no'),
        ]),
      ),
    )
  if (temporal?.reachable)
    blocks.push(
      table(
        ['TASK QUEUE', 'WORKERS', 'BACKLOG', 'LAST POLL'],
        temporal.queues.map(({ queue, pollers, backlog, lastPollAt }) => [
          queue,
          mark(pollers > 0, String(pollers)),
          backlog,
          ago(lastPollAt),
        ]),
      ),
    )
  const counts: [string, number | undefined, boolean][] = [
    ['tickets whose events wait for Kafka', temporal?.waiting?.unpublished, true],
    ['notices and answers on their way', temporal?.waiting?.notices, false],
    ['accepted mails on their way', temporal?.waiting?.mails, false],
    ['orphans', orphans?.orphans, true],
    ['tickets of agents who leave', orphans?.leaving, false],
    ['notices tried again', account?.noticesRetrying, true],
    ['notices failed', account?.noticesFailed, true],
    ['open breakers', account?.openBreakers, true],
    ['webhooks set inactive', account?.webhooksDisabled, true],
  ]
  const known = counts.filter(([, count]) => count !== undefined)
  if (known.length)
    blocks.push(
      table(
        ['WHAT', 'COUNT'],
        known.map(([what, count, bad]) => [what, bad ? mark(count === 0, String(count)) : String(count)]),
      ),
    )
  blocks.push(
    findings.length === 0
      ? paint.good('All is well.')
      : [
          paint.bad(`${findings.length} things are not as they should be:`),
          ...findings.map(({ what, remedy }) => `- ${what}\n  ${paint.dim(remedy)}`),
        ].join('\n'),
  )
  return blocks.join('\n\n')
}
