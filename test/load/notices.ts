/**
 * Notices, on the running stack: `ONUS_LOCAL_JSON=.onus/local.json node test/load/notices.ts [count]`. From the
 * commit of an assignment to the handing over of its mail, 1 and 20 at a time, as a ratio to a bare Temporal
 * child workflow with one activity in the same run; what a new ticket in a department of twenty costs; and pages
 * of the ledger with 100 and 10,000 lines. Prints a table and writes `test-output/notices.json`.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { MongoClient } from 'mongodb'
import { createWorld, expectStatus, readLocal, type TestAgent, type World } from '../support/world.ts'

const count = Number(process.argv[2] ?? 100)
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

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it took more than a minute')
}

/** Assigns a new ticket, and tells how long its mail took from the commit on. */
async function assigned(world: World, agent: TestAgent): Promise<number> {
  const { id } = await world.createTicket({ departmentId: world.departments.Queue!.id })
  expectStatus(await world.owner.api.post(`/tickets/${id}/assign`, { agentId: agent.id }), 200)
  const mail = await until(async () => {
    const { body } = await world.owner.api.get(`/tickets/${id}/notifications?limit=200`)
    return body.items.find(
      (line: any) => line.event === 'ticket_assigned' && line.channel === 'email' && line.sentAt,
    )
  })
  const { body } = await world.owner.api.get(`/tickets/${id}/timeline?limit=200`)
  const entry = body.items.findLast((each: any) => each.type === 'responsibility.changed')
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
for (const { api } of [quiet.owner, ...Object.values(quiet.agents)]) {
  const { body } = await api.get('/me/preferences')
  const rules = body.rules.map((rule: any) =>
    rule.event === 'ticket_new' ? { ...rule, when: 'never' } : rule,
  )
  expectStatus(await api.put('/me/preferences', { ...body, rules }), 200)
}
await parallel(20, 5, () => assigned(quiet, quiet.agents.ann!))
for (const together of [1, 20]) {
  const many = together === 1 ? Math.ceil(count / 2) : count
  const reference = report(
    `a bare child with one activity, ${together} at a time`,
    await parallel(many, together, bare),
  )
  const mails = report(
    `from commit to SMTP, ${together} at a time`,
    await parallel(many, together, () => assigned(quiet, quiet.agents.ann!)),
  )
  const ratio = Math.round((100 * mails.median) / Math.max(1, reference.median)) / 100
  results[`ratio, ${together} at a time`] = ratio
  process.stdout.write(`${`ratio of the medians, ${together} at a time`.padEnd(60)} ${ratio}\n`)
}

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
  })
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

// Pages of the ledger, before and after it has grown to 10,000 lines of one agent.
const pages = async (name: string) => {
  const page = async () => {
    const began = performance.now()
    expectStatus(await quiet.owner.api.get('/notifications?limit=50'), 200)
    return performance.now() - began
  }
  await parallel(5, 1, page)
  return report(name, await parallel(40, 1, page))
}
const mongo = await MongoClient.connect(local.mongodbUri)
const ledger = mongo.db('onus_notification').collection<any>('notices')
const [sample] = await ledger.find({ accountId: quiet.accountId }).limit(1).toArray()
const fill = async (many: number) => {
  for (let at = 0; at < many; at += 500) {
    const lines = Array.from({ length: Math.min(500, many - at) }, (_, index) => ({
      ...sample,
      _id: randomUUID().replaceAll('-', ''),
      createdAt: new Date(Date.now() - (at + index) * 1000).toISOString(),
    }))
    await ledger.insertMany(lines)
  }
}
const small = await pages('a page of a ledger of some hundred lines')
await fill(10_000)
const large = await pages('a page of a ledger of 10,000 lines')
results['ratio of the pages'] = Math.round((100 * large.median) / small.median) / 100
process.stdout.write(`${'ratio of the pages'.padEnd(60)} ${results['ratio of the pages']}\n`)
await ledger.deleteMany({ accountId: quiet.accountId })

await mkdir('test-output', { recursive: true })
await writeFile(
  'test-output/notices.json',
  JSON.stringify({ at: new Date().toISOString(), results }, null, 2),
)
await mongo.close()
worker.shutdown()
await running
await native.close()
await connection.close()
