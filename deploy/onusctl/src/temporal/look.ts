import type { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import type { WorkflowExecutionDescription } from '@temporalio/client'
import type { Temporal } from './connection.ts'

/** Something that waits for something, and for what. */
export interface Waiting {
  /** What it is: a ticket, a notice, an answer by mail, an accepted mail, ... */
  kind: string
  /** Its id: of the workflow, the webhook, the notice or the ticket. */
  id: string
  accountId: string | null
  ticketId: string | null
  waitsFor: string
  since: string | null
  attempts: number | null
  nextAttemptAt: string | null
  error: string | null
  /** The page of `deploy/runbooks` that helps. */
  runbook: string
}

/** Workflows by type: what they are called, and which page helps. */
const KINDS: Record<string, [kind: string, runbook: string]> = {
  ticket: ['ticket', 'a-ticket-is-stuck'],
  notice: ['notice', 'notices-do-not-arrive'],
  reply: ['answer by mail', 'notices-do-not-arrive'],
  resend: ['notice', 'notices-do-not-arrive'],
  digest: ['digest', 'notices-do-not-arrive'],
  webhookLane: ['webhook', 'notices-do-not-arrive'],
  intake: ['accepted mail', 'a-ticket-is-stuck'],
  sweep: ['sweep', 'a-ticket-is-stuck'],
  drain: ['drain', 'the-backlog-grows'],
  offboarding: ['off-boarding', 'an-agent-leaves'],
  delegation: ['delegation', 'an-agent-leaves'],
  republish: ['events again', 'kafka-is-down'],
}

/** What an activity does, in words. */
const ACTIVITIES: Record<string, string> = {
  publishEntries: 'Kafka to take its events',
  republish: 'Kafka to take events again',
  deliver: 'its provider to take it',
  deliverFirst: 'its provider to take it',
  deliverDigest: 'its provider to take it',
  publishChanges: 'Kafka to take its state',
  planNotices: 'who is to be told to be known',
  drain: 'the receiver to take deliveries',
  drainPage: 'a page of the backlog to be given',
  movePage: 'a page of tickets to be moved',
  sweepPage: 'a page of tickets to be checked',
  reportOffboarding: 'the directory service',
}

const RUNNING = "ExecutionStatus = 'Running'"

export interface LookOptions {
  accountId?: string
  /** Most workflows of one query that are looked into. */
  limit: number
  /** Every running ticket, not only those whose events wait. */
  deep?: boolean
}

export interface Found {
  waiting: Waiting[]
  /** Workflows that were looked into, and those that were not because there were more than the limit. */
  lookedAt: number
  left: number
}

/** Looks for work that does not go on: failing activities, failing workflow tasks, and what was paused. */
export async function lookForStuck(temporal: Temporal, options: LookOptions): Promise<Found> {
  const mine = options.accountId ? ` AND ${accountIs(options.accountId)}` : ''
  const others = Object.keys(KINDS).filter((type) => type !== 'ticket')
  const queries = [
    `WorkflowType = 'ticket' AND OnusUnpublished > 0 AND ${RUNNING}${mine}`,
    `WorkflowType IN (${others.map((type) => `'${type}'`).join(', ')}) AND ${RUNNING}`,
    ...(options.deep ? [`WorkflowType = 'ticket' AND ${RUNNING}${mine}`] : []),
  ]
  const ids = new Map<string, { type: string; paused: boolean; unpublished: number }>()
  let left = 0
  for (const query of queries) {
    let count = 0
    for await (const { workflowId, type, typedSearchAttributes } of temporal.client.workflow.list({
      query,
    })) {
      if (options.accountId && accountOf(workflowId) !== options.accountId) continue
      if (count >= options.limit) {
        left += 1
        continue
      }
      count += 1
      const known = (name: string) =>
        typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value
      ids.set(workflowId, {
        type,
        paused: known('OnusStatus') === 'paused',
        unpublished: Number(known('OnusUnpublished') ?? 0),
      })
    }
  }
  const waiting: Waiting[] = []
  const queue = [...ids]
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [workflowId, { type, paused, unpublished }] = next
      try {
        const description = await temporal.client.workflow.getHandle(workflowId).describe()
        const found = waitingOf(workflowId, type, description, { paused, unpublished })
        if (found.some(({ activityId, ofTask }) => activityId || ofTask))
          await readHistory(temporal, workflowId, found)
        waiting.push(...found.map(({ activityId: _, ofTask: __, ...one }) => one))
      } catch (error) {
        // It ended while we looked: then it does not wait.
        if ((error as Error).name !== 'WorkflowNotFoundError') throw error
      }
    }
  }
  await Promise.all(Array.from({ length: 10 }, worker))
  return {
    waiting: waiting.sort((a, b) => (a.since ?? '').localeCompare(b.since ?? '')),
    lookedAt: ids.size,
    left,
  }
}

type Described = Pick<WorkflowExecutionDescription, 'status' | 'startTime' | 'raw'>

/** What a workflow waits for that does not come by itself. Nothing for one that is only asleep. */
export interface WaitingActivity extends Waiting {
  activityId?: string
  /** It is the workflow's own task that fails. */
  ofTask?: boolean
}

