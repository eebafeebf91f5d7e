/**
 * A dry run over a long past, on the running stack: `ONUS_LOCAL_JSON=.onus/local.json node test/load/dry-run.ts
 * [tickets]`, by default 100,000. The past is loaded through the topic, as the ticket worker would have published
 * it; then a draft is tried on all of it, and another is cancelled halfway.
 */
import { createPublisher } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { pastTicket, recordsOf } from '@onus/rules/testing'
import { createWorld, expectStatus, readLocal } from '../support/world.ts'

const [tickets = 100_000] = process.argv.slice(2).map(Number)
const BATCH = 500
const local = await readLocal()
const world = await createWorld()
const api = world.owner.api
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`
const print = (line: string) => process.stdout.write(`${line}\n`)

const began = Date.now() - tickets * 1000
const loading = performance.now()
const publisher = createPublisher(
  { KAFKA_BROKERS: local.kafkaBrokers.split(',') },
  createLogger('dry-run', 'warn'),
)
for (let at = 0; at < tickets; at += BATCH) {
  const records = Array.from({ length: Math.min(BATCH, tickets - at) }, (_, n) => at + n).flatMap((number) =>
    recordsOf(world.accountId, `past${number}`, pastTicket(number, new Date(began + number * 1000))),
  )
  await publisher.publish(records, { timeoutMs: 60_000 })
}
await publisher.close()
print(`${tickets} past tickets published in ${seconds(loading)}`)

interface Run {
  id: string
  state: string
  progress: number
  ticketsRead: number
  wouldDifferTotal: number
}
const rules = [
  {
    name: 'Mail goes elsewhere',
    trigger: { type: 'ticket_created' },
    conditions: [[{ field: 'channel', op: 'is', value: 'email' }]],
    actions: [{ type: 'add_tags', tags: ['mail'] }],
  },
  {
    name: 'Replies are urgent',
    trigger: { type: 'customer_replied' },
    conditions: [[{ field: 'tags', op: 'contains', value: 'vip' }]],
    actions: [{ type: 'set_priority', priority: 'urgent' }],
  },
]
const period = {
  since: new Date(began - 1000).toISOString(),
  until: new Date(began + (tickets + 3600) * 1000).toISOString(),
  limit: 1_000_000,
}
const start = async () => expectStatus<Run>(await api.post('/rules/dry-run', { rules, ...period }), 202)
const get = async (id: string) => expectStatus<Run>(await api.get(`/rules/dry-run/${id}`), 200)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Tries until all of the past has been kept. */
for (;;) {
  const trying = performance.now()
  const { id } = await start()
  let run = await get(id)
  while (run.state === 'running') {
    await pause(500)
    run = await get(id)
  }
  if (run.state !== 'completed') throw new Error(JSON.stringify(run))
  print(`dry run over ${run.ticketsRead} tickets in ${seconds(trying)}; all loaded after ${seconds(loading)}`)
  if (run.ticketsRead >= tickets) break
}

const { id } = await start()
while ((await get(id)).progress < 0.2) await pause(100)
const cancelling = performance.now()
expectStatus(await api.delete(`/rules/dry-run/${id}`), 204)
const over = await get(id)
print(`cancelled in ${seconds(cancelling)} at ${Math.round(over.progress * 100)} %: ${over.state}`)
