import { setTimeout as sleep } from 'node:timers/promises'
import { drainWorkflowId, type Entry, type Holder } from '@onus/workflows-contract'
import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import { CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Installation, newSettings } from '../worker/testing/installation.ts'
import type { SlotsDocument } from './slots.ts'
import type { TurnsDocument } from './turns.ts'
import { createWake } from './wake.ts'

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `agent${String(at).padStart(2, '0')}`)

type Department = DirectoryPlan['departments'][string]

/** A department of so many agents, with somebody beside it, so that nobody is the only one. */
function team(
  count: number,
  capacity: number | undefined,
  strategy: string,
  more: Department = {},
): DirectoryPlan {
  const agents = names(count).map((id) => [
    id,
    { in: ['support'], ...(capacity === undefined ? {} : { capacity }) },
  ])
  return {
    departments: { support: { distribution: { strategy, on: ['new', 'reopened'] }, ...more }, office: {} },
    agents: { ...Object.fromEntries(agents), boss: { role: 'admin', in: ['office'] } },
  }
}

let installation: Installation
let tickets = 0
beforeAll(async () => {
  installation = await Installation.open(newSettings(team(1, 1, 'manual')))
  await installation.runTicketWorker()
  await installation.runOperationsWorker()
  await installation.runDrainWorker()
}, 60_000)
afterAll(() => installation?.remove())
// Each test has the store for itself; tickets of the one before stay where their workflows are.
afterEach(async () => {
  const { db } = installation.mongo
  await Promise.all(['slots', 'turns', 'tickets', 'log'].map((name) => db.collection(name).deleteMany({})))
})

const slots = () => installation.mongo.db.collection<SlotsDocument>('slots')
const turns = () => installation.mongo.db.collection<TurnsDocument>('turns')

async function create(tags: string[] = []): Promise<string> {
  tickets += 1
  const ticketId = `t${tickets}`
  await installation.send(ticketId, installation.envelope(creation({ tags }), CONTACT_AUTHORITY))
  return ticketId
}

/** Creates so many tickets, so many at a time; answers their ids in the order in which they were asked for. */
async function createMany(count: number, together: number): Promise<string[]> {
  const ids: string[] = []
  let started = 0
  const worker = async () => {
    while (started < count) {
      started += 1
      ids.push(await create())
    }
  }
  await Promise.all(Array.from({ length: together }, worker))
  return ids
}

const holderOf = async (ticketId: string): Promise<Holder> => {
  const entries = await installation.entries(ticketId)
  return entries.findLast(({ type }) => type === 'responsibility.changed')?.to as Holder
}

/** How many tickets everybody has by the logs. */
async function loads(ids: readonly string[]): Promise<Record<string, number>> {
  const count: Record<string, number> = {}
  for (const id of ids) {
    const { agentId } = await holderOf(id)
    count[agentId ?? '-'] = (count[agentId ?? '-'] ?? 0) + 1
  }
  return count
}

async function until(what: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await what())) {
    if (Date.now() > end) throw new Error('It did not happen in time')
    await sleep(50)
  }
}

const wake = (because: 'directory' | 'room' | 'backlog' = 'directory') =>
  createWake(installation.temporal.client, installation.prefix)(installation.accountId, 'support', {
    because,
  })

const holds = async (agentId: string): Promise<string[]> =>
  (await slots().findOne({ agentId }))?.tickets.toSorted() ?? []

const lastOf = (entries: Entry[], type: string) => entries.findLast((entry) => entry.type === type)

