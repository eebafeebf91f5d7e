import type { Caller } from '@onus/kit/caller'
import { problems } from '@onus/kit/problems'
import type { Holder } from '@onus/workflows-contract'
import { describe, expect, it, vi } from 'vitest'
import { ticketEvent } from '../testing/events.ts'
import { CALLERS } from '../testing/fakes.ts'
import type { FeedEvent } from './feed.ts'
import { EventSight } from './sight.ts'

const agent = CALLERS.agent as Caller
const owner = CALLERS.owner as Caller
const billing: Holder = { departmentId: 'billing', agentId: null }
const support: Holder = { departmentId: 'support', agentId: null }

const entry = (overrides: Partial<FeedEvent> = {}): FeedEvent => ({
  position: 1,
  accountId: 'acct',
  kind: 'ticket',
  ticketId: 't1',
  event: ticketEvent(1),
  ...overrides,
})

function eyes(now: Holder | null = null) {
  const holder = vi.fn(async () => {
    if (!now) throw problems.notFound('ticket', 't1')
    return now
  })
  const members = async () => ({
    isMember: (agentId: string, departmentId: string) => agentId === 'ana' && departmentId === 'billing',
  })
  return { sight: new EventSight({ members, holder }), holder }
}

describe('who sees an event', () => {
  it('is nobody of another account', async () => {
    const { sight, holder } = eyes(billing)
    expect(await sight.of(entry({ accountId: 'other' }), owner)).toBe('hidden')
    expect(holder).not.toHaveBeenCalled()
  })

  it('are the members of the ticket’s department, its agent, owners and admins', async () => {
    const { sight } = eyes()
    expect(await sight.of(entry({ after: billing }), agent)).toBe('visible')
    expect(await sight.of(entry({ after: support }), agent)).toBe('hidden')
    expect(await sight.of(entry({ after: { ...support, agentId: 'ana' } }), agent)).toBe('visible')
    expect(await sight.of(entry({ after: support }), owner)).toBe('visible')
  })

  it('learns only that a ticket has gone from its sight', async () => {
    const { sight } = eyes()
    expect(await sight.of(entry({ before: billing, after: support }), agent)).toBe('gone')
    expect(await sight.of(entry({ before: support, after: support }), agent)).toBe('hidden')
  })

  it('follows the ticket’s last change of responsibility', async () => {
    const { sight, holder } = eyes()
    sight.note(entry({ after: support }))
    expect(await sight.of(entry(), agent)).toBe('hidden')
    sight.note(entry({ after: billing }))
    expect(await sight.of(entry(), agent)).toBe('visible')
    expect(holder).not.toHaveBeenCalled()
  })

  it('asks for a ticket that was not seen changing', async () => {
    expect(await eyes(billing).sight.of(entry(), agent)).toBe('visible')
    expect(await eyes(null).sight.of(entry(), agent)).toBe('hidden')
  })

  it('is the recipient of a notice and nobody else', async () => {
    const { sight } = eyes()
    const notice = entry({ kind: 'notification', recipientId: 'ana' })
    expect(await sight.of(notice, agent)).toBe('visible')
    expect(await sight.of(notice, owner)).toBe('hidden')
  })
})
