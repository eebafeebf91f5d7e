import { describe, expect, it } from 'vitest'
import { ticketEvent } from '../testing/events.ts'
import { Feed } from './feed.ts'

describe('the feed', () => {
  it('gives what came after an id', () => {
    const feed = new Feed()
    feed.add(ticketEvent(1))
    const id = feed.idOf()
    feed.add(ticketEvent(2))
    feed.add(ticketEvent(3))
    expect(feed.since(id)?.map(({ event }) => event.id)).toEqual(['t1-2', 't1-3'])
    expect(feed.since(feed.idOf())).toEqual([])
  })

  it('takes an event once', () => {
    const feed = new Feed()
    expect(feed.add(ticketEvent(1))).not.toBeNull()
    expect(feed.add(ticketEvent(1))).toBeNull()
    expect(
      feed.add(ticketEvent(1, { topic: 'onus.notification-events.v1', type: 'dev.onus.x.v1' })),
    ).toBeNull()
  })

  it('says when it does not know any more', () => {
    const feed = new Feed()
    const before = feed.idOf()
    for (let at = 1; at <= 2001; at++) feed.add(ticketEvent(at))
    expect(feed.since(before)).toBeNull()
    expect(new Feed().since(feed.idOf())).toBeNull()
    for (const rubbish of ['', 'x', '.', `${before}9999`, 'a.b.c']) expect(feed.since(rubbish)).toBeNull()
  })

  it('is bounded in bytes too', () => {
    const feed = new Feed()
    const before = feed.idOf()
    for (let at = 1; at <= 300; at++) feed.add(ticketEvent(at, { data: 'x'.repeat(64 * 1024) }))
    expect(feed.since(before)).toBeNull()
    expect(feed.since(feed.idOf(299))).toHaveLength(1)
  })

  it('reads account, ticket, holders and recipient', () => {
    const feed = new Feed()
    const from = { departmentId: 'support', agentId: null }
    const to = { departmentId: 'billing', agentId: 'ana' }
    const moved = ticketEvent(1, { type: 'dev.onus.ticket.responsibility.changed.v1', data: { from, to } })
    expect(feed.add(moved)).toMatchObject({ accountId: 'acct', ticketId: 't1', before: from, after: to })
    const status = ticketEvent(2, {
      type: 'dev.onus.ticket.status.changed.v1',
      data: { from: 'new', to: 'open' },
    })
    expect(feed.add(status)).not.toHaveProperty('after')
    const notice = ticketEvent(3, {
      topic: 'onus.notification-events.v1',
      type: 'dev.onus.notification.delivery.changed.v1',
      source: '/accounts/acct/notifications',
      data: { ticketId: 't1', recipient: { agentId: 'ana' } },
    })
    expect(feed.add(notice)).toMatchObject({ kind: 'notification', recipientId: 'ana', ticketId: 't1' })
    expect(feed.add(ticketEvent(4, { source: 'elsewhere' }))).toBeNull()
    expect(feed.add(ticketEvent(5, { type: 'dev.onus.agent.updated.v1' }))).toBeNull()
  })
})
