/**
 * `npm run bench`: what the running stack does, as ratios to references measured in the same run.
 * Prints a table and writes `test-output/bench.json`. Nothing here passes or fails: the machines are shared.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { readTopic } from '../support/events.ts'
import { createWorld, muteNewTickets, readLocal } from '../support/world.ts'
import { describeRules, measureRules } from './rules.ts'

interface Measured {
  name: string
  clients: number
  operations: number
  perSecond: number
  medianMs: number
  p99Ms: number
}

/** Runs `operation` until `count` are done, `clients` at a time. */
async function measure(
  name: string,
  clients: number,
  count: number,
  operation: (index: number) => Promise<unknown>,
): Promise<Measured> {
  const times: number[] = []
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < count) {
        const index = next
        next += 1
        const began = performance.now()
        await operation(index)
        times.push(performance.now() - began)
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  times.sort((a, b) => a - b)
  return {
    name,
    clients,
    operations: count,
    perSecond: round(count / seconds),
    medianMs: round(times[Math.floor(times.length / 2)] ?? 0),
    p99Ms: round(times[Math.floor(times.length * 0.99)] ?? 0),
  }
}

function ok(answer: { status: number; body: unknown }): void {
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
}

const hundredths = (value: number) => Math.round(value * 100) / 100
const round = (value: number) => Math.round(value * 10) / 10

const local = await readLocal()
const quick = process.argv.includes('--quick')
const scale = quick ? 0.2 : 1
const n = (count: number) => Math.max(20, Math.round(count * scale))
const results: Measured[] = []
const ratios: Record<string, number> = {}
const report = (measured: Measured) => {
  results.push(measured)
  process.stdout.write(
    `${measured.name.padEnd(42)} ${String(measured.clients).padStart(3)} clients  ${String(measured.perSecond).padStart(8)}/s  median ${String(measured.medianMs).padStart(7)} ms  p99 ${String(measured.p99Ms).padStart(7)} ms\n`,
  )
  return measured
}

// The reference: an update that does nothing, on the same server, with a worker of its own.
const connection = await Connection.connect({ address: local.temporalAddress })
const client = new Client({ connection, namespace: local.temporalNamespace })
const native = await NativeConnection.connect({ address: local.temporalAddress })
const taskQueue = `bench-${randomUUID()}`
const worker = await Worker.create({
  connection: native,
  namespace: local.temporalNamespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./empty-workflow.ts', import.meta.url)),
})
const running = worker.run()

// Twenty agents who claim, in a department whose new tickets nobody wants to hear of: what is measured here is
// the command, not the mails that a new ticket sends.
const world = await createWorld({
  departments: ['Queue', 'Billing'],
  agents: Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`agent${i}`, { in: ['Queue', 'Billing'] }]),
  ),
})
const queue = world.departments.Queue!.id
await muteNewTickets(Object.values(world.agents))
const createQueued = async (): Promise<string> => (await world.createTicket({ departmentId: queue })).id
const agents = Object.values(world.agents)
const agentOf = (index: number) => agents[index % agents.length]!

