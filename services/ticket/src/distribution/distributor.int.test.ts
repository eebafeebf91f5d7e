import { connectMongo, type Mongo } from '@onus/kit/mongo'
import { type DirectoryPlan, directoryOf } from '@onus/workflows-ticket/testing/directory'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Distributor } from './distributor.ts'
import { SlotStore } from './slots.ts'
import { TurnsStore } from './turns.ts'

let mongo: Mongo
beforeAll(async () => {
  const uri = process.env.MONGODB_URI ?? ''
  mongo = await connectMongo({ uri, database: `distributor_${Date.now().toString(36)}` })
})
afterAll(async () => {
  await mongo?.db.dropDatabase()
  await mongo?.close()
})
beforeEach(async () => {
  await Promise.all(['slots', 'turns'].map((name) => mongo.db.collection(name).deleteMany({})))
})

/** As one of several processes has it: nothing is shared but the store. */
const newProcess = () =>
  new Distributor({
    slots: new SlotStore(mongo.db),
    turns: new TurnsStore(mongo.db),
    backlog: { oldest: async () => [] },
    wake: async () => {},
  })

const team = (strategy: string, count: number, capacity: number): DirectoryPlan => ({
  departments: { support: { distribution: { strategy, on: ['new'] } } },
  agents: Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `a${at}`,
      { in: ['support'], capacity, weights: { support: at + 1 } },
    ]),
  ),
})

/** So many tickets at once in three processes; how many everybody got. */
async function give(plan: DirectoryPlan, tickets: number): Promise<Record<string, number>> {
  const directory = directoryOf(plan)
  const processes = [newProcess(), newProcess(), newProcess()]
  const given = await Promise.all(
    Array.from({ length: tickets }, async (_, at) => {
      const distributor = processes[at % 3] as Distributor
      const ticket = { accountId: 'acme', ticketId: `t${at}`, directory }
      const { agentId } = await distributor.choose({
        ...ticket,
        departmentId: 'support',
        occasion: 'new',
        requiredSkills: [],
        decision: `t${at}:0:new`,
        now: new Date(),
      })
      const held = agentId === null ? [] : [agentId]
      await distributor.settle({ ...ticket, from: null, to: agentId, held })
      return agentId ?? '-'
    }),
  )
  const counts: Record<string, number> = {}
  for (const agentId of given) counts[agentId] = (counts[agentId] ?? 0) + 1
  return counts
}

it('takes turns exactly in several processes', async () => {
  expect(await give(team('round_robin', 5, 100), 30)).toEqual({ a0: 6, a1: 6, a2: 6, a3: 6, a4: 6 })
}, 60_000)

it('gives by weight in several processes', async () => {
  expect(await give(team('weighted', 3, 100), 24)).toEqual({ a0: 4, a1: 8, a2: 12 })
}, 60_000)

it('gives nobody more than fits, whichever process asks', async () => {
  expect(await give(team('least_loaded', 4, 3), 30)).toEqual({ a0: 3, a1: 3, a2: 3, a3: 3, '-': 18 })
}, 60_000)

it('gives the same decision, made again, the same answer and one place', async () => {
  const directory = directoryOf(team('round_robin', 3, 2))
  const request = {
    accountId: 'acme',
    ticketId: 't1',
    departmentId: 'support',
    occasion: 'new',
    requiredSkills: [],
    decision: 't1:0:new',
    directory,
    now: new Date(),
  }
  const answers = [await newProcess().choose(request), await newProcess().choose(request)]
  expect(answers.map(({ agentId }) => agentId)).toEqual(['a0', 'a0'])
  const next = await newProcess().choose({ ...request, ticketId: 't2', decision: 't2:0:new' })
  expect(next.agentId).toBe('a1')
})
