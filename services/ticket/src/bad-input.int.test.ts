import { systemCaller } from '@onus/kit/caller'
import { PROBLEMS, Problem } from '@onus/kit/problems'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentCaller, type Harness, startHarness } from './testing/harness.ts'

/** Whatever a request has in it, the answer is an answer or a documented refusal, and nothing breaks. */

let harness: Harness
let ticketId: string
let caller: ReturnType<typeof agentCaller>

beforeAll(async () => {
  harness = await startHarness({ maxAttachmentBytes: 100_000 })
  const account = harness.account()
  account.department('billing')
  account.department('sales')
  account.agent('root', 'owner')
  account.agent('ada', 'agent', 'billing')
  caller = agentCaller(account, 'root')
  const ticket = await harness.client.createTicket(
    {
      subject: 'Hello',
      body: 'Hello',
      channel: 'email',
      contact: { email: 'ann@example.com' },
      tags: [],
      priority: '',
      commandId: '',
    },
    { caller },
  )
  ticketId = ticket.id
}, 60_000)

afterAll(async () => {
  await harness?.close()
})

const NASTY = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\r\n',
  '$ne',
  '{"$gt":""}',
  '__proto__',
  '../../etc/passwd',
  'a:b:c',
  '-1',
  'NaN',
  '\ud800',
  '\u202e\u0301',
  '😀'.repeat(300),
  'x'.repeat(5000),
  '2026-02-30T25:61:61Z',
  '9999-12-31T23:59:59.999Z',
  '<script>alert(1)</script>',
  'null',
]
const text = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 40 }))
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const integer = fc.constantFrom(-2_147_483_648, -1, 0, 1, 2, 200, 201, 2_147_483_647)
const id = () =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null).map(() => ticketId) }, { weight: 1, arbitrary: text })
const word = (...known: string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: text })
const page = maybe(fc.record({ limit: integer, cursor: word('', 'e30', 'WzEsMV0', 'bnVsbA') }))
const json = fc.dictionary(text, fc.jsonValue({ maxDepth: 7 }), { maxKeys: 4 }).map((value) => ({ ...value }))
const command = fc.oneof(
  fc.constant(undefined),
  fc
    .constantFrom('claim', 'release', 'resolve', 'reopen', 'close', 'spam')
    .map(($case) => ({ $case, value: {} })),
  text.map((agentId) => ({ $case: 'assign', value: { agentId } })),
  fc
    .record({ departmentId: word('billing', 'sales'), agentId: maybe(word('ada')), note: maybe(text) })
    .map((value) => ({ $case: 'transfer', value })),
  text.map((reason) => ({ $case: 'takeOver', value: { reason } })),
  fc.record({ note: maybe(text) }).map((value) => ({ $case: 'return', value })),
  text.map((until) => ({ $case: 'postpone', value: { until } })),
)

