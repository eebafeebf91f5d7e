import { describe, expect, it } from 'vitest'
import { advance, isDue, type Notice, newNotice, viewOf } from './notice.ts'

const AT = '2026-03-02T10:00:00.000Z'
const LATER = '2026-03-02T10:00:09.000Z'

const planned = (over: Partial<Notice> = {}): Notice =>
  newNotice({
    id: 'n1',
    accountId: 'acc',
    ticketId: 't1',
    ticketSequence: 3,
    departmentId: 'd1',
    event: 'ticket_assigned',
    channel: 'email',
    recipient: { agentId: 'ann' },
    because: 'mine',
    state: 'planned',
    attempts: 0,
    createdAt: AT,
    doneRound: -1,
    listed: true,
    ...over,
  })
const retry = { type: 'retrying', round: 0, nextAttemptAt: LATER, error: 'no', attempted: true } as const

describe('a notice', () => {
  it('counts its changes without gaps, each with the state then', () => {
    const sent = advance(advance(planned(), retry, AT), { type: 'sent', round: 0 }, LATER)
    expect(sent.outbox.map(({ sequence, notice }) => [sequence, notice.state])).toEqual([
      [1, 'planned'],
      [2, 'retrying'],
      [3, 'sent'],
    ])
    expect(viewOf(sent)).toEqual({
      id: 'n1',
      ticketId: 't1',
      event: 'ticket_assigned',
      channel: 'email',
      recipient: { agentId: 'ann' },
      state: 'sent',
      attempts: 2,
      createdAt: AT,
      sentAt: LATER,
    })
  })

  it('keeps error and next attempt only while it is retrying', () => {
    const retrying = advance(planned(), retry, AT)
    expect(viewOf(retrying)).toMatchObject({
      state: 'retrying',
      error: 'no',
      nextAttemptAt: LATER,
      attempts: 1,
    })
    const failed = advance(retrying, { type: 'failed', round: 0, error: 'never', attempted: true }, LATER)
    expect(viewOf(failed)).toMatchObject({ state: 'failed', error: 'never', attempts: 2 })
    expect(viewOf(failed)).not.toHaveProperty('nextAttemptAt')
  })

  it('does not count an attempt that was held back', () => {
    expect(advance(planned(), { ...retry, attempted: false }, AT).attempts).toBe(0)
  })

  it('is over when its round is', () => {
    const sent = advance(planned(), { type: 'sent', round: 0 }, AT)
    expect(isDue(sent, 0)).toBe(false)
    expect(advance(sent, retry, LATER)).toBe(sent)
    expect(advance(sent, { type: 'sent', round: 0 }, LATER)).toBe(sent)
  })

  it('is sent again by hand once for each wish, and makes earlier attempts void', () => {
    const again = advance(advance(planned(), retry, AT), { type: 'resend', round: 1 }, LATER)
    expect(again).toMatchObject({ state: 'planned', round: 1, attempts: 1 })
    expect(advance(again, { type: 'resend', round: 1 }, LATER)).toBe(again)
    expect(advance(again, { type: 'sent', round: 0 }, LATER)).toBe(again)
    expect(advance(again, { type: 'sent', round: 1 }, LATER).state).toBe('sent')
  })

  it('is not sent to somebody who acknowledged it while it was tried', () => {
    const seen = advance(advance(planned(), retry, AT), { type: 'acknowledged' }, LATER)
    expect(isDue(seen, 0)).toBe(false)
    expect(advance(seen, { type: 'acknowledged' }, LATER)).toBe(seen)
  })

  it('has failed when it comes back, once, and stays seen where it was seen', () => {
    const bounced = { type: 'bounced', error: 'came back: no such user' } as const
    const sent = advance(planned(), { type: 'sent', round: 0 }, AT)
    const failed = advance(sent, bounced, LATER)
    expect(failed).toMatchObject({ state: 'failed', error: bounced.error })
    expect(advance(failed, bounced, LATER)).toBe(failed)
    const seen = advance(sent, { type: 'acknowledged' }, AT)
    const both = advance(seen, bounced, LATER)
    expect(both).toMatchObject({ state: 'acknowledged', error: bounced.error, changes: seen.changes + 1 })
    expect(advance(both, bounced, LATER)).toBe(both)
    expect(advance(both, { ...bounced, error: 'came back: said otherwise' }, LATER)).toBe(both)
    const after = advance(failed, { type: 'acknowledged' }, LATER)
    expect(after).toMatchObject({ state: 'acknowledged', error: bounced.error })
    expect(advance(after, bounced, LATER)).toBe(after)
    const again = advance(
      advance(after, { type: 'resend', round: 1 }, LATER),
      { type: 'sent', round: 1 },
      LATER,
    )
    expect(advance(again, bounced, LATER)).toMatchObject({ state: 'failed', changes: again.changes + 1 })
    expect(advance(planned(), bounced, LATER)).toMatchObject({ state: 'planned' })
  })

  it('leaves the feed of somebody who may no longer see the ticket', () => {
    const hidden = advance(planned(), { type: 'not_visible', round: 0 }, LATER)
    expect(hidden).toMatchObject({ state: 'suppressed', reason: 'not_visible', listed: false })
  })
})
