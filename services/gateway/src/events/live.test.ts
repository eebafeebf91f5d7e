import type { Caller } from '@onus/kit/caller'
import { createLogger } from '@onus/kit/logging'
import { problems } from '@onus/kit/problems'
import { describe, expect, it } from 'vitest'
import type { OperationContext } from '../http/operation/operation.ts'
import { ticketEvent } from '../testing/events.ts'
import { CALLERS } from '../testing/fakes.ts'
import { createLiveEvents } from './live.ts'
import { EventSight } from './sight.ts'

const log = createLogger('gateway', 'silent')

function world(
  options: { reauthenticate?: () => Promise<Caller>; heartbeatMs?: number; broken?: boolean } = {},
) {
  const agent = CALLERS.agent as Caller
  const live = createLiveEvents({
    log,
    heartbeatMs: options.heartbeatMs ?? 60_000,
    reauthenticate: options.reauthenticate ?? (async () => agent),
    sight: new EventSight({
      members: async () => {
        if (options.broken) throw problems.unavailable()
        return { isMember: (_, departmentId) => departmentId === 'billing' }
      },
      holder: async () => ({ departmentId: 'billing', agentId: null }),
    }),
  })
  const open = (lastId?: string) => {
    const headers = { authorization: 'Bearer agent', ...(lastId && { 'last-event-id': lastId }) }
    const request = new Request('http://localhost/', { headers })
    return reader(live.open({ caller: agent, request, authorization: 'Bearer agent' } as OperationContext))
  }
  return { live, open }
}

/** Reads a stream event by event. */
function reader(response: Response) {
  const stream = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  return {
    response,
    async next(): Promise<{ id: string; event: string; data: any } | null> {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end >= 0) {
          const block = text.slice(0, end)
          text = text.slice(end + 2)
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
          const data = field('data')
          if (data !== undefined)
            return { id: field('id') ?? '', event: field('event') ?? '', data: JSON.parse(data) }
          continue
        }
        const { done, value } = await stream.read()
        if (done) return null
        text += Buffer.from(value).toString()
      }
    },
    cancel: () => stream.cancel(),
  }
}

const moved = (sequence: number, from: string, to: string) =>
  ticketEvent(sequence, {
    type: 'dev.onus.ticket.responsibility.changed.v1',
    data: { from: { departmentId: from, agentId: null }, to: { departmentId: to, agentId: null } },
  })

describe('live events', () => {
  it('arrive in order, as CloudEvents, to those who may see them', async () => {
    const { live, open } = world()
    const mine = open()
    expect(mine.response.headers.get('content-type')).toBe('text/event-stream')
    expect((await mine.next())?.event).toBe('ready')
    live.publish(ticketEvent(1))
    live.publish(ticketEvent(1, { id: 'x-1', source: '/accounts/other/tickets' }))
    expect(await mine.next()).toMatchObject({
      event: 'ticket',
      data: { specversion: '1.0', id: 't1-1', sequence: '0000000001', subject: 't1' },
    })
    live.publish(moved(2, 'billing', 'support'))
    live.publish(ticketEvent(3))
    expect(await mine.next()).toMatchObject({ event: 'ticket.gone', data: { ticketId: 't1' } })
    await new Promise((resolve) => setTimeout(resolve, 10))
    live.publish(moved(4, 'support', 'billing'))
    expect(await mine.next()).toMatchObject({ event: 'ticket', data: { id: 't1-4' } })
  })

  it('go on where a stream broke', async () => {
    const { live, open } = world()
    const first = open()
    await first.next()
    live.publish(ticketEvent(1))
    const seen = await first.next()
    await first.cancel()
    live.publish(ticketEvent(2))
    const second = open(seen?.id)
    expect(await second.next()).toMatchObject({ event: 'ready', id: seen?.id })
    expect(await second.next()).toMatchObject({ event: 'ticket', data: { id: 't1-2' } })
  })

  it('tell who looks at a ticket to those who look at it too, and may see it', async () => {
    const { live, open } = world()
    const mine = open()
    await mine.next()
    const viewers = (...ids: string[]) =>
      ids.map((agentId) => ({ agentId, name: agentId, state: 'viewing' as const }))
    const change = { accountId: 'acct', ticketId: 't1' }
    live.tellViewers({ ...change, viewers: viewers('ben') })
    live.tellViewers({ ...change, accountId: 'other', viewers: viewers('ana') })
    live.tellViewers({ ...change, viewers: viewers('ana', 'ben') })
    expect(await mine.next()).toMatchObject({
      id: '',
      event: 'viewers',
      data: { ticketId: 't1', items: [{ agentId: 'ana' }, { agentId: 'ben' }] },
    })
    live.publish(moved(1, 'billing', 'support'))
    await mine.next()
    live.tellViewers({ ...change, viewers: viewers('ana') })
    await new Promise((resolve) => setTimeout(resolve, 10))
    live.publish(moved(2, 'support', 'billing'))
    expect((await mine.next())?.event).toBe('ticket')
  })

  it('ask to load again when what was missed is not known', async () => {
    const { open } = world()
    expect(await open('elsewhere.7').next()).toMatchObject({ event: 'resync' })
  })

  it('ask to load again rather than to tell what could not be decided', async () => {
    const { live, open } = world({ broken: true })
    const mine = open()
    await mine.next()
    live.publish(ticketEvent(1))
    expect((await mine.next())?.event).toBe('resync')
  })

  it('end when the key opens nothing any more', async () => {
    const { open } = world({
      heartbeatMs: 10,
      reauthenticate: async () => {
        throw problems.unauthenticated()
      },
    })
    const mine = open()
    await mine.next()
    expect(await mine.next()).toBeNull()
  })

  it('go on while nobody can say whether the key is good', async () => {
    const { live, open } = world({
      heartbeatMs: 10,
      reauthenticate: async () => {
        throw problems.unavailable()
      },
    })
    const mine = open()
    await mine.next()
    await new Promise((resolve) => setTimeout(resolve, 50))
    live.publish(ticketEvent(1))
    expect((await mine.next())?.event).toBe('ticket')
  })

  it('are cut off for who reads nothing, and bounded in number', async () => {
    const { live, open } = world()
    const lazy = open()
    for (let at = 1; at <= 3000; at++) {
      live.publish(ticketEvent(at))
      if (at % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
    }
    let count = 0
    while (await lazy.next()) count++
    expect(count).toBeLessThanOrEqual(1001)

    const streams = Array.from({ length: 20 }, () => open())
    expect(() => open()).toThrow('Too many streams')
    await streams[0]?.cancel()
    open()
    live.close()
  })
})
