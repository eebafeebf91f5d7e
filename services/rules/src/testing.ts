import { toRecord } from '@onus/kit/cloudevents'
import { type EventRecord, TOPICS } from '@onus/kit/kafka'
import type { Entry } from '@onus/workflows-contract'

/** A past for tests: tickets as their events tell of them. */

const SYSTEM = { type: 'system' as const }
const CONTACT = { type: 'contact' as const, id: 'c1' }

/** A ticket that came by mail, was claimed by an agent of Support, replied to and resolved. */
export function pastTicket(number: number, createdAt: Date, agentId = 'anna'): Entry[] {
  const at = (minutes: number) => new Date(createdAt.getTime() + minutes * 60_000).toISOString()
  const support = { departmentId: 'support', agentId: null }
  const held = { departmentId: 'support', agentId }
  const agent = { type: 'agent' as const, id: agentId, name: agentId }
  const message = (messageId: string, authorType: 'contact' | 'agent') => ({
    messageId,
    authorType,
    kind: 'public',
  })
  const entries: Omit<Entry, 'sequence'>[] = [
    {
      at: at(0),
      type: 'created',
      actor: CONTACT,
      cause: { type: 'created' },
      details: {
        channel: number % 2 ? 'email' : 'web_form',
        number: String(number),
        priority: 'normal',
        tags: number % 10 ? [] : ['vip'],
        contactId: 'c1',
      },
    },
    {
      at: at(0),
      type: 'responsibility.changed',
      actor: SYSTEM,
      cause: { type: 'default_department' },
      to: support,
      revision: 1,
    },
    {
      at: at(0),
      type: 'message.added',
      actor: CONTACT,
      cause: { type: 'created' },
      details: message('m1', 'contact'),
    },
    {
      at: at(5),
      type: 'responsibility.changed',
      actor: agent,
      cause: { type: 'claim' },
      from: support,
      to: held,
      revision: 2,
    },
    {
      at: at(9),
      type: 'message.added',
      actor: agent,
      cause: { type: 'answer' },
      details: message('m2', 'agent'),
    },
    {
      at: at(9),
      type: 'status.changed',
      actor: agent,
      cause: { type: 'answer' },
      from: 'new',
      to: 'answered',
    },
    {
      at: at(30),
      type: 'message.added',
      actor: CONTACT,
      cause: { type: 'reply' },
      details: message('m3', 'contact'),
    },
    {
      at: at(30),
      type: 'status.changed',
      actor: CONTACT,
      cause: { type: 'reply' },
      from: 'answered',
      to: 'open',
    },
  ]
  return entries.map((entry, index) => ({ sequence: index + 1, ...entry }))
}

/** The records of a ticket's events, as the ticket worker publishes them. */
export const recordsOf = (accountId: string, ticketId: string, entries: readonly Entry[]): EventRecord[] =>
  entries.map((entry) =>
    toRecord({
      topic: TOPICS.ticketEvents,
      key: ticketId,
      id: `${ticketId}-${entry.sequence}`,
      source: `/accounts/${accountId}/tickets`,
      subject: ticketId,
      type: `dev.onus.ticket.${entry.type}.v1`,
      time: entry.at,
      sequence: entry.sequence,
      dataschema: `https://onus.dev/schemas/dev.onus.ticket.${entry.type}.v1.json`,
      data: { accountId, ticketId, number: '1', ...entry },
    }),
  )
