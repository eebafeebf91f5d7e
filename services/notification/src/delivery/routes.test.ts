import { createLogger } from '@onus/kit/logging'
import { expect, it } from 'vitest'
import type { OutgoingMail } from '../channels/mailer.ts'
import { type Notice, newNotice } from '../domain/notice.ts'
import { createUnsubscribeTokens } from '../domain/unsubscribe.ts'
import { createRouter, type RouterDeps } from './routes.ts'

const sent: OutgoingMail[] = []
const ann = {
  id: 'ann',
  name: 'Ann',
  email: 'ann@acme.example',
  role: 'agent',
  status: 'active',
  locale: 'en',
}
const view = {
  agent: (id: string) => (id === 'ann' ? ann : undefined),
  department: () => ({ name: 'Support' }),
  isMember: (_agentId: string, departmentId: string) => departmentId === 'support',
  settings: { locale: 'en' },
}
const ticketOf = (id: string) => ({
  ...{ id, number: '7', subject: `About ${id}`, status: 'open', priority: 'normal' },
  departmentId: id === 'hidden' ? 'board' : 'support',
})
const router = createRouter({
  world: {
    directory: { snapshot: async () => view },
    tickets: {
      getMailContext: async ({ ticketId }: { ticketId: string }) => ({
        ticket: ticketOf(ticketId),
        messages: [],
      }),
    },
    callerFor: () => ({}),
    log: createLogger('test', 'silent'),
  },
  mailer: { send: async (mail: OutgoingMail) => void sent.push(mail), close: () => {} },
  publicUrl: 'https://help.example',
  mailDomain: 'help.example',
  from: { name: 'Onus', address: 'onus@help.example' },
  unsubscribe: createUnsubscribeTokens('k'.repeat(40)),
} as unknown as RouterDeps)

const line = (ticketId: string): Notice =>
  newNotice({
    ...{ id: `notice-${ticketId}`, accountId: 'acme', ticketId, ticketSequence: 2, departmentId: 'support' },
    ...{ event: 'ticket_new', channel: 'email', recipient: { agentId: 'ann' }, because: 'department' },
    ...{ state: 'planned', attempts: 0, createdAt: '2026-03-02T10:00:00.000Z', doneRound: -1, listed: true },
  })

it('a digest is the same mail again when a line of it was found to be out of sight the first time', async () => {
  const [hidden, first, second] = [line('hidden'), line('t1'), line('t2')]
  const before = await router.routeDigest([hidden, first, second])
  expect(before.hidden).toEqual([hidden])
  await before.route?.send()
  // What is out of sight was written down; that the rest was sent was not.
  const after = await router.routeDigest([first, second])
  await after.route?.send()
  expect(sent).toHaveLength(2)
  expect(sent[0]?.messageId).toMatch(/^<[0-9a-f]{32}@help\.example>$/)
  expect(sent[1]?.messageId).toBe(sent[0]?.messageId)
})
