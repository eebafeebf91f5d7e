import { type Caller, systemCaller } from '@onus/kit/caller'
import { Problem } from '@onus/kit/problems'
import { TICKET_VERBS, type TicketVerb } from '@onus/workflows-contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestAccount } from './testing/directory.ts'
import { agentCaller, type Harness, keyCaller, startHarness } from './testing/harness.ts'

/**
 * Who gets what answer from every RPC. A ticket is in billing and Ada's; an answer counts as `ok` when it is
 * one, or a refusal by the state of the ticket, which only those are told who may do the thing.
 */

let harness: Harness
let account: TestAccount
let callers: Record<CallerName, Caller | undefined>
let ticketId: string
let attachmentId: string
let messageId: string

const CALLERS = [
  'owner',
  'admin',
  'responsible',
  'member',
  'foreign department',
  'suspended',
  'removed',
  'unknown agent',
  'foreign account',
  'key that reads',
  'key that writes',
  'key that writes as contact',
  'key without scopes',
  'operator',
  'our service',
  'nobody',
] as const
type CallerName = (typeof CALLERS)[number]

beforeAll(async () => {
  harness = await startHarness()
  account = harness.account()
  account.department('billing')
  account.department('sales')
  account.agent('olga', 'owner')
  account.agent('root', 'admin')
  account.agent('ada', 'agent', 'billing')
  account.agent('bob', 'agent', 'billing')
  account.agent('sue', 'agent', 'sales')
  account.agent('sam', 'agent', 'billing')
  account.change('sam', { status: 'suspended' })
  account.agent('rex', 'admin', 'billing')
  account.change('rex', { status: 'removed' })
  const other = harness.account()
  other.department('billing')
  other.agent('root', 'owner', 'billing')
  const agent = (id: string) => agentCaller(account, id)
  callers = {
    owner: { ...agent('olga'), role: 'owner' },
    admin: { ...agent('root'), role: 'admin' },
    responsible: agent('ada'),
    member: agent('bob'),
    'foreign department': agent('sue'),
    suspended: agent('sam'),
    removed: { ...agent('rex'), role: 'admin' },
    'unknown agent': { ...agent('ghost'), role: 'owner' },
    'foreign account': { ...agentCaller(other, 'root'), role: 'owner' },
    'key that reads': keyCaller(account, 'tickets:read'),
    'key that writes': keyCaller(account, 'tickets:write'),
    'key that writes as contact': keyCaller(account, 'contact:write'),
    'key without scopes': keyCaller(account),
    operator: { type: 'operator', accountId: '', id: 'operator', name: 'Operator', scopes: [] },
    'our service': systemCaller(account.id, 'notification'),
    nobody: undefined,
  }
  const caller = agent('ada')
  async function* file() {
    yield { part: { $case: 'head' as const, value: { name: 'a.txt', contentType: 'text/plain' } } }
    yield { part: { $case: 'chunk' as const, value: Buffer.from('hello') } }
  }
  const ticket = await harness.client.createTicket(newTicket(), { caller })
  ticketId = ticket.id
  attachmentId = (await harness.client.uploadAttachment(file(), { caller })).id
  const said = await harness.client.addMessage(
    { ticketId, commandId: 'a', author: 'agent', kind: 'public', body: 'x', attachmentIds: [attachmentId] },
    { caller },
  )
  messageId = said.message?.id ?? ''
}, 60_000)

afterAll(async () => {
  await harness?.close()
})

const newTicket = () => ({
  subject: 'Hello',
  body: 'Hello',
  channel: 'email',
  contact: { email: 'ann@example.com' },
  tags: [],
  priority: '',
  commandId: '',
})

const HIDDEN = new Set(['not-found', 'forbidden', 'unauthenticated'])

async function outcome(call: () => unknown): Promise<string> {
  try {
    const answer = call()
    if (Symbol.asyncIterator in (answer as object)) for await (const _ of answer as AsyncIterable<unknown>);
    else await answer
    return 'ok'
  } catch (error) {
    if (error instanceof Problem && HIDDEN.has(error.reason)) return error.reason
    if (error instanceof Problem && error.status === 409) return 'ok'
    throw error
  }
}

type Outcomes = Partial<Record<CallerName, string>>

