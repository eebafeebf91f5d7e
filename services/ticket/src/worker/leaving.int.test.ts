import { newId } from '@onus/kit/ids'
import {
  type DelegationRunInput,
  OFFBOARDING_WORKFLOW,
  type OffboardingRunInput,
  offboardingWorkflowId,
  PROGRESS_QUERY,
  WANT_SIGNAL,
} from '@onus/workflows-contract'
import { directoryOf } from '@onus/workflows-ticket/testing/directory'
import { CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findOrphans } from '../reads/orphans.ts'
import { HolderStore } from '../store/holders.ts'
import { OrphanWatch } from './orphan-watch.ts'
import { Installation, newSettings } from './testing/installation.ts'

const boss = { type: 'agent', id: 'boss', name: 'Boss' } as const
const team = () => ({
  departments: { billing: {}, sales: {} },
  agents: {
    ana: { in: ['billing', 'sales'] },
    bob: { in: ['billing'] },
    cid: { in: ['sales'] },
    boss: { role: 'owner' as const, in: ['billing', 'sales'] },
  },
})

let installation: Installation
beforeAll(async () => {
  installation = await Installation.open(newSettings(team()))
  await Promise.all([installation.runTicketWorker(), installation.runOperationsWorker()])
}, 120_000)
afterAll(() => installation?.remove())

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const heldBy = (agentId: string) => installation.mongo.db.collection('tickets').countDocuments({ agentId })
const summaryOf = (id: string) =>
  installation.mongo.db.collection('tickets').findOne({ accountId: installation.accountId, ticketId: id })

async function create(id: string, departmentId: string, agentId?: string): Promise<void> {
  const command = { ...creation(), departmentId, departmentBy: 'assign' as const }
  await installation.send(id, installation.envelope(command, CONTACT_AUTHORITY))
  if (agentId) await installation.send(id, installation.envelope({ type: 'assign', agentId }, 'boss'))
}

/** The directory once Ana has left. */
const left = (offboardingId: string) => ({
  ...team(),
  agents: {
    ...team().agents,
    ana: {
      in: ['billing', 'sales'],
      status: 'removed',
      offboarding: {
        id: offboardingId,
        startedBy: boss,
        successors: [{ departmentId: 'billing', agentId: 'bob' }],
      },
    },
  },
})

async function offboard(offboardingId: string) {
  const input: OffboardingRunInput = {
    accountId: installation.accountId,
    agentId: 'ana',
    offboardingId,
    startedBy: boss,
    wanted: 'running',
    version: 1,
  }
  return await installation.temporal.client.workflow.start(OFFBOARDING_WORKFLOW, {
    workflowId: offboardingWorkflowId(installation.accountId, offboardingId),
    taskQueue: `${installation.prefix}operations`,
    args: [input],
  })
}

