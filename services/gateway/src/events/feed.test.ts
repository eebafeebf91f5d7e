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

  describe('at another gateway', () => {
    const AT = Date.now()
    const place = (partition: number, offset: number, at = AT) => ({
      topic: 'onus.ticket-events.v1',
      partition,
      offset: String(offset),
      at: new Date(at).toISOString(),
    })
    /** Gateways that have been there for an hour; each sees the partitions in an order of its own. */
    const gateways = () =>
      [new Feed(), new Feed()].map((feed) => {
        feed.started(new Date(AT - 3_600_000))
        return feed
      }) as [Feed, Feed]
    const idsOf = (missed: ReturnType<Feed['since']>) => missed?.map(({ event }) => event.id)

    it('goes on by the offsets, in whatever order it saw them', () => {
      const [one, two] = gateways()
      one.add(ticketEvent(1), place(0, 10))
      one.add(ticketEvent(2), place(1, 20))
      const id = one.idOf()
      two.add(ticketEvent(2), place(1, 20))
      two.add(ticketEvent(3), place(1, 21))
      two.add(ticketEvent(1), place(0, 10))
      two.add(ticketEvent(4), place(0, 11))
      two.add(ticketEvent(5), place(2, 30))
      expect(idsOf(two.since(id))).toEqual(['t1-3', 't1-4', 't1-5'])
      expect(id).toMatch(/^[A-Za-z0-9.~-]+$/)
    })

    it('goes on from the middle of what the other saw', () => {
      const [one, two] = gateways()
      for (const at of [1, 2, 3]) one.add(ticketEvent(at), place(0, at))
      for (const at of [1, 2, 3]) two.add(ticketEvent(at), place(0, at))
      expect(idsOf(two.since(one.idOf(1)))).toEqual(['t1-2', 't1-3'])
    })

    it('says when it has not been there for long enough, or has forgotten', () => {
      const [one, two] = gateways()
      one.add(ticketEvent(1), place(0, 1))
      expect(new Feed().since(one.idOf())).toBeNull()
      const young = new Feed()
      young.started(new Date(AT))
      expect(young.since(one.idOf())).toBeNull()
      for (let at = 1; at <= 2100; at++) two.add(ticketEvent(at), place(0, at))
      expect(two.since(one.idOf())).toBeNull()
      for (const rubbish of ['x.1.zz.0-0-zz~', 'x.1..', 'x.1.zz.<>', 'x.1.!.0-0-1'])
        expect(two.since(rubbish)).toBeNull()
    })
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
