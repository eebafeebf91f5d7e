import { connectMongo, type Mongo } from '@onus/kit/mongo'
import { type DirectoryPlan, directoryOf } from '@onus/workflows-ticket/testing/directory'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Distributor } from './distributor.ts'
import { SlotStore, type SlotsDocument } from './slots.ts'
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

/** So many tickets in three processes, so many at a time; how many everybody got. */
async function give(
  plan: DirectoryPlan,
  tickets: number,
  together = tickets,
): Promise<Record<string, number>> {
  const directory = directoryOf(plan)
  const processes = [newProcess(), newProcess(), newProcess()]
  const given: string[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: together }, async () => {
      while (next < tickets) given.push(await giveOne(next++))
    }),
  )
  async function giveOne(at: number): Promise<string> {
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
  }
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

describe('two hundred tickets over ten agents, twenty at a time', () => {
  /** The most that anybody had at any moment that was looked at. */
  async function watched<T>(work: Promise<T>): Promise<{ result: T; most: number }> {
    let most = 0
    let done = false
    const ended = work.finally(() => {
      done = true
    })
    while (!done) {
      const places = await mongo.db.collection<SlotsDocument>('slots').find().toArray()
      most = Math.max(most, ...places.map(({ tickets }) => tickets.length))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { result: await ended, most }
  }

  it('are exactly shared in turn', async () => {
    const { result, most } = await watched(give(team('round_robin', 10, 30), 200, 20))
    expect(new Set(Object.values(result))).toEqual(new Set([20]))
    expect(most).toBeLessThanOrEqual(20)
  }, 120_000)

  it('never are more than fit, and are spread by at most one', async () => {
    const { result, most } = await watched(give(team('least_loaded', 10, 15), 200, 20))
    const { '-': nobody, ...somebody } = result
    expect(nobody).toBe(50)
    expect(new Set(Object.values(somebody))).toEqual(new Set([15]))
    expect(most).toBeLessThanOrEqual(15)
  }, 120_000)

  it('are spread by at most one where all have room', async () => {
    const { result, most } = await watched(give(team('least_loaded', 10, 30), 205, 20))
    const counts = Object.values(result)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    expect(most).toBeLessThanOrEqual(30)
  }, 120_000)
})