describe('many tickets at once', () => {
  it('take turns exactly, and leave everybody the same', async () => {
    installation.plan = team(10, 12, 'round_robin')
    let worst = 0
    let watching = true
    const watch = async () => {
      while (watching) {
        for (const { tickets } of await slots().find().toArray()) worst = Math.max(worst, tickets.length)
        await sleep(10)
      }
    }
    const watched = watch()
    const ids = await createMany(120, 20)
    watching = false
    await watched
    expect(worst).toBe(12)
    expect(await loads(ids)).toEqual(Object.fromEntries(names(10).map((id) => [id, 12])))
    // One more than all can have.
    const more = await create()
    expect(await holderOf(more)).toEqual({ departmentId: 'support', agentId: null })
    for (const id of names(10)) expect(await holds(id)).toHaveLength(12)
  }, 120_000)

  it('are spread evenly over the least loaded', async () => {
    installation.plan = team(7, undefined, 'least_loaded')
    const ids = await createMany(40, 20)
    const counts = Object.values(await loads(ids))
    expect(counts).toHaveLength(7)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
  }, 60_000)

  it('never take the same last place', async () => {
    installation.plan = team(3, 1, 'least_loaded')
    const ids = await createMany(12, 12)
    expect(await loads(ids)).toEqual({ agent00: 1, agent01: 1, agent02: 1, '-': 9 })
  }, 60_000)
})

describe('what an agent has', () => {
  it('follows every command, and may be more than the capacity by hand', async () => {
    installation.plan = team(2, 1, 'least_loaded')
    const [first, second, third] = [await create(), await create(), await create()]
    const [a, b] = [(await holderOf(first)).agentId ?? '', (await holderOf(second)).agentId ?? '']
    expect([a, b].toSorted()).toEqual(names(2))
    await installation.send(third, installation.envelope({ type: 'assign', agentId: a }, 'boss'))
    expect(await holds(a)).toEqual([first, third].toSorted())
    await installation.send(third, installation.envelope({ type: 'assign', agentId: b }, 'boss'))
    expect(await holds(a)).toEqual([first])
    expect(await holds(b)).toEqual([second, third].toSorted())
    await installation.send(first, installation.envelope({ type: 'resolve' }, 'boss'))
    expect(await holds(a)).toEqual([])
    await installation.send(first, installation.envelope({ type: 'reopen' }, 'boss'))
    expect(await holds(a)).toEqual([first])
    await installation.send(second, installation.envelope({ type: 'release' }, b))
    expect(await holds(b)).toEqual([third])
  }, 60_000)

  it('is not counted where nobody distributes', async () => {
    installation.plan = team(2, 1, 'manual')
    const ticket = await create()
    await installation.send(ticket, installation.envelope({ type: 'claim' }, 'agent00'))
    expect(await slots().countDocuments()).toBe(0)
    expect(await turns().countDocuments()).toBe(0)
  })

  it('is found again when it is lost, or wrong', async () => {
    installation.plan = team(2, 2, 'least_loaded')
    const ids = [await create(), await create(), await create()]
    const before = await holds('agent00')
    await slots().updateOne({ agentId: 'agent00' }, { $set: { tickets: ['gone', 'elsewhere'], checkAt: 1 } })
    await slots().deleteOne({ agentId: 'agent01' })
    expect(await loads([...ids, await create()])).toEqual({ agent00: 2, agent01: 2 })
    expect(await holds('agent00')).toEqual(expect.arrayContaining(before))
    expect(await loads([await create()])).toEqual({ '-': 1 })
  }, 60_000)

  it('has no place left from a command that came to nothing', async () => {
    installation.plan = team(2, 1, 'least_loaded')
    const ticket = await create()
    const holder = (await holderOf(ticket)).agentId ?? ''
    // A place that a process kept and then died, long ago.
    const other = names(2).find((id) => id !== holder) ?? ''
    await slots().updateOne(
      { agentId: other },
      { $set: { tickets: ['dead'], held: [{ ticketId: 'dead', at: Date.now() - 61_000 }] } },
    )
    expect((await holderOf(await create())).agentId).toBe(other)
  }, 60_000)
})