async function expectOutcomes(
  call: (options: { caller?: Caller }) => unknown,
  expected: Outcomes,
  rest: string,
) {
  const got: Outcomes = {}
  const wanted: Outcomes = {}
  for (const name of CALLERS) {
    const caller = callers[name]
    got[name] = await outcome(() => call(caller ? { caller } : {}))
    wanted[name] = name === 'nobody' ? 'unauthenticated' : (expected[name] ?? rest)
  }
  expect(got).toEqual(wanted)
}

const all = (names: CallerName[], result: string): Outcomes =>
  Object.fromEntries(names.map((name) => [name, result]))

const SEES = all(
  ['owner', 'admin', 'responsible', 'member', 'key that reads', 'key that writes', 'our service'],
  'ok',
)

describe('reading one ticket', () => {
  const reads: Record<string, (options: { caller?: Caller }) => unknown> = {
    getTicket: (options) => harness.client.getTicket({ ticketId }, options),
    getTimeline: (options) => harness.client.getTimeline({ ticketId }, options),
    listMessages: (options) => harness.client.listMessages({ ticketId }, options),
    getResponsibilityAt: (options) => harness.client.getResponsibilityAt({ ticketId }, options),
    checkAccess: (options) => harness.client.checkAccess({ ticketId, verb: 'see' }, options),
    downloadAttachment: (options) => harness.client.downloadAttachment({ attachmentId }, options),
    getTicketValues: (options) =>
      harness.ruleValues.getTicketValues({ ticketId, firstMessage: false, ruleId: 'r' }, options),
  }
  it.each(Object.entries(reads))('%s', async (_, call) => {
    await expectOutcomes(call, SEES, 'not-found')
  })
})

describe('the table of who may do what', () => {
  const member = (result: string): Outcomes => ({ ...all(['responsible', 'member'], result) })
  const keys = (reads: string, writes: string): Outcomes => ({
    'key that reads': reads,
    'key that writes': writes,
  })
  const above: Outcomes = all(['owner', 'admin', 'our service'], 'ok')
  const personal: Outcomes = { ...above, ...member('ok'), ...keys('forbidden', 'forbidden') }
  const shared: Outcomes = { ...above, ...member('ok'), ...keys('forbidden', 'ok') }
  const reserved: Outcomes = { ...above, ...member('forbidden'), ...keys('forbidden', 'ok') }
  const cells: Record<TicketVerb, Outcomes> = {
    see: SEES,
    claim: personal,
    answer: personal,
    note: shared,
    assign: shared,
    transfer: shared,
    release: { ...shared, member: 'forbidden' },
    take_over: { ...personal, ...member('forbidden') },
    return: shared,
    resolve: shared,
    reopen: shared,
    postpone: shared,
    spam: shared,
    update: shared,
    close: reserved,
    delete: reserved,
    write_as_contact: {
      ...above,
      ...member('forbidden'),
      ...keys('forbidden', 'forbidden'),
      'key that writes as contact': 'ok',
    },
  }
  it.each(TICKET_VERBS)('%s', async (verb) => {
    await expectOutcomes(
      (options) => harness.client.checkAccess({ ticketId, verb }, options),
      cells[verb],
      'not-found',
    )
  })

  const commands: [TicketVerb, (options: { caller?: Caller }) => unknown][] = [
    [
      'update',
      (options) => harness.client.updateTicket({ ticketId, commandId: '', tags: { tags: ['a'] } }, options),
    ],
    ['note', (options) => message('agent', 'note', options)],
    ['answer', (options) => message('agent', 'public', options)],
    ['write_as_contact', (options) => message('contact', 'public', options)],
    ['assign', (options) => execute({ $case: 'assign', value: { agentId: 'ada' } }, options)],
    ['claim', (options) => execute({ $case: 'claim', value: {} }, options)],
    ['return', (options) => execute({ $case: 'return', value: {} }, options)],
    ['resolve', (options) => execute({ $case: 'resolve', value: {} }, options)],
    ['reopen', (options) => execute({ $case: 'reopen', value: {} }, options)],
    ['spam', (options) => execute({ $case: 'spam', value: {} }, options)],
    ['close', (options) => execute({ $case: 'close', value: {} }, options)],
  ]
  it.each(commands)('is what %s goes by', async (verb, call) => {
    await expectOutcomes(call, cells[verb], 'not-found')
  })

  const message = (author: string, kind: string, options: { caller?: Caller }) =>
    harness.client.addMessage(
      { ticketId, commandId: '', author, kind, body: 'x', attachmentIds: [] },
      options,
    )
  const execute = (command: object, options: { caller?: Caller }) =>
    harness.client.execute({ ticketId, commandId: '', command: command as never }, options)
})