const emptyIds = Array.from({ length: n(400) }, () => `bench-${randomUUID()}`)
const empties = await Promise.all(
  emptyIds.slice(0, 100).map((workflowId) => client.workflow.start('empty', { workflowId, taskQueue })),
)
const emptyUpdate = (index: number) => empties[index % empties.length]!.executeUpdate('nothing')
await measure('warm', 10, 100, emptyUpdate)
const tickets: string[] = []
report(
  await measure('create a ticket (REST)', 20, n(200), async () => {
    tickets.push(await createQueued())
  }),
)
await measure('warm', 10, 50, (i) => world.agents.agent0!.api.get(`/tickets/${tickets[i]}`))
for (const clients of [1, 20]) {
  const count = clients === 1 ? n(100) : n(300)
  const empty = report(await measure('empty Temporal update', clients, count, emptyUpdate))
  const fresh: string[] = []
  await measure('prepare', 5, count, async () => {
    fresh.push(await createQueued())
  })
  const claim = report(
    await measure('claim (REST, after commit)', clients, count, async (i) =>
      ok(await agentOf(i).api.post(`/tickets/${fresh[i]}/claim`, {})),
    ),
  )
  const transfer = report(
    await measure('transfer (REST, after commit)', clients, count, async (i) =>
      ok(
        await agentOf(i).api.post(`/tickets/${fresh[i]}/transfer`, {
          departmentId: world.departments.Billing!.id,
        }),
      ),
    ),
  )
  ratios[`claim/empty throughput, ${clients} clients`] = hundredths(claim.perSecond / empty.perSecond)
  ratios[`claim/empty median, ${clients} clients`] = hundredths(claim.medianMs / empty.medianMs)
  ratios[`transfer/empty throughput, ${clients} clients`] = hundredths(transfer.perSecond / empty.perSecond)
}
report(
  await measure('create a ticket (REST)', 1, n(100), async () =>
    tickets.push((await world.createTicket()).id),
  ),
)
const size = tickets.length
for (const clients of [1, 20])
  report(
    await measure(`25 unassigned of a department (${size}+ tickets)`, clients, n(200), async (i) =>
      ok(await agentOf(i).api.get(`/tickets?departmentId=${queue}&unassigned=true&limit=25`)),
    ),
  )

// Twenty agents claim the same ticket at once, fifty times.
let successes = 0
let refusals = 0
let named = 0
for (let i = 0; i < 50; i += 1) {
  const id = await createQueued()
  const answers = await Promise.all(agents.map((agent) => agent.api.post(`/tickets/${id}/claim`, {})))
  const winner = answers.find((answer) => answer.status === 200)?.body.agentId
  successes += answers.filter((answer) => answer.status === 200).length
  refusals += answers.filter((answer) => answer.status === 409).length
  named += answers.filter((answer) => answer.status === 409 && answer.body.current?.agentId === winner).length
}
process.stdout.write(
  `20 agents claim one ticket, 50 times: ${successes} won, ${refusals} refused, ${named} named the winner\n`,
)

// From the commit (the entry's time) to the record on the topic (the broker's time is not ours; read now).
const probe: number[] = []
for (let i = 0; i < n(50); i += 1) {
  const id = await createQueued()
  const answer = await agentOf(i).api.post(`/tickets/${id}/claim`, {})
  ok(answer)
  const began = performance.now()
  for (;;) {
    const described = await client.workflow
      .getHandle(`ticket:${world.accountId}:${id}`)
      .query<{ unpublished: number }>('state')
    if (described.unpublished === 0) break
  }
  probe.push(performance.now() - began)
}
probe.sort((a, b) => a - b)
const events = await readTopic(
  local.kafkaBrokers,
  'onus.ticket-events.v1',
  (event) => event.data?.accountId === world.accountId,
)
process.stdout.write(
  `events of this run on the topic: ${events.length}; published within ${round(probe[Math.floor(probe.length / 2)] ?? 0)} ms after the answer (median)\n`,
)

const memory: Record<string, number> = {}
for (const [name, pid] of Object.entries(local.pids)) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  memory[name] = Math.round(kilobytes / 1024)
}
process.stdout.write(`resident memory, MiB: ${JSON.stringify(memory)}\n`)
process.stdout.write(`ratios: ${JSON.stringify(ratios, null, 2)}\n`)
const rules = await measureRules()
process.stdout.write(describeRules(rules))
await mkdir('test-output', { recursive: true })
await writeFile(
  'test-output/bench.json',
  JSON.stringify(
    {
      at: new Date().toISOString(),
      results,
      ratios,
      race: { successes, refusals, named },
      memory,
      publishedMs: probe,
      rules,
    },
    null,
    2,
  ),
)
await Promise.all(empties.map((handle) => handle.terminate('bench is done')))
worker.shutdown()
await running
await native.close()
await connection.close()
