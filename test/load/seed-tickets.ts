/**
 * Many tickets at once, for looking at long lists: `ONUS_LOCAL_JSON=.onus/local.json node test/load/seed-tickets.ts
 * [tickets]`, by default 20,000, into the demo's account.
 */
import { readLocal } from '../support/world.ts'
import { pick, seedTickets } from './past-tickets.ts'

const [count = 20_000] = process.argv.slice(2).map(Number)
const { demo, mongodbUri } = await readLocal()
const { accountId, departments, agents } = demo

const began = performance.now()
await seedTickets(mongodbUri, accountId, count, (at) => ({
  departmentId: pick(departments, at).id,
  ...(at % 3 !== 0 && { agent: pick(agents, at) }),
}))
process.stdout.write(`${count} tickets in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
