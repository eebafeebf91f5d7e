/**
 * `npm run bench -- cost [tickets] [together]`: what one ticket costs on the running stack, over a whole life: it comes by
 * mail, is claimed, answered twice, replied to once, transferred, claimed there, resolved and closed, and all who
 * are to know are told. Counts what Temporal, MongoDB and Kafka keep of it, and the processor time of every
 * process. Prints a table and writes `test-output/cost.json`.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { readToEnd, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { Client, Connection } from '@temporalio/client'
import { BSON, MongoClient } from 'mongodb'
import { sendRaw } from '../support/mail.ts'
import { createWorld, expectStatus, readLocal } from '../support/world.ts'

const tickets = Number(process.argv[2] ?? 25)
const together = Number(process.argv[3] ?? 3)
const local = await readLocal()
const mongo = await MongoClient.connect(local.mongodbUri)
const temporal = new Client({
  connection: await Connection.connect({ address: local.temporalAddress }),
  namespace: local.temporalNamespace,
})

const world = await createWorld({
  departments: ['Billing'],
  agents: {
    ada: { in: ['Support'] },
    ben: { in: ['Support'] },
    bea: { in: ['Billing'] },
    bob: { in: ['Billing'] },
  },
})
const { ada, bea } = world.agents as Record<string, (typeof world.agents)[string]>

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`${what} took more than a minute`)
}

const contactOf = (at: number) => `carla-${at}@customer-${world.domain}`
const PARAGRAPH = 'The invoice of last month shows the amount twice, and I was charged for both. '.repeat(6)

async function mailIn(at: number, subject: string, headers: Record<string, string>): Promise<void> {
  const from = contactOf(at)
  const to = world.departments.Support!.address
  const lines = {
    From: `Carla Contact <${from}>`,
    To: to,
    Subject: subject,
    Date: new Date().toUTCString(),
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`)
  await sendRaw(local.inboundSmtp, { from, to }, `${head.join('\r\n')}\r\n\r\n${PARAGRAPH}\r\n`)
}

let retried = 0

/** A whole life; gives the ticket's id. */
async function live(at: number): Promise<string> {
  const subject = `Invoice ${at} ${randomUUID().slice(0, 8)}`
  const messageId = `<${randomUUID()}@customer.example>`
  await mailIn(at, subject, { 'Message-ID': messageId })
  const { id } = await until('a mail', async () => {
    const { body } = await world.owner.api.get('/tickets?limit=100&status=new')
    return body.items.find((ticket: any) => ticket.subject === subject)
  })
  // On a busy machine a command may be late; the same key repeats it safely.
  const post = async (by: typeof ada, path: string, body: object) => {
    const key = { 'idempotency-key': randomUUID() }
    for (let attempt = 0; ; attempt++) {
      const answer = await by!.api.post(`/tickets/${id}/${path}`, body, key)
      if (answer.status === 503 && attempt < 5) retried += 1
      else return expectStatus(answer, path === 'messages' ? 201 : 200)
    }
  }
  const answer = { author: 'agent', kind: 'public', body: PARAGRAPH }
  await post(ada, 'claim', {})
  await post(ada, 'messages', answer)
  await mailIn(at, `Re: ${subject}`, {
    'Message-ID': `<${randomUUID()}@customer.example>`,
    'In-Reply-To': messageId,
    References: messageId,
  })
  await until('a reply', async () => {
    const { body } = await world.owner.api.get(`/tickets/${id}`)
    return body.status === 'open'
  })
  await post(ada, 'transfer', { departmentId: world.departments.Billing!.id, note: 'It is about money.' })
  await post(bea, 'claim', {})
  await post(bea, 'messages', answer)
  await post(bea, 'resolve', {})
  await post(world.owner as typeof ada, 'close', {})
  return id
}

async function parallel<T>(many: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  let next = 0
  const lane = async () => {
    while (next < many) {
      const at = next++
      done[at] = await work(at)
    }
  }
  await Promise.all(Array.from({ length: together }, lane))
  return done
}

/** Processor time so far, in ms, by process; of the kernel's own books, in ticks of 10 ms. */
function processorTime(): Record<string, number> {
  const now = JSON.parse(readFileSync(process.env.ONUS_LOCAL_JSON!, 'utf8')).pids as Record<string, number>
  return Object.fromEntries(
    Object.entries(now).map(([name, pid]) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
      return [name, (Number(fields[11]) + Number(fields[12])) * 10]
    }),
  )
}
const minus = (after: Record<string, number>, before: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]))

interface Kept {
  documents: number
  bytes: number
}

/** Others may use the stack at the same time; what names no account (parts of files) counts as ours. */
const isOurs = ({ _id, accountId }: { _id: unknown; accountId?: unknown }): boolean => {
  const [first, second] = String(_id).split(':')
  return (accountId ?? (second === undefined ? world.accountId : first)) === world.accountId
}

async function store(): Promise<Record<string, Kept>> {
  const kept: Record<string, Kept> = {}
  const { databases } = await mongo.db().admin().listDatabases()
  for (const { name } of databases.filter(({ name: each }) => each.startsWith('onus_'))) {
    for (const collection of await mongo.db(name).collections()) {
      const sum = { documents: 0, bytes: 0 }
      for await (const document of collection.find()) {
        if (!isOurs(document)) continue
        sum.documents += 1
        sum.bytes += BSON.calculateObjectSize(document)
      }
      kept[`${name}.${collection.collectionName}`] = sum
    }
  }
  return kept
}

