import type { Caller } from '@onus/kit/caller'
import { createLogger } from '@onus/kit/logging'
import { assertCovered } from '@onus/kit/mongo'
import { describe, expect, it, vi } from 'vitest'
import { fakeApp } from '../testing/fakes.ts'
import { createMemoryViewerStore, VIEWER_QUERIES } from './store.ts'
import { createViewers, VIEWER_EXPIRES_MS } from './viewers.ts'
import type { ViewersOfTicket } from './watch.ts'

const agent = (id: string, accountId = 'acct'): Caller => ({
  type: 'agent',
  accountId,
  id,
  name: id.toUpperCase(),
  role: 'agent',
  scopes: [],
})
const [ana, ben] = [agent('ana'), agent('ben')]

/** Two gateways on one store and one clock. */
function world() {
  let now = Date.parse('2026-03-01T09:00:00.000Z')
  const store = createMemoryViewerStore()
  const gateway = () => {
    const told: ViewersOfTicket[] = []
    const viewers = createViewers({
      store,
      clock: () => new Date(now),
      log: createLogger('gateway', 'silent'),
      tell: (change) => told.push(change),
      heard: () => true,
      lookEveryMs: 5,
    })
    viewers.start()
    return { viewers, told, shown: () => names(told.at(-1)) }
  }
  const wait = (ms: number) => {
    now += ms
  }
  return { store, one: gateway(), other: gateway(), wait }
}

const names = (change: ViewersOfTicket | undefined) =>
  change?.viewers.map(({ agentId, state }) => `${agentId} ${state}`)

describe('who looks at a ticket', () => {
  it('is known at every gateway, and who writes', async () => {
    const { one, other } = world()
    await one.viewers.enter(ana, 't1', 'tab1', 'viewing')
    const found = await other.viewers.enter(ben, 't1', '', 'writing')
    expect(found).toEqual([
      { agentId: 'ana', name: 'ANA', state: 'viewing' },
      { agentId: 'ben', name: 'BEN', state: 'writing' },
    ])
    for (const { shown } of [one, other])
      await vi.waitFor(() => expect(shown()).toEqual(['ana viewing', 'ben writing']))
    await other.viewers.leave(ben, 't1', '')
    for (const { shown } of [one, other]) await vi.waitFor(() => expect(shown()).toEqual(['ana viewing']))
  })

  it('is one line for the windows of one agent', async () => {
    const { one } = world()
    await one.viewers.enter(ana, 't1', 'tab1', 'writing')
    expect(await one.viewers.enter(ana, 't1', 'tab2', 'viewing')).toMatchObject([{ state: 'writing' }])
    await one.viewers.leave(ana, 't1', 'tab1')
    expect(await one.viewers.of('acct', 't1')).toMatchObject([{ agentId: 'ana', state: 'viewing' }])
  })

  it('forgets a window that has crashed, everywhere', async () => {
    const { one, other, wait } = world()
    await one.viewers.enter(ana, 't1', '', 'writing')
    await vi.waitFor(() => expect(other.shown()).toEqual(['ana writing']))
    wait(VIEWER_EXPIRES_MS - 1)
    expect(await other.viewers.of('acct', 't1')).toHaveLength(1)
    wait(1)
    expect(await other.viewers.of('acct', 't1')).toEqual([])
    await vi.waitFor(() => expect(other.shown()).toEqual([]))
  })

  it('stays within its account and its ticket, and leaves nothing behind', async () => {
    const { one, store, wait } = world()
    await one.viewers.enter(ana, 't1', '', 'writing')
    expect(await one.viewers.of('other', 't1')).toEqual([])
    expect(await one.viewers.of('acct', 't2')).toEqual([])
    wait(VIEWER_EXPIRES_MS + 120_000)
    await vi.waitFor(async () => expect(await store.since(new Date(0))).toEqual([]))
  })

  it('is told once, not at every heartbeat', async () => {
    const { one, other, wait } = world()
    for (let n = 0; n < 5; n++) {
      await one.viewers.enter(ana, 't1', '', 'viewing')
      wait(10_000)
    }
    expect(one.told).toHaveLength(1)
    await vi.waitFor(() => expect(other.told).toHaveLength(1))
  })

  it('asks its store what an index covers', () => assertCovered(VIEWER_QUERIES))
})

describe('over HTTP', () => {
  const { viewers } = world().one
  const { send } = fakeApp(
    {
      ticket: {
        async checkAccess({ ticketId }) {
          if (ticketId === 't1') return {}
          const { problems } = await import('@onus/kit/problems')
          throw problems.notFound('ticket', ticketId)
        },
      },
    },
    { viewers },
  )

  it('says, reads and ends', async () => {
    const said = await send('PUT', '/tickets/t1/viewers/me', { as: 'agent', json: { state: 'writing' } })
    expect([said.status, said.body]).toEqual([
      200,
      { items: [{ agentId: 'ana', name: 'Ana', state: 'writing' }] },
    ])
    expect((await send('GET', '/tickets/t1/viewers', { as: 'reader' })).body).toEqual(said.body)
    expect((await send('DELETE', '/tickets/t1/viewers/me', { as: 'agent' })).status).toBe(204)
    expect((await send('GET', '/tickets/t1/viewers', { as: 'owner' })).body).toEqual({ items: [] })
  })

  it('knows nothing of a ticket that one may not see', async () => {
    const json = { state: 'viewing' }
    expect((await send('PUT', '/tickets/t2/viewers/me', { as: 'agent', json })).status).toBe(404)
    expect((await send('GET', '/tickets/t2/viewers', { as: 'agent' })).status).toBe(404)
    expect((await send('DELETE', '/tickets/t2/viewers/me', { as: 'agent' })).status).toBe(404)
    expect((await send('PUT', '/tickets/t1/viewers/me', { as: 'reader', json })).status).toBe(403)
  })
})
