/**
 * Somebody with many tickets leaves while others work, on the running stack: `ONUS_LOCAL_JSON=.onus/local.json node
 * test/load/offboarding.ts [tickets] [clients]`, by default 4,000 tickets and four clients who claim and release
 * other tickets meanwhile. Fails when a ticket is left behind, or moved twice.
 */
import { createWorld, expectStatus, readLocal } from '../support/world.ts'
import { seedTickets } from './past-tickets.ts'

const [tickets = 4000, clients = 4] = process.argv.slice(2).map(Number)
/** Tickets that are looked at one by one in the end. */
const SAMPLE = 40

const print = (line: string) => process.stdout.write(`${line}\n`)
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const at = (sorted: number[], share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)

const world = await createWorld({
  departments: ['Billing'],
  agents: { lee: { in: ['Billing'] }, bea: { in: ['Billing'] }, ada: { in: ['Support'] } },
})
const { lee, bea, ada } = world.agents
const billing = world.departments.Billing!.id
const { mongodbUri } = await readLocal()
const seeded = await seedTickets(mongodbUri, world.accountId, tickets, () => ({
  departmentId: billing,
  agent: lee!,
}))
const others: string[] = []
for (let i = 0; i < clients; i += 1) others.push((await world.createTicket()).id)
print(`${tickets} tickets of one agent, ${clients} others`)

/** What a claim and a release on other tickets took. */
async function work(until: () => boolean): Promise<number[]> {
  const took: number[] = []
  await Promise.all(
    others.map(async (id) => {
      while (!until()) {
        for (const command of ['claim', 'release']) {
          const began = performance.now()
          expectStatus(await ada!.api.post(`/tickets/${id}/${command}`, {}), 200)
          took.push(performance.now() - began)
          await pause(100)
        }
      }
    }),
  )
  return took.sort((a, b) => a - b)
}

const quiet = Date.now() + 15_000
const before = await work(() => Date.now() > quiet)
print(`commands before: ${before.length}, median ${at(before, 0.5)} ms, 95 % ${at(before, 0.95)} ms`)

const path = `/agents/${lee!.id}/offboarding`
const began = performance.now()
const started = expectStatus(
  await world.owner.api.post(path, { successors: [{ departmentId: billing, agentId: bea!.id }] }),
  200,
)
print(`started in ${Math.round(performance.now() - began)} ms: ${started.tickets} tickets`)
let swept = 0
let finished = false
const progress = (async () => {
  for (let said = 0; ; ) {
    const now = expectStatus(await world.owner.api.get(path), 200)
    if (now.moved >= tickets && swept === 0) swept = performance.now() - began
    if (now.moved - said >= 500) {
      said = now.moved
      print(`${now.moved} moved after ${seconds(performance.now() - began)}`)
    }
    if (now.state !== 'running') return now
    await pause(1000)
  }
})().finally(() => {
  finished = true
})
const meanwhile = await work(() => finished)
const done = await progress
print(
  `${done.state}: ${done.moved} moved, all after ${seconds(swept)}, both passes after ${seconds(performance.now() - began)}`,
)
print(
  `commands meanwhile: ${meanwhile.length}, median ${at(meanwhile, 0.5)} ms, 95 % ${at(meanwhile, 0.95)} ms, slowest ${at(meanwhile, 0.9999)} ms`,
)

if (done.state !== 'completed' || done.moved !== tickets) throw new Error(JSON.stringify(done))
const left = expectStatus(await world.owner.api.get(`/tickets?agentId=${lee!.id}&limit=1`), 200)
if (left.items.length > 0) throw new Error(`left behind: ${JSON.stringify(left.items)}`)
for (let i = 0; i < SAMPLE; i += 1) {
  const id = seeded[Math.floor((i * seeded.length) / SAMPLE)]!
  const { items } = expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200)
  const moves = items.filter(({ cause }: { cause: { type: string } }) => cause.type === 'offboarding')
  if (moves.length !== 1) throw new Error(`${id} was moved ${moves.length} times`)
}
print(`no ticket is left, and each of ${SAMPLE} that were looked at was moved once`)
