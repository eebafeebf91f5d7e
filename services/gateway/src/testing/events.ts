import type { CloudEvent } from '@onus/kit/cloudevents'

/** An event of ticket t1, as it comes from Kafka. */
export const ticketEvent = (sequence: number, overrides: Partial<CloudEvent> = {}): CloudEvent => ({
  topic: 'onus.ticket-events.v1',
  key: 't1',
  id: `t1-${sequence}`,
  source: '/accounts/acct/tickets',
  subject: 't1',
  type: 'dev.onus.ticket.message.added.v1',
  time: '2026-03-01T09:00:00.000Z',
  sequence,
  data: {},
  ...overrides,
})