export function waitingOf(
  workflowId: string,
  type: string,
  { status, startTime, raw }: Described,
  known: { paused?: boolean; unpublished?: number } = {},
): WaitingActivity[] {
  if (status.name !== 'RUNNING') return []
  const [kind = type, runbook = 'a-ticket-is-stuck'] = KINDS[type] ?? []
  const base = {
    ...{ kind, id: workflowId, accountId: accountOf(workflowId), ticketId: ticketOf(workflowId) },
    ...{ since: null, attempts: null, nextAttemptAt: null, error: null, runbook },
  }
  const found: WaitingActivity[] = []
  const task = raw.pendingWorkflowTask
  if (task && (task.attempt ?? 1) > 1)
    found.push({
      ...base,
      ofTask: true,
      waitsFor: 'a workflow task that succeeds: its worker fails on it',
      since: at(task.originalScheduledTime) ?? null,
      attempts: task.attempt ?? null,
      error: 'see WorkflowTaskFailed at the end of its history',
      runbook: 'a-worker-version-is-bad',
    })
  for (const activity of raw.pendingActivities ?? []) {
    const failure = activity.lastFailure
    if (!failure && (activity.attempt ?? 1) <= 1) continue
    const name = activity.activityType?.name ?? ''
    const many = name === 'publishEntries' && known.unpublished ? ` (${known.unpublished})` : ''
    found.push({
      ...base,
      activityId: activity.activityId ?? undefined,
      waitsFor: `${ACTIVITIES[name] ?? `the activity ${name}`}${many}`,
      since: startTime.toISOString(),
      attempts: activity.attempt ?? null,
      nextAttemptAt: at(activity.nextAttemptScheduleTime) ?? null,
      error: rootOf(failure),
      runbook: ['publishEntries', 'publishChanges', 'republish'].includes(name) ? 'kafka-is-down' : runbook,
    })
  }
  if (known.paused) found.push({ ...base, waitsFor: 'somebody to resume it', since: startTime.toISOString() })
  return found
}

/** Events of the end of a history in which the first scheduling of an activity is looked for. */
const TAIL = 200

/**
 * An activity is scheduled anew with every attempt: only the history knows since when it tries. And only there
 * stands why a workflow task failed, the first time.
 */
async function readHistory(
  { connection, namespace }: Temporal,
  workflowId: string,
  found: WaitingActivity[],
): Promise<void> {
  const { history } = await connection.workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution: { workflowId },
    maximumPageSize: TAIL,
  })
  for (const event of history?.events ?? []) {
    const { eventTime, activityTaskScheduledEventAttributes: scheduled } = event
    const one = found.find(({ activityId }) => activityId && activityId === scheduled?.activityId)
    if (one) one.since = at(eventTime) ?? one.since
    const why = rootOf(event.workflowTaskFailedEventAttributes?.failure)
    const task = found.find(({ ofTask }) => ofTask)
    if (!task || !why) continue
    task.error = why
    // Only the last row of failures is why it waits now.
    task.ofTask = false
  }
}

interface FailureLike {
  message?: string | null
  cause?: FailureLike | null
}

/** The innermost message: the ones around it say only that an activity failed. */
function rootOf(failure: FailureLike | null | undefined): string | null {
  let last = failure
  while (last?.cause) last = last.cause
  return last?.message?.split('\n')[0]?.slice(0, 300) ?? null
}

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined
function at(timestamp: Timestamp): string | undefined {
  const seconds = Number(timestamp?.seconds ?? 0)
  return seconds > 0 ? new Date(seconds * 1000 + (timestamp?.nanos ?? 0) / 1e6).toISOString() : undefined
}

/** Ids of workflows are `<type>:<account>:<what>...`. */
const accountOf = (workflowId: string): string | null => workflowId.split(':')[1] ?? null
const ticketOf = (workflowId: string): string | null => {
  const [type, , ticketId] = workflowId.split(':')
  return ['ticket', 'notice', 'reply', 'republish'].includes(type ?? '') ? (ticketId ?? null) : null
}
const accountIs = (accountId: string): string =>
  `${name('OnusAccount')} = '${accountId.replace(/'/g, "\\'")}'`
const name = (attribute: keyof typeof SEARCH_ATTRIBUTES): string => attribute

export interface QueueState {
  queue: string
  /** Processes that poll it for workflow tasks or activities. */
  pollers: number
  backlog: number
  lastPollAt: string | null
}

/** The task queues of the services, and who works on them. */
export const QUEUES = ['tickets', 'operations', 'operations-drains', 'intake', 'notifications', 'webhooks']

export async function readQueues({ connection, namespace, prefix }: Temporal): Promise<QueueState[]> {
  return await Promise.all(
    QUEUES.map(async (queue) => {
      const parts = await Promise.all(
        [1, 2].map((taskQueueType) =>
          connection.workflowService.describeTaskQueue({
            namespace,
            taskQueue: { name: `${prefix}${queue}` },
            taskQueueType,
            reportStats: true,
          }),
        ),
      )
      const pollers = parts.flatMap(({ pollers }) => pollers ?? [])
      const last = pollers
        .map(({ lastAccessTime }) => at(lastAccessTime) ?? '')
        .sort()
        .at(-1)
      return {
        queue,
        pollers: new Set(pollers.map(({ identity }) => identity)).size,
        backlog: parts.reduce((sum, { stats }) => sum + Number(stats?.approximateBacklogCount ?? 0), 0),
        lastPollAt: last || null,
      }
    }),
  )
}

export async function countWaiting({
  client,
}: Temporal): Promise<Record<'unpublished' | 'notices' | 'mails', number>> {
  const count = async (query: string) =>
    Number((await client.workflow.count(`${query} AND ${RUNNING}`)).count)
  const [unpublished, notices, mails] = await Promise.all([
    count("WorkflowType = 'ticket' AND OnusUnpublished > 0"),
    count("WorkflowType IN ('notice', 'reply')"),
    count("WorkflowType = 'intake'"),
  ])
  return { unpublished, notices, mails }
}