describe('an off-boarding on the real servers', () => {
  const TICKETS = 240

  it('moves hundreds of tickets while a claim stays quick, is paused, goes on, and is taken back', async () => {
    const ids = upTo(TICKETS).map((index) => `held${index}`)
    const waiting = [...ids]
    await Promise.all(
      upTo(12).map(async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
          await create(id, Number(id.slice(4)) % 3 === 0 ? 'sales' : 'billing', 'ana')
      }),
    )
    await Promise.all(upTo(20).map((index) => create(`other${index}`, 'sales')))
    expect(await heldBy('ana')).toBe(TICKETS)

    installation.plan = left('o1')
    const began = performance.now()
    const run = await offboard('o1')
    const claims: number[] = []
    for (const index of upTo(20)) {
      const at = performance.now()
      await installation.send(`other${index}`, installation.envelope({ type: 'claim' }, 'cid'))
      claims.push(performance.now() - at)
    }
    // None of them waited for the off-boarding to end.
    expect(await heldBy('ana')).toBeGreaterThan(0)
    await run.signal(WANT_SIGNAL, { wanted: 'paused', version: 2 })
    await expect
      .poll(async () => ((await run.query(PROGRESS_QUERY)) as { state: string }).state, { timeout: 60_000 })
      .toBe('paused')
    const paused = await heldBy('ana')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await heldBy('ana')).toBe(paused)
    await run.signal(WANT_SIGNAL, { wanted: 'running', version: 3 })
    await expect.poll(() => heldBy('ana'), { timeout: 240_000, interval: 200 }).toBe(0)
    const seconds = (performance.now() - began) / 1000
    claims.sort((a, b) => a - b)
    console.info(
      `${TICKETS} tickets in ${seconds.toFixed(1)} s; 20 claims meanwhile: median ${claims[10]?.toFixed(0)} ms, slowest ${claims.at(-1)?.toFixed(0)} ms`,
    )
    expect(await heldBy('bob')).toBe(160)

    const entries = await installation.entries('held1')
    const moves = entries.filter(({ cause }) => cause.type === 'offboarding')
    expect(moves).toHaveLength(1)
    expect(moves[0]).toMatchObject({
      to: { agentId: 'bob' },
      cause: { offboardingId: 'o1', startedBy: boss },
    })

    // Bob passes one on; the rest goes back, although the second pass has not been made.
    await installation.send('held1', installation.envelope({ type: 'assign', agentId: 'boss' }, 'boss'))
    installation.plan = team()
    await run.signal(WANT_SIGNAL, { wanted: 'undone', version: 4, by: boss })
    await expect.poll(() => heldBy('ana'), { timeout: 240_000, interval: 200 }).toBe(TICKETS - 1)
    expect((await summaryOf('held1'))?.agentId).toBe('boss')
    expect(installation.reports.map(({ state }) => state)).toEqual(
      expect.arrayContaining(['running', 'paused', 'undoing']),
    )
    await run.terminate()
  }, 600_000)
})

describe('a delegation on the real servers', () => {
  it('gives what is open to who stands in, and back at its end', async () => {
    const during = { from: new Date().toISOString(), until: new Date(Date.now() + 86_400_000).toISOString() }
    const ticket = `open${newId()}`
    await create(ticket, 'billing', 'ana')
    const agents = team().agents
    const delegation = { id: 'd1', toAgentId: 'bob', mode: 'tickets', ...during }
    installation.plan = { ...team(), agents: { ...agents, ana: { ...agents.ana, delegation } } }
    const input: DelegationRunInput = {
      accountId: installation.accountId,
      agentId: 'ana',
      delegationId: 'd1',
      ...during,
      wanted: 'running',
      version: 1,
    }
    const run = await installation.temporal.client.workflow.start('delegation', {
      workflowId: `delegation:${installation.accountId}:d1`,
      taskQueue: `${installation.prefix}operations`,
      args: [input],
    })
    await expect.poll(async () => (await summaryOf(ticket))?.agentId, { timeout: 150_000 }).toBe('bob')
    installation.plan = team()
    await run.signal(WANT_SIGNAL, { wanted: 'ended', version: 2 })
    await expect.poll(async () => (await summaryOf(ticket))?.agentId, { timeout: 150_000 }).toBe('ana')
    await run.terminate()
  }, 400_000)
})

describe('orphans', () => {
  const holders = () => new HolderStore(installation.mongo.db)
  const directory = async () => ({ ...directoryOf(installation.plan), offboarding: () => undefined }) as never
  const found = async () => await findOrphans(holders(), directory)
  const watch = () =>
    new OrphanWatch({
      holders: holders(),
      directory,
      send: (...command) => installation.commands.execute(...command),
      log: { warn: () => {} },
    })

  it('are none, are counted when there are, and are put right', async () => {
    installation.plan = team()
    await create('orphan', 'sales', 'cid')
    expect(await found()).toEqual([])
    // Nothing of ours can do this: the facts change and nobody tells the tickets.
    installation.plan = { ...team(), agents: { ...team().agents, cid: { in: [] } } }
    const orphans = await found()
    expect(orphans.map(({ agentId, departmentId, leaving }) => [agentId, departmentId, leaving])).toEqual([
      ['cid', 'sales', false],
    ])
    const before = await heldBy('cid')
    expect(orphans[0]?.tickets).toBe(before)
    await watch().look()
    expect(await found()).toEqual([])
    expect((await summaryOf('orphan'))?.agentId).toBeNull()
  }, 120_000)
})