describe('what is about no single ticket', () => {
  const nowhere: Outcomes = { 'foreign account': 'ok', 'our service': 'ok' }
  const agents: Outcomes = {
    ...all(['owner', 'admin', 'responsible', 'member', 'foreign department', 'foreign account'], 'ok'),
  }

  it('createTicket', async () => {
    await expectOutcomes(
      (options) => harness.client.createTicket(newTicket(), options),
      { ...agents, ...nowhere, 'key that writes': 'ok' },
      'forbidden',
    )
  })

  it('listTickets', async () => {
    await expectOutcomes(
      (options) => harness.client.listTickets({ statuses: [], unassigned: false }, options),
      { ...agents, ...nowhere, 'key that reads': 'ok', 'key that writes': 'ok' },
      'forbidden',
    )
  })

  it('getToSolve', async () => {
    await expectOutcomes((options) => harness.client.getToSolve({ limit: 0 }, options), agents, 'forbidden')
  })

  it('nextToSolve', async () => {
    await expectOutcomes(
      (options) => harness.client.nextToSolve({ commandId: '' }, options),
      agents,
      'forbidden',
    )
  })

  it('uploadAttachment', async () => {
    async function* file() {
      yield { part: { $case: 'head' as const, value: { name: 'a.txt', contentType: '' } } }
    }
    await expectOutcomes(
      (options) => harness.client.uploadAttachment(file(), options),
      { ...agents, ...nowhere, 'key that writes': 'ok', 'key that writes as contact': 'ok' },
      'forbidden',
    )
  })

  it('setMessageDelivery and getMailContext are for our own services', async () => {
    const delivery = { state: 'sent', attempts: 1 }
    await expectOutcomes(
      (options) => harness.client.setMessageDelivery({ ticketId, messageId, delivery }, options),
      { 'our service': 'ok' },
      'forbidden',
    )
    await expectOutcomes(
      (options) => harness.client.getMailContext({ ticketId, messageIds: [] }, options),
      { 'our service': 'ok' },
      'forbidden',
    )
  })

  it('countHeld is for our own services, checkOrphans for operators, and for admins of their own account', async () => {
    await expectOutcomes(
      (options) => harness.client.countHeld({ agentId: 'ada' }, options),
      { 'our service': 'ok' },
      'forbidden',
    )
    await expectOutcomes(
      (options) => harness.client.checkOrphans({}, options),
      all(['owner', 'admin', 'foreign account', 'operator', 'our service'], 'ok'),
      'forbidden',
    )
    const ofProjection = { repair: false, wake: false, followLog: false }
    await expectOutcomes(
      (options) => harness.client.checkProjection(ofProjection, options),
      all(['owner', 'admin', 'foreign account', 'operator', 'our service'], 'ok'),
      'forbidden',
    )
    // The account that is named is the operator's alone to name.
    const elsewhere = await harness.client.checkProjection(
      { ...ofProjection, accountId: account.id },
      { caller: callers['foreign account'] },
    )
    const own = await harness.client.checkProjection(ofProjection, { caller: callers['foreign account'] })
    expect(elsewhere).toEqual(own)
    const whole = await harness.client.checkProjection(ofProjection, { caller: callers.owner })
    expect(elsewhere.tickets).toBeLessThan(whole.tickets)
    const held = await harness.client.countHeld({ agentId: 'ada' }, { caller: callers['our service'] })
    expect(held.tickets).toBeGreaterThan(0)
    expect(held.byDepartment).toEqual([{ departmentId: 'billing', tickets: held.tickets }])
    const theirs = await harness.client.checkOrphans({}, { caller: callers['foreign account'] })
    expect(theirs).toMatchObject({ orphans: 0, leaving: 0, accounts: [] })
  })

  it('republishEvents is for owners and admins who see the ticket', async () => {
    await expectOutcomes(
      (options) =>
        harness.client.republishEvents(
          { ticketId, fromSequence: 1, commandId: 'again' },
          { ...options, deadlineMs: 2_000 },
        ),
      {
        ...all(['owner', 'admin', 'our service'], 'ok'),
        ...all(['responsible', 'member', 'key that reads', 'key that writes'], 'forbidden'),
      },
      'not-found',
    )
  })

  it('figures are for whoever sees tickets in lists', async () => {
    const sees = { ...agents, ...nowhere, 'key that reads': 'ok', 'key that writes': 'ok' }
    await expectOutcomes((options) => harness.insight.getOpenWork({}, options), sees, 'forbidden')
    await expectOutcomes((options) => harness.insight.getClaims({}, options), sees, 'forbidden')
    await expectOutcomes((options) => harness.insight.getFlows({}, options), sees, 'forbidden')
    const theirs = await harness.insight.getOpenWork({}, { caller: callers['foreign account'] })
    const listed = await harness.client.listTickets(
      { statuses: [], unassigned: false },
      { caller: callers['foreign account'] },
    )
    const held = theirs.holders.reduce((sum, each) => sum + each.new + each.open, 0)
    expect(held).toBe(listed.items.length)
    expect(theirs.holders.filter(({ agentId }) => agentId !== 'root')).toEqual([])
    // Permission comes before anything that is said about the request.
    const bad = (options: { caller?: Caller }) => harness.insight.getFlows({ since: 'x' }, options)
    expect(await outcome(() => bad({ caller: callers.suspended }))).toBe('forbidden')
  })

  it('values of many tickets are for our own services', async () => {
    const tickets = [
      { ticketId, messageIds: [messageId] },
      { ticketId: 'gone', messageIds: [] },
    ]
    await expectOutcomes(
      (options) => harness.ruleValues.getTexts({ tickets }, options),
      { 'our service': 'ok' },
      'forbidden',
    )
    const caller = callers['our service']
    const { values, entries } = await harness.ruleValues.getTicketValues(
      { ticketId, firstMessage: true, ruleId: 'r' },
      { caller },
    )
    const { subject, body, contact } = newTicket()
    expect(values).toMatchObject({ subject, body, departmentId: 'billing', agentId: 'ada' })
    expect(entries).toEqual([])
    const texts = await harness.ruleValues.getTexts({ tickets }, { caller })
    expect(texts.tickets).toHaveLength(1)
    expect(texts.tickets[0]).toMatchObject({
      ticketId,
      values: { subject, 'contact.email': contact?.email ?? '' },
      messages: [{ messageId, values: { body: 'x' } }],
    })
  })

  it('exportResponsibility is a list, and listEvents is for our own services', async () => {
    await expectOutcomes(
      (options) => harness.client.exportResponsibility({}, options),
      { ...agents, ...nowhere, 'key that reads': 'ok', 'key that writes': 'ok' },
      'forbidden',
    )
    for (const request of [{ since: '2026-01-01T00:00:00Z' }, { ticketId, fromSequence: 1 }])
      await expectOutcomes(
        (options) => harness.client.listEvents(request, options),
        { 'our service': 'ok' },
        'forbidden',
      )
    const exported = async (name: CallerName) => {
      const ids: string[] = []
      const caller = callers[name]
      for await (const { intervals } of harness.client.exportResponsibility({}, { caller }))
        ids.push(...intervals.map((interval) => interval.ticketId))
      return ids
    }
    expect(await exported('owner')).toContain(ticketId)
    expect(await exported('member')).toContain(ticketId)
    expect(await exported('foreign department')).not.toContain(ticketId)
    expect(await exported('foreign account')).not.toContain(ticketId)
  })

  it('shows nobody in a list what they could not open', async () => {
    const list = async (name: CallerName) => {
      const caller = callers[name]
      const answer = await harness.client.listTickets(
        { statuses: [], unassigned: false, departmentId: 'billing' },
        { caller },
      )
      return answer.items.length
    }
    expect(await list('owner')).toBeGreaterThan(0)
    expect(await list('member')).toBe(await list('owner'))
    expect(await list('foreign department')).toBe(0)
    const ids = async (name: CallerName) => {
      const answer = await harness.client.listTickets(
        { statuses: [], unassigned: false },
        { caller: callers[name] },
      )
      return answer.items.map(({ id }) => id)
    }
    const ours = new Set(await ids('owner'))
    expect((await ids('foreign account')).filter((id) => ours.has(id))).toEqual([])
  })
})

describe('a fresh fact', () => {
  it('counts at once: who is suspended sees nothing any more', async () => {
    const caller = agentCaller(account, account.agent('tim', 'agent', 'billing'))
    expect(await outcome(() => harness.client.getTicket({ ticketId }, { caller }))).toBe('ok')
    account.change('tim', { status: 'suspended' })
    expect(await outcome(() => harness.client.getTicket({ ticketId }, { caller }))).toBe('not-found')
    expect(
      await outcome(() => harness.client.listTickets({ statuses: [], unassigned: false }, { caller })),
    ).toBe('forbidden')
  })
})