describe('the backlog', () => {
  it('is told of, waits, and drains oldest first when somebody comes online', async () => {
    installation.plan = team(2, 2, 'round_robin')
    for (const id of names(2)) installation.plan.agents[id]!.presence = 'offline'
    const ids = [await create(), await create(), await create()]
    const entries = await installation.entries(ids[0]!)
    expect(lastOf(entries, 'distribution.no_eligible_agent')?.details).toMatchObject({
      departmentId: 'support',
      reason: 'offline',
      candidates: [{ agentId: 'agent00', outcome: 'passed_over', reason: 'offline' }, { agentId: 'agent01' }],
    })
    const summary = await installation.mongo.db.collection('tickets').findOne({ ticketId: ids[0]! })
    expect(summary?.noEligibleAgent).toBe('offline')
    expect((await turns().findOne())?.backlogSince).toBeGreaterThan(0)

    installation.plan.agents.agent01!.presence = 'online'
    await wake()
    await until(async () => (await holderOf(ids[1]!)).agentId !== null)
    expect(await Promise.all(ids.map(async (id) => (await holderOf(id)).agentId))).toEqual([
      'agent01',
      'agent01',
      null,
    ])
    const after = await installation.mongo.db.collection('tickets').findOne({ ticketId: ids[0]! })
    expect(after?.noEligibleAgent).toBeNull()

    // Newer work does not go before what waits: whoever gets room gets the oldest.
    await installation.send(ids[0]!, installation.envelope({ type: 'resolve' }, 'boss'))
    const newer = create()
    await until(async () => (await holderOf(ids[2]!)).agentId === 'agent01')
    expect((await holderOf(await newer)).agentId).toBeNull()

    installation.plan.agents.agent00!.presence = 'online'
    await wake()
    await until(async () => (await holderOf(await newer)).agentId === 'agent00')
    const drain = installation.temporal.client.workflow.getHandle(
      drainWorkflowId(installation.accountId, 'support'),
    )
    await until(async () => (await drain.describe()).status.name === 'COMPLETED')
    expect((await turns().findOne())?.backlogSince).toBeNull()
  }, 90_000)

  it('holds up nobody with a ticket that needs what nobody knows, until somebody does', async () => {
    installation.plan = team(2, undefined, 'skill_based')
    const german = [{ name: 'German', level: 3 }]
    const isGerman = (values: Readonly<Record<string, unknown>>) => String(values.tags).includes('german')
    installation.rules = [
      { id: 'r1', on: 'ticket_created', when: isGerman, do: [{ type: 'require_skills', skills: german }] },
    ]
    try {
      const waiting = await create(['german'])
      const entries = await installation.entries(waiting)
      expect(lastOf(entries, 'distribution.no_eligible_agent')?.details).toMatchObject({
        reason: 'missing_skill',
        candidates: [{ skills: german }, { skills: german }],
      })
      expect((await holderOf(await create())).agentId).not.toBeNull()
      installation.plan.agents.agent01!.skills = [{ name: 'German', level: 4 }]
      await wake()
      await until(async () => (await holderOf(waiting)).agentId === 'agent01')
    } finally {
      installation.rules = []
    }
  }, 60_000)

  it('drains what came before distribution was turned on, and nothing that was transferred or released', async () => {
    installation.plan = team(2, undefined, 'manual')
    const [old, released, moved] = [await create(), await create(), await create()]
    await installation.send(released, installation.envelope({ type: 'claim' }, 'agent00'))
    await installation.send(released, installation.envelope({ type: 'release' }, 'agent00'))
    await installation.send(
      moved,
      installation.envelope({ type: 'transfer', departmentId: 'office' }, 'boss'),
    )
    await installation.send(
      moved,
      installation.envelope({ type: 'transfer', departmentId: 'support' }, 'boss'),
    )
    installation.plan = team(2, undefined, 'least_loaded')
    await wake()
    await until(async () => (await holderOf(old)).agentId !== null)
    await sleep(300)
    expect(await loads([released, moved])).toEqual({ '-': 2 })
  }, 60_000)
})