async function topics(): Promise<Record<string, Kept>> {
  const config = { KAFKA_BROKERS: local.kafkaBrokers.split(',') }
  const log = createLogger('cost', 'silent')
  const kept: Record<string, Kept> = {}
  for (const topic of Object.values(TOPICS)) {
    const sum = { documents: 0, bytes: 0 }
    await readToEnd(config, log, topic, ({ key, value, headers }) => {
      if (!`${key}${value}${headers.ce_source}`.includes(world.accountId)) return
      sum.documents += 1
      sum.bytes += key.length + (value?.length ?? 0)
      for (const [name, text] of Object.entries(headers)) sum.bytes += name.length + Buffer.byteLength(text)
    })
    kept[topic] = sum
  }
  return kept
}

interface Workflows {
  runs: number
  events: number
  historyBytes: number
  actions: Record<string, number>
}

/** What is counted as an action, by the event that stands for it; Temporal's own list, as of its pricing page. */
const ACTIONS: Record<string, string> = {
  EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: 'workflow started',
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 'update',
  EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 'signal',
  EVENT_TYPE_ACTIVITY_TASK_STARTED: 'activity attempt',
  EVENT_TYPE_MARKER_RECORDED: 'local activity (marker)',
  EVENT_TYPE_TIMER_STARTED: 'timer',
  EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 'search attributes',
  EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: 'child workflow',
}

async function workflows(): Promise<Record<string, Workflows>> {
  const found: Record<string, Workflows> = {}
  const { accountId } = world
  for (const kind of ['ticket', 'intake', 'notice', 'reply']) {
    const sum: Workflows = { runs: 0, events: 0, historyBytes: 0, actions: {} }
    const query = `WorkflowId BETWEEN '${kind}:${accountId}:' AND '${kind}:${accountId}:~'`
    for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
      const handle = temporal.workflow.getHandle(workflowId, runId)
      const [described, history] = await Promise.all([handle.describe(), handle.fetchHistory()])
      sum.runs += 1
      sum.historyBytes += Number(described.raw.workflowExecutionInfo?.historySizeBytes ?? 0)
      for (const event of history.events ?? []) {
        sum.events += 1
        const action = ACTIONS[String(event.eventType)] ?? ACTIONS[eventName(event.eventType)]
        if (action) sum.actions[action] = (sum.actions[action] ?? 0) + 1
      }
    }
    found[kind] = sum
  }
  return found
}

const { default: proto } = await import('@temporalio/proto')
const eventName = (type: unknown): string => proto.temporal.api.enums.v1.EventType[Number(type)] ?? ''

const rest = async (seconds: number) => {
  const before = processorTime()
  await sleep(seconds * 1000)
  return minus(processorTime(), before)
}

// The first life loads code and fills caches; it is not counted.
await live(-1)
await sleep(3000)
const REST_S = 10
const resting = await rest(REST_S)
const [storeBefore, topicsBefore] = [await store(), await topics()]
const workflowsBefore = await workflows()
const timeBefore = processorTime()
const began = Date.now()
const ids = await parallel(tickets, live)
const seconds = (Date.now() - began) / 1000
// What follows the last command: notices, replies, the ends of runs.
await sleep(5000)
const elapsed = (Date.now() - began) / 1000
const time = minus(processorTime(), timeBefore)
const [storeAfter, topicsAfter, workflowsAfter] = [await store(), await topics(), await workflows()]

const each = (value: number): number => Math.round((value / tickets) * 10) / 10
const delta = (after: Record<string, Kept>, before: Record<string, Kept>) =>
  Object.fromEntries(
    Object.entries(after)
      .map(
        ([name, { documents, bytes }]) =>
          [
            name,
            {
              documents: each(documents - (before[name]?.documents ?? 0)),
              bytes: Math.round((bytes - (before[name]?.bytes ?? 0)) / tickets),
            },
          ] as const,
      )
      .filter(([, { documents, bytes }]) => documents !== 0 || bytes !== 0),
  )

const notices = (await world.owner.api.get(`/tickets/${ids.at(-1)}/notifications?limit=200`)).body.items
const report = {
  tickets,
  together,
  seconds,
  retried,
  notices: notices.length,
  noticesSent: notices.filter(({ state }: any) => state === 'sent' || state === 'acknowledged').length,
  processorMs: Object.fromEntries(
    Object.entries(time).map(([name, ms]) => [
      name,
      each(Math.max(0, ms - ((resting[name] ?? 0) / REST_S) * elapsed)),
    ]),
  ),
  restingPercent: Object.fromEntries(
    Object.entries(resting).map(([name, ms]) => [name, Math.round((ms / (REST_S * 1000)) * 1000) / 10]),
  ),
  temporal: Object.fromEntries(
    Object.entries(workflowsAfter).map(([kind, { runs, events, historyBytes, actions }]) => {
      const was = workflowsBefore[kind]!
      return [
        kind,
        {
          runs: each(runs - was.runs),
          events: each(events - was.events),
          historyBytes: Math.round((historyBytes - was.historyBytes) / tickets),
          actions: Object.fromEntries(
            Object.entries(actions).map(([name, count]) => [name, each(count - (was.actions[name] ?? 0))]),
          ),
        },
      ]
    }),
  ),
  mongodb: delta(storeAfter, storeBefore),
  kafka: delta(topicsAfter, topicsBefore),
}

await mkdir('test-output', { recursive: true })
await writeFile('test-output/cost.json', `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
await mongo.close()
await temporal.connection.close()
process.exit(0)
