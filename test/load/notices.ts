/**
 * `npm run bench -- notices [count] [mails|webhooks|crowd|ledger ...]`: notices and webhooks, on the running stack. From
 * the commit of a change to the handing over of its mail, and to the first try at a webhook's receiver, 1 and 20
 * at a time, as ratios to a bare Temporal child workflow with one activity in the same run; what a new ticket in a
 * department of twenty costs; and pages of the ledger with 100 and 10,000 lines. All parts, or those that are named.
 * Prints a table and writes `test-output/notices.json`.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { MongoClient } from 'mongodb'
import {
  createWorld,
  expectStatus,
  muteNewTickets,
  readLocal,
  type TestAgent,
  type World,
} from '../support/world.ts'

const [first, ...others] = process.argv.slice(2)
const count = Number(first) || 100
const named = new Set(Number(first) ? others : process.argv.slice(2))
const wanted = (part: string): boolean => named.size === 0 || named.has(part)
const local = await readLocal()
const results: Record<string, unknown> = {}

const quantile = (sorted: number[], q: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0)

function report(name: string, times: number[]): { median: number; p99: number } {
  times.sort((a, b) => a - b)
  const measured = { median: quantile(times, 0.5), p99: quantile(times, 0.99), of: times.length }
  results[name] = measured
  process.stdout.write(`${name.padEnd(60)} median ${measured.median} ms  p99 ${measured.p99} ms\n`)
  return measured
}

async function parallel<T>(many: number, together: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  let next = 0
  const lane = async () => {
    while (next < many) {
      const at = next
      next += 1
      done[at] = await work(at)
    }
  }
  await Promise.all(Array.from({ length: together }, lane))
  return done
}

/** Looks twice a second: most times are those that the services noted, and looking must not be the load. */
async function until<T>(look: () => Promise<T | undefined>, everyMs = 500): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  throw new Error('it took more than a minute')
}

/** Tickets made beforehand: what is measured is their change. */
const ready: string[] = []
async function prepare(world: World, many: number): Promise<void> {
  const made = await parallel(many, 4, () =>
    world.createTicket({ departmentId: world.departments.Queue!.id }),
  )
  ready.push(...made.map(({ id }) => id))
  // What their creation set off has ended.
  await new Promise((resolve) => setTimeout(resolve, 5000))
}

/** Assigns a ticket, and tells how long its mail took from the commit on. */
async function assigned(world: World, agent: TestAgent): Promise<number> {
  const id = ready.pop()!
  expectStatus(await world.owner.api.post(`/tickets/${id}/assign`, { agentId: agent.id }), 200)
  const mail = await until(async () => {
    const { items } = expectStatus(await world.owner.api.get(`/tickets/${id}/notifications?limit=200`), 200)
    return items.find(
      (line: any) => line.event === 'ticket_assigned' && line.channel === 'email' && line.sentAt,
    )
  })
  const { items } = expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200)
  const entry = items.findLast((each: any) => each.type === 'responsibility.changed')
  return Date.parse(mail.sentAt) - Date.parse(entry.at)
}

const cpuOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const connection = await Connection.connect({ address: local.temporalAddress })
const client = new Client({ connection, namespace: local.temporalNamespace })
const native = await NativeConnection.connect({ address: local.temporalAddress })
const taskQueue = `bench-${randomUUID()}`
const worker = await Worker.create({
  connection: native,
  namespace: local.temporalNamespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./notice-workflow.ts', import.meta.url)),
  activities: { now: async () => Date.now() },
})
const running = worker.run()
const bare = () => client.workflow.execute('bareParent', { taskQueue, workflowId: `bench-${randomUUID()}` })

// New tickets tell nobody here: what is measured is one assignment, one mail.
const quiet = await createWorld({
  departments: ['Queue'],
  agents: { ann: { in: ['Queue'] }, bob: { in: ['Queue'] } },
})
await muteNewTickets([quiet.owner, ...Object.values(quiet.agents)])
/** Measures a way 1 and 20 at a time, each beside a bare child. */
async function beside(what: string, way: () => Promise<number>): Promise<void> {
  await prepare(quiet, 20)
  await parallel(20, 5, way)
  for (const together of [1, 20]) {
    const many = together === 1 ? Math.ceil(count / 2) : count
    await prepare(quiet, many)
    const reference = report(
      `a bare child with one activity, ${together} at a time`,
      await parallel(many, together, bare),
    )
    const measured = report(`${what}, ${together} at a time`, await parallel(many, together, way))
    const ratio = Math.round((100 * measured.median) / Math.max(1, reference.median)) / 100
    results[`ratio, ${what}, ${together} at a time`] = ratio
    process.stdout.write(`${`ratio of the medians, ${together} at a time`.padEnd(60)} ${ratio}\n`)
  }
}