const REQUESTS: Record<string, fc.Arbitrary<object>> = {
  createTicket: fc.record({
    subject: word('Hello'),
    body: word('Hello'),
    channel: word('email'),
    contact: maybe(fc.record({ email: maybe(word('a@b.example')), name: maybe(text) })),
    departmentId: maybe(word('billing')),
    tags: fc.array(text, { maxLength: 60 }),
    priority: word('', 'high'),
    fields: maybe(json),
    commandId: text,
  }),
  getTicket: fc.record({ ticketId: id() }),
  listTickets: fc.record({
    page,
    departmentId: maybe(word('billing')),
    agentId: maybe(word('ada')),
    statuses: fc.array(word('new', 'open', 'deleted'), { maxLength: 3 }),
    unassigned: fc.boolean(),
    query: maybe(text),
    sort: maybe(word('since', '-subject', 'agent', '-')),
    happened: maybe(word('resolved', 'transferred')),
    since: maybe(word('2026-03-01', '2026-03-31')),
    until: maybe(word('2026-03-01', '2099-12-31')),
    reopenedTo: maybe(word('billing')),
    resolvedIn: maybe(word('billing')),
    claimedIn: maybe(word('billing')),
  }),
  updateTicket: fc.record({
    ticketId: id(),
    commandId: text,
    tags: maybe(fc.record({ tags: fc.array(text, { maxLength: 4 }) })),
    priority: maybe(word('low')),
    fields: maybe(json),
    expectedRevision: maybe(integer),
  }),
  getTimeline: fc.record({ ticketId: id(), page }),
  listMessages: fc.record({ ticketId: id(), page }),
  getResponsibilityAt: fc.record({ ticketId: id(), at: maybe(text) }),
  addMessage: fc.record({
    ticketId: id(),
    commandId: text,
    author: word('agent', 'contact'),
    kind: word('public', 'note'),
    body: word('Hello'),
    attachmentIds: fc.array(text, { maxLength: 3 }),
    expectedRevision: maybe(integer),
  }),
  execute: fc.record({ ticketId: id(), commandId: text, expectedRevision: maybe(integer), command }),
  checkAccess: fc.record({ ticketId: id(), verb: word('see', 'claim') }),
  getToSolve: fc.record({ limit: integer }),
  nextToSolve: fc.record({ commandId: text }),
}

async function refusalOf(call: () => Promise<unknown>): Promise<string | null> {
  try {
    await call()
    return null
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.reason === 'invalid-request') {
      expect(error.errors?.length).toBeGreaterThan(0)
      for (const { field, message } of error.errors ?? []) expect([field, message]).not.toContain('')
    }
    return error.reason
  }
}

const BROKEN = new Set(
  Object.entries(PROBLEMS).flatMap(([reason, { status }]) => (status >= 500 ? [reason] : [])),
)

describe('bad input', () => {
  it.each(Object.entries(REQUESTS))('never breaks %s', async (name, requests) => {
    const method = harness.client[name as 'getTicket'] as (
      request: object,
      options: object,
    ) => Promise<unknown>
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const reason = await refusalOf(() => method(request, { caller }))
        expect(BROKEN.has(reason ?? '')).toBe(false)
      }),
      { numRuns: 60, endOnFailure: true },
    )
  })

  it('never breaks what our own services ask', async () => {
    const system = { caller: systemCaller(caller.accountId, 'notification') }
    const delivery = fc.record({
      state: word('sent'),
      attempts: integer,
      nextAttemptAt: maybe(text),
      error: maybe(text),
      sentAt: maybe(text),
    })
    const requests = fc.record({
      ticketId: id(),
      messageId: text,
      messageIds: fc.array(text, { maxLength: 3 }),
      delivery: maybe(delivery),
      mailMessageId: maybe(text),
    })
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const set = await refusalOf(() => harness.client.setMessageDelivery(request, system))
        const context = await refusalOf(() => harness.client.getMailContext(request, system))
        expect([set, context].filter((reason) => BROKEN.has(reason ?? ''))).toEqual([])
      }),
      { numRuns: 40, endOnFailure: true },
    )
  })

  it('never breaks files', async () => {
    const head = fc
      .record({ name: word('a.txt'), contentType: word('', 'text/plain') })
      .map((value) => ({ part: { $case: 'head' as const, value } }))
    const chunk = fc
      .uint8Array({ maxLength: 200 })
      .map((value) => ({ part: { $case: 'chunk' as const, value } }))
    const parts = fc.array(fc.oneof(head, chunk, fc.constant({})), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(parts, text, async (sent, attachmentId) => {
        const up = await refusalOf(() => harness.client.uploadAttachment(sent, { caller }))
        const down = await refusalOf(async () => {
          for await (const _ of harness.client.downloadAttachment({ attachmentId }, { caller }));
        })
        expect([up, down].filter((reason) => BROKEN.has(reason ?? ''))).toEqual([])
      }),
      { numRuns: 60, endOnFailure: true },
    )
  })
})