if (wanted('mails')) await beside('from commit to SMTP', () => assigned(quiet, quiet.agents.ann!))

if (wanted('webhooks')) {
  /** When each ticket's first message came, and when its change was committed. */
  const came = new Map<string, number>()
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { subject, time, data } = JSON.parse(Buffer.concat(chunks).toString())
    if (data.revision === 2 && !came.has(subject)) came.set(subject, Date.now() - Date.parse(time))
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const events = ['dev.onus.ticket.responsibility.changed.v1']
  const hook = expectStatus(await quiet.owner.api.post('/webhooks', { url, events }), 201)
  await beside('from commit to the first try at a webhook', async () => {
    const id = ready.pop()!
    expectStatus(await quiet.owner.api.post(`/tickets/${id}/assign`, { agentId: quiet.agents.ann!.id }), 200)
    return until(async () => came.get(id), 50)
  })
  expectStatus(await quiet.owner.api.delete(`/webhooks/${hook.id}`), 204)
  receiver.close()
}

if (wanted('crowd')) {
  // A new ticket in a department of twenty: forty messages leave, sixty lines are written.
  const agents = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`agent${at}`, { in: ['Crowd'] }]))
  const crowd = await createWorld({ departments: ['Crowd'], agents })
  const departmentId = crowd.departments.Crowd!.id
  const told = async (): Promise<number> => {
    const began = performance.now()
    const { id } = await crowd.createTicket({ departmentId })
    await until(async () => {
      const { body } = await crowd.owner.api.get(`/tickets/${id}/notifications?limit=200`)
      const open = body.items.filter((line: any) => line.state === 'planned' || line.state === 'retrying')
      return body.items.length && !open.length ? true : undefined
    }, 50)
    return performance.now() - began
  }
  await told()
  const pid = local.pids.notification as number
  const before = await cpuOf(pid)
  const rounds = 15
  report('a new ticket in a department of twenty, all told', await parallel(rounds, 1, told))
  const cpu = Math.round((await cpuOf(pid)) - before) / rounds
  results['CPU of the notification service for it, ms'] = Math.round(cpu)
  process.stdout.write(`${'CPU of the notification service for it'.padEnd(60)} ${Math.round(cpu)} ms\n`)
}

if (wanted('ledger')) {
  // Pages of two ledgers in turn, so that what else the machine does is in both.
  const full = await createWorld({ departments: ['Queue'], agents: { ann: { in: ['Queue'] } } })
  const mongo = await MongoClient.connect(local.mongodbUri)
  const ledger = mongo.db('onus_notification').collection<any>('notices')
  await prepare(quiet, 1)
  await assigned(quiet, quiet.agents.ann!)
  const sample = await ledger.findOne({ accountId: quiet.accountId, channel: 'email' })
  const fill = async ({ accountId }: World, many: number) => {
    for (let at = 0; at < many; at += 500) {
      const lines = Array.from({ length: Math.min(500, many - at) }, (_, index) => ({
        ...sample,
        _id: randomUUID().replaceAll('-', ''),
        accountId,
        createdAt: new Date(Date.now() - (at + index) * 1000).toISOString(),
      }))
      await ledger.insertMany(lines)
    }
  }
  await fill(quiet, 100)
  await fill(full, 10_000)
  const page = async ({ owner }: World) => {
    const began = performance.now()
    expectStatus(await owner.api.get('/notifications?limit=50'), 200)
    return performance.now() - began
  }
  const small: number[] = []
  const large: number[] = []
  for (let round = -5; round < 60; round++) {
    const times = [await page(quiet), await page(full)]
    if (round < 0) continue
    small.push(times[0]!)
    large.push(times[1]!)
  }
  const [of100, of10000] = [
    report('a page of a ledger of some hundred lines', small),
    report('a page of a ledger of 10,000 lines', large),
  ]
  results['ratio of the pages'] = Math.round((100 * of10000.median) / of100.median) / 100
  process.stdout.write(`${'ratio of the pages'.padEnd(60)} ${results['ratio of the pages']}\n`)
  await ledger.deleteMany({ accountId: { $in: [quiet.accountId, full.accountId] } })
  await mongo.close()
}

await mkdir('test-output', { recursive: true })
await writeFile(
  'test-output/notices.json',
  JSON.stringify({ at: new Date().toISOString(), results }, null, 2),
)
worker.shutdown()
await running
await native.close()
await connection.close()
