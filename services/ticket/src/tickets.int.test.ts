import { systemCaller } from '@onus/kit/caller'
import type { CreateTicketRequest, Ticket } from '@onus/proto/onus/v1/ticket'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestAccount } from './testing/directory.ts'
import { agentCaller, type Harness, keyCaller, startHarness } from './testing/harness.ts'

let harness: Harness

beforeAll(async () => {
  harness = await startHarness()
}, 60_000)

afterAll(async () => {
  await harness?.close()
})

let keys = 0
const newKey = (): string => `key-${++keys}`

const request = (change: Partial<CreateTicketRequest> = {}): CreateTicketRequest => ({
  subject: 'Where is my order?',
  body: 'It was due on Monday.',
  channel: 'email',
  contact: { email: 'Ann@Example.com', name: 'Ann' },
  tags: [],
  priority: '',
  commandId: newKey(),
  ...change,
})

/** Two departments; Ada and Bob in billing, Sue in sales, Root is an admin in neither. */
function company(): TestAccount {
  const account = harness.account()
  account.department('billing')
  account.department('sales')
  account.agent('ada', 'agent', 'billing')
  account.agent('bob', 'agent', 'billing')
  account.agent('sue', 'agent', 'sales')
  account.agent('root', 'admin')
  return account
}

const create = (account: TestAccount, who: string, change: Partial<CreateTicketRequest> = {}) =>
  harness.client.createTicket(request(change), { caller: agentCaller(account, who) })

const execute = (
  account: TestAccount,
  who: string,
  ticketId: string,
  command: object,
  commandId = newKey(),
) =>
  harness.client.execute(
    { ticketId, commandId, command: command as never },
    { caller: agentCaller(account, who) },
  )

describe('creating', () => {
  it('gives a ticket of the default department to nobody, and shows it at once', async () => {
    const account = company()
    const ticket = await create(account, 'ada', {
      tags: ['vip', 'vip'],
      fields: { plan: 'gold', gone: null },
    })
    expect(ticket).toMatchObject({
      number: '1',
      subject: 'Where is my order?',
      status: 'new',
      priority: 'normal',
      tags: ['vip'],
      fields: { plan: 'gold' },
      contact: { email: 'Ann@Example.com', name: 'Ann' },
      departmentId: 'billing',
      responsibility: { revision: 1, departmentId: 'billing', cause: { type: 'default_department' } },
    })
    expect(ticket.agentId).toBeUndefined()
    const caller = agentCaller(account, 'bob')
    expect(await harness.client.getTicket({ ticketId: ticket.id }, { caller })).toEqual(ticket)
    const { items } = await harness.client.listMessages({ ticketId: ticket.id }, { caller })
    expect(items).toMatchObject([
      { body: 'It was due on Monday.', kind: 'public', author: { type: 'contact' } },
    ])
    const timeline = await harness.client.getTimeline({ ticketId: ticket.id }, { caller })
    expect(timeline.items.map(({ type }) => type)).toEqual([
      'created',
      'responsibility.changed',
      'fields.changed',
      'message.added',
    ])
    expect(timeline.items[1]).toMatchObject({ revision: 1, to: { departmentId: 'billing', agentId: null } })
  })

  it('makes one ticket of a repeated command, also when both come at once, and another for another caller', async () => {
    const account = company()
    const once = request({ commandId: 'same' })
    const caller = agentCaller(account, 'ada')
    const [a, b] = await Promise.all([
      harness.client.createTicket(once, { caller }),
      harness.client.createTicket(once, { caller }),
    ])
    const c = await harness.client.createTicket(once, { caller })
    const other = await harness.client.createTicket(once, { caller: agentCaller(account, 'bob') })
    expect(new Set([a.id, b.id, c.id]).size).toBe(1)
    expect(new Set([a.number, b.number, c.number]).size).toBe(1)
    expect(other.id).not.toBe(a.id)
    const { items } = await harness.client.listTickets({ statuses: [], unassigned: false }, { caller })
    expect(items).toHaveLength(2)
  })

  it('knows a contact by the address in whatever case, and lets everybody without one be somebody else', async () => {
    const account = company()
    const first = await create(account, 'ada')
    const second = await create(account, 'ada', { contact: { email: 'ann@example.COM' } })
    const third = await create(account, 'ada', { contact: { name: 'Ann' } })
    const fourth = await create(account, 'ada', { contact: { name: 'Ann' } })
    expect(second.contact).toEqual(first.contact)
    expect(new Set([first, third, fourth].map(({ contact }) => contact?.id)).size).toBe(3)
  })

  it('answers with the ticket even when it goes out of the creator’s sight', async () => {
    const account = company()
    const ticket = await create(account, 'ada', { departmentId: 'sales' })
    expect(ticket.departmentId).toBe('sales')
    const get = (who: string) =>
      harness.client.getTicket({ ticketId: ticket.id }, { caller: agentCaller(account, who) })
    await expect(get('ada')).rejects.toMatchObject({ reason: 'not-found' })
    expect((await get('sue')).id).toBe(ticket.id)
  })

  it('names every field that is wrong', async () => {
    const account = company()
    const bad = create(account, 'ada', {
      subject: '',
      body: ' ',
      channel: 'pigeon',
      contact: { email: 'nobody' },
      tags: ['', 'x'],
      priority: 'highest',
    })
    await expect(bad).rejects.toMatchObject({ reason: 'invalid-request' })
    const error = (await bad.catch((problem) => problem)) as { errors: { field: string }[] }
    expect(error.errors.map(({ field }) => field).sort()).toEqual([
      'body',
      'channel',
      'contact.email',
      'priority',
      'subject',
      'tags[0]',
    ])
    await expect(create(account, 'ada', { contact: undefined })).rejects.toMatchObject({
      errors: [{ field: 'contact' }],
    })
    await expect(create(account, 'ada', { departmentId: 'legal' })).rejects.toMatchObject({
      reason: 'unknown-reference',
      errors: [{ field: 'departmentId' }],
    })
  })
})

describe('commands', () => {
  it('change responsibility, and the timeline says how', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    expect(await execute(account, 'ada', id, { $case: 'claim', value: {} })).toMatchObject({
      agentId: 'ada',
      responsibility: { revision: 2, cause: { type: 'claim' } },
    })
    expect(
      await execute(account, 'ada', id, {
        $case: 'transfer',
        value: { departmentId: 'sales', note: 'Yours?' },
      }),
    ).toMatchObject({ departmentId: 'sales', responsibility: { revision: 3, cause: { type: 'transfer' } } })
    const caller = agentCaller(account, 'sue')
    const { items } = await harness.client.listMessages({ ticketId: id }, { caller })
    expect(items.map(({ kind, body }) => [kind, body])).toEqual([
      ['public', 'It was due on Monday.'],
      ['note', 'Yours?'],
    ])
    expect(await execute(account, 'sue', id, { $case: 'return', value: { note: 'No.' } })).toMatchObject({
      departmentId: 'billing',
      agentId: 'ada',
    })
  })

  it('has one winner when many claim at once, and the others are told who', async () => {
    const account = harness.account()
    account.department('billing')
    const agents = Array.from({ length: 20 }, (_, i) => account.agent(`agent${i}`, 'agent', 'billing'))
    const { id } = await create(account, 'agent0')
    const results = await Promise.allSettled(
      agents.map((who) => execute(account, who, id, { $case: 'claim', value: {} })),
    )
    const won = results.filter((result) => result.status === 'fulfilled')
    expect(won).toHaveLength(1)
    const winner = won[0]?.value.agentId
    for (const result of results) {
      if (result.status === 'fulfilled') continue
      expect(result.reason).toMatchObject({ reason: 'already-claimed', current: { agentId: winner } })
    }
  })

  it('repeat the first answer for the same key, and none for another command under it', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    const claim = { $case: 'claim', value: {} }
    const first = await execute(account, 'ada', id, claim, 'k')
    await execute(account, 'ada', id, { $case: 'release', value: {} }, 'k')
    const again = await execute(account, 'ada', id, claim, 'k')
    expect(again.responsibility).toEqual(first.responsibility)
    const now = await harness.client.getTicket({ ticketId: id }, { caller: agentCaller(account, 'ada') })
    expect(now.responsibility?.revision).toBe(3)
    await expect(execute(account, 'bob', id, { $case: 'release', value: {} }, 'k')).rejects.toMatchObject({
      reason: 'forbidden',
    })
  })

  it('wake a closed ticket up', async () => {
    const account = company()
    const { id } = await create(account, 'root')
    await execute(account, 'ada', id, { $case: 'claim', value: {} })
    expect(await execute(account, 'root', id, { $case: 'close', value: {} })).toMatchObject({
      status: 'closed',
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await execute(account, 'ada', id, { $case: 'reopen', value: {} })).toMatchObject({
      status: 'open',
      agentId: 'ada',
    })
  })

  it('are refused for a ticket that never was, without starting anything', async () => {
    const account = company()
    const missing = execute(account, 'ada', 'nosuchticket', { $case: 'claim', value: {} })
    await expect(missing).rejects.toMatchObject({ reason: 'not-found' })
    await expect(
      execute(account, 'ada', '../etc:passwd', { $case: 'claim', value: {} }),
    ).rejects.toMatchObject({
      reason: 'not-found',
    })
  })

  it('tell about bad values only to who may command', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    const postpone = { $case: 'postpone', value: { until: 'tomorrow' } }
    await expect(execute(account, 'ada', id, postpone)).rejects.toMatchObject({
      reason: 'invalid-request',
      errors: [{ field: 'until' }],
    })
    await expect(execute(account, 'sue', id, postpone)).rejects.toMatchObject({ reason: 'not-found' })
    await expect(
      execute(account, 'ada', id, { $case: 'takeOver', value: { reason: '' } }),
    ).rejects.toMatchObject({
      reason: 'forbidden',
    })
    await expect(
      execute(account, 'root', id, { $case: 'takeOver', value: { reason: '' } }),
    ).rejects.toMatchObject({
      errors: [{ field: 'reason' }],
    })
    const none = harness.client.execute(
      { ticketId: id, commandId: '' },
      { caller: agentCaller(account, 'ada') },
    )
    await expect(none).rejects.toMatchObject({ errors: [{ field: 'command' }] })
  })

  it('are refused for a stale revision, with the current one', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    await execute(account, 'ada', id, { $case: 'claim', value: {} })
    const stale = harness.client.execute(
      { ticketId: id, commandId: newKey(), expectedRevision: 1, command: { $case: 'release', value: {} } },
      { caller: agentCaller(account, 'ada') },
    )
    await expect(stale).rejects.toMatchObject({
      reason: 'stale-revision',
      current: { revision: 2, agentId: 'ada' },
    })
  })

  it('update tags, priority and fields', async () => {
    const account = company()
    const { id } = await create(account, 'ada', { fields: { plan: 'gold' } })
    const caller = agentCaller(account, 'ada')
    const updated = await harness.client.updateTicket(
      { ticketId: id, commandId: newKey(), tags: { tags: ['b'] }, priority: 'urgent', fields: { seats: 3 } },
      { caller },
    )
    expect(updated).toMatchObject({ tags: ['b'], priority: 'urgent', fields: { plan: 'gold', seats: 3 } })
    await expect(
      harness.client.updateTicket({ ticketId: id, commandId: newKey() }, { caller }),
    ).rejects.toMatchObject({ reason: 'invalid-request' })
  })
})

describe('messages', () => {
  const say = (account: TestAccount, who: string, ticketId: string, change: object = {}) =>
    harness.client.addMessage(
      {
        ticketId,
        commandId: newKey(),
        author: 'agent',
        kind: 'public',
        body: 'Hello',
        attachmentIds: [],
        ...change,
      },
      { caller: agentCaller(account, who) },
    )

  it('of an agent take an unassigned ticket over, and are planned to go out by mail', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    const { message, ticket } = await say(account, 'bob', id)
    expect(ticket).toMatchObject({ agentId: 'bob', status: 'answered' })
    expect(message).toMatchObject({
      ticketId: id,
      author: { type: 'agent', id: 'bob' },
      delivery: { state: 'planned' },
    })
    const note = await say(account, 'ada', id, { kind: 'note', body: 'Careful' })
    expect(note.message).toMatchObject({ kind: 'note' })
    expect(note.message).not.toHaveProperty('delivery')
  })

  it('of the contact open an answered ticket again, written by who may', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    await say(account, 'ada', id)
    await expect(say(account, 'ada', id, { author: 'contact' })).rejects.toMatchObject({
      reason: 'forbidden',
    })
    const reply = await say(account, 'root', id, { author: 'contact', body: 'Still waiting' })
    expect(reply).toMatchObject({
      ticket: { status: 'open', agentId: 'ada' },
      message: { author: { type: 'contact', name: 'Ann' }, body: 'Still waiting' },
    })
  })

  it('of the contact on a closed ticket make a follow-up where the account wants that', async () => {
    const account = company()
    account.settings({ replyToClosed: 'follow_up' })
    const { id } = await create(account, 'root', { departmentId: 'sales' })
    await execute(account, 'root', id, { $case: 'close', value: {} })
    const commandId = newKey()
    const first = await say(account, 'root', id, { author: 'contact', commandId })
    const again = await say(account, 'root', id, { author: 'contact', commandId })
    expect(first.ticket).toMatchObject({
      status: 'new',
      departmentId: 'sales',
      subject: 'Where is my order?',
    })
    expect(first.ticket?.id).not.toBe(id)
    expect(again.ticket?.id).toBe(first.ticket?.id)
    const { items } = await harness.client.getTimeline(
      { ticketId: first.ticket?.id ?? '' },
      { caller: agentCaller(account, 'root') },
    )
    expect(items[0]).toMatchObject({ type: 'created', details: { followUpOf: id } })
  })

  it('that are refused are never shown', async () => {
    const account = company()
    const { id } = await create(account, 'root')
    await execute(account, 'root', id, { $case: 'close', value: {} })
    await expect(say(account, 'ada', id)).rejects.toMatchObject({ reason: 'wrong-status' })
    const { items } = await harness.client.listMessages(
      { ticketId: id },
      { caller: agentCaller(account, 'ada') },
    )
    expect(items).toHaveLength(1)
  })

  it('name what is wrong with them', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    const bad = (change: object) => say(account, 'root', id, change).catch(({ errors }) => errors[0].field)
    expect(await bad({ author: 'robot' })).toBe('author')
    expect(await bad({ kind: 'shout' })).toBe('kind')
    expect(await bad({ author: 'contact', kind: 'note' })).toBe('kind')
    expect(await bad({ body: '' })).toBe('body')
    expect(await bad({ attachmentIds: ['nosuch'] })).toBe('attachmentIds[0]')
    expect(await bad({ expectedRevision: -1 })).toBe('expectedRevision')
  })
})

describe('lists', () => {
  it('show each agent what they may see, last change first, page by page', async () => {
    const account = company()
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await create(account, 'ada')).id)
    const hidden = await create(account, 'root', { departmentId: 'sales' })
    await execute(account, 'ada', ids[0] ?? '', { $case: 'claim', value: {} })
    const list = async (who: string, change: object = {}) => {
      const seen: string[] = []
      let cursor = ''
      do {
        const { items, nextCursor = '' } = await harness.client.listTickets(
          { page: { limit: 2, cursor }, statuses: [], unassigned: false, ...change },
          { caller: agentCaller(account, who) },
        )
        seen.push(...items.map(({ id }) => id))
        cursor = nextCursor
      } while (cursor !== '')
      return seen
    }
    expect(await list('ada')).toEqual([ids[0], ids[4], ids[3], ids[2], ids[1]])
    expect(await list('root')).toEqual([ids[0], hidden.id, ids[4], ids[3], ids[2], ids[1]])
    expect(await list('sue')).toEqual([hidden.id])
    expect(await list('ada', { departmentId: 'sales' })).toEqual([])
    expect(await list('root', { departmentId: 'sales' })).toEqual([hidden.id])
    expect(await list('ada', { agentId: 'ada' })).toEqual([ids[0]])
    expect(await list('ada', { agentId: 'ada', unassigned: true })).toEqual([])
    expect(await list('ada', { unassigned: true })).toEqual([ids[4], ids[3], ids[2], ids[1]])
    expect(await list('ada', { statuses: ['closed'] })).toEqual([])
  })

  it('are in every order that is asked for, each ticket once, also while they change', async () => {
    const account = company()
    const subjects = ['émeute', 'Apple', 'zebra', 'banana', 'Éclair', 'apple']
    const ids: string[] = []
    for (const [at, subject] of subjects.entries())
      ids.push((await create(account, at % 2 ? 'sue' : 'root', { subject })).id)
    await execute(account, 'ada', ids[0] ?? '', { $case: 'claim', value: {} })
    await execute(account, 'root', ids[3] ?? '', {
      $case: 'transfer',
      value: { departmentId: 'sales', agentId: 'sue' },
    })
    await execute(account, 'root', ids[4] ?? '', { $case: 'resolve', value: {} })
    const list = async (sort: string, between?: () => Promise<unknown>) => {
      const seen: Ticket[] = []
      let cursor = ''
      do {
        const { items, nextCursor = '' } = await harness.client.listTickets(
          { page: { limit: 2, cursor }, statuses: [], unassigned: false, sort },
          { caller: agentCaller(account, 'root') },
        )
        seen.push(...items)
        if (cursor === '') await between?.()
        cursor = nextCursor
      } while (cursor !== '')
      expect(new Set(seen.map(({ id }) => id)).size).toBe(6)
      return seen
    }
    const of = async (sort: string, what: (ticket: Ticket) => unknown) => (await list(sort)).map(what)
    const subjectOf = ({ subject }: Ticket) => subject
    expect(await of('createdAt', ({ id }) => id)).toEqual(ids)
    expect(await of('-createdAt', ({ id }) => id)).toEqual(ids.toReversed())
    const bySubject = await of('subject', subjectOf)
    expect(bySubject.slice(0, 2).sort()).toEqual(['Apple', 'apple'])
    expect(bySubject.slice(2)).toEqual(['banana', 'Éclair', 'émeute', 'zebra'])
    expect(await of('-subject', subjectOf)).toEqual(bySubject.toReversed())
    const since = await of('since', ({ responsibility }) => responsibility?.since ?? '')
    expect(since).toEqual(since.toSorted())
    expect(await of('-since', ({ responsibility }) => responsibility?.since)).toEqual(since.toReversed())
    const agents = await of('agent', ({ agentId = '' }) => agentId)
    expect(agents).toEqual(agents.toSorted())
    expect(new Set(agents)).toEqual(new Set(['', 'ada', 'sue']))
    expect(await of('-agent', ({ agentId = '' }) => agentId)).toEqual(agents.toReversed())
    const departments = await of('department', ({ departmentId }) => departmentId)
    expect(departments).toEqual(departments.toSorted())
    expect(await of('status', ({ status }) => status)).toEqual([...Array(5).fill('new'), 'resolved'])
    expect((await of('-status', ({ status }) => status))[0]).toBe('resolved')
    // What changes while it is read moves in a list by the last change, and stays where it is in these.
    const touch = () =>
      harness.client.updateTicket(
        { ticketId: ids[5] ?? '', commandId: '', priority: 'high' },
        { caller: agentCaller(account, 'root') },
      )
    expect((await list('subject', touch)).map(subjectOf)).toEqual(bySubject)
  })

  it('leave spam and deleted tickets out until they are asked for', async () => {
    const account = company()
    const spam = await create(account, 'ada')
    const gone = await create(account, 'ada')
    await execute(account, 'ada', spam.id, { $case: 'spam', value: {} })
    await execute(account, 'root', gone.id, { $case: 'delete', value: {} })
    const list = async (...statuses: string[]) => {
      const caller = agentCaller(account, 'root')
      const { items } = await harness.client.listTickets({ statuses, unassigned: false }, { caller })
      return items.map(({ id }) => id)
    }
    expect(await list()).toEqual([])
    expect(await list('spam')).toEqual([spam.id])
    expect(await list('spam', 'deleted')).toEqual([gone.id, spam.id])
  })

  it('find by words of subject, number and contact', async () => {
    const account = company()
    const invoice = await create(account, 'ada', { subject: 'Invoice 4711 is wrong' })
    await create(account, 'ada', { subject: 'Delivery', contact: { email: 'joe@other.example' } })
    const find = async (query: string) => {
      const caller = agentCaller(account, 'ada')
      const { items } = await harness.client.listTickets(
        { statuses: [], unassigned: false, query },
        { caller },
      )
      return items.map(({ subject }) => subject)
    }
    expect(await find('invo 4711')).toEqual([invoice.subject])
    expect(await find('joe@other.example')).toEqual(['Delivery'])
    expect(await find('nothing')).toEqual([])
    expect(await find('!!')).toEqual([])
  })

  it('refuse cursors, limits and statuses that cannot be', async () => {
    const account = company()
    const caller = agentCaller(account, 'ada')
    const field = (change: object) =>
      harness.client.listTickets({ statuses: [], unassigned: false, ...change }, { caller }).then(
        () => 'taken',
        ({ reason, errors }) => `${reason} ${errors[0].field}`,
      )
    expect(await field({ page: { limit: 0, cursor: 'rubbish' } })).toBe('invalid-request cursor')
    expect(await field({ page: { limit: 201, cursor: '' } })).toBe('invalid-request limit')
    expect(await field({ page: { limit: -1, cursor: '' } })).toBe('invalid-request limit')
    expect(await field({ statuses: ['lost'] })).toBe('invalid-request status')
    expect(await field({ query: 'x'.repeat(300) })).toBe('invalid-request q')
    for (const sort of ['', '-', 'rubbish', '--since', 'Since', '_id', 'responsibility.since'])
      expect(await field({ sort })).toBe('invalid-request sort')
    await create(account, 'ada')
    await create(account, 'ada')
    const page = { limit: 1, cursor: '' }
    const { nextCursor = '' } = await harness.client.listTickets(
      { page, statuses: [], unassigned: false, sort: 'since' },
      { caller },
    )
    expect(await field({ page: { limit: 1, cursor: nextCursor }, sort: 'since' })).toBe('taken')
    expect(await field({ page: { limit: 1, cursor: nextCursor }, sort: '-since' })).toBe(
      'invalid-request cursor',
    )
  })
})

describe('history', () => {
  it('is read page by page', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    for (let i = 0; i < 3; i++) {
      await execute(account, 'ada', id, { $case: 'claim', value: {} })
      await execute(account, 'ada', id, { $case: 'release', value: {} })
    }
    const sequences: number[] = []
    let cursor = ''
    do {
      const page = await harness.client.getTimeline(
        { ticketId: id, page: { limit: 2, cursor } },
        { caller: agentCaller(account, 'ada') },
      )
      sequences.push(...page.items.map(({ sequence }) => sequence))
      cursor = page.nextCursor ?? ''
    } while (cursor !== '')
    expect(sequences).toEqual(sequences.map((_, i) => i + 1))
    expect(sequences.length).toBeGreaterThanOrEqual(9)
  })

  it('says who was responsible at any moment', async () => {
    const account = company()
    const created = await create(account, 'ada')
    await new Promise((resolve) => setTimeout(resolve, 5))
    const claimed = await execute(account, 'ada', created.id, { $case: 'claim', value: {} })
    const caller = agentCaller(account, 'ada')
    const at = (moment?: string) =>
      harness.client.getResponsibilityAt({ ticketId: created.id, at: moment }, { caller })
    const since = claimed.responsibility?.since ?? ''
    expect(await at(created.createdAt)).toMatchObject({ revision: 1, until: since })
    expect((await at(created.createdAt)).agentId).toBeUndefined()
    expect(await at(since)).toMatchObject({ revision: 2, agentId: 'ada' })
    expect(await at(since)).not.toHaveProperty('until')
    expect(await at()).toMatchObject({ revision: 2 })
    await expect(at('2020-01-01T00:00:00Z')).rejects.toMatchObject({ reason: 'not-found' })
    await expect(at('yesterday')).rejects.toMatchObject({ errors: [{ field: 'at' }] })
  })
})

describe('to solve', () => {
  it('counts what waits for me and gives it by priority', async () => {
    const account = company()
    const low = await create(account, 'ada', { priority: 'low' })
    const urgent = await create(account, 'ada', { priority: 'urgent' })
    await create(account, 'root', { departmentId: 'sales' })
    const mine = await create(account, 'ada', { priority: 'high' })
    await execute(account, 'ada', mine.id, { $case: 'claim', value: {} })
    const caller = agentCaller(account, 'ada')
    const off = await harness.client.getToSolve({ limit: 0 }, { caller })
    expect(off).toMatchObject({ count: 2, assignedToMe: 0, unassigned: 2 })
    expect(off.items.map(({ id }) => id)).toEqual([urgent.id, low.id])
    account.settings({ routeAssignedToMe: true })
    const on = await harness.client.getToSolve({ limit: 0 }, { caller })
    expect(on).toMatchObject({ count: 3, assignedToMe: 1, unassigned: 2 })
    expect(on.items.map(({ id }) => id)).toEqual([urgent.id, mine.id, low.id])
  })

  it('hands every agent another ticket when all ask at once, and the same one for the same key', async () => {
    const account = harness.account()
    account.department('billing')
    const agents = Array.from({ length: 12 }, (_, i) => account.agent(`agent${i}`, 'agent', 'billing'))
    const tickets = await Promise.all(Array.from({ length: 10 }, () => create(account, 'agent0')))
    const next = (who: string, commandId: string) =>
      harness.client.nextToSolve({ commandId }, { caller: agentCaller(account, who) })
    const given = await Promise.all(agents.map((who) => next(who, 'now')))
    const ids = given.flatMap(({ ticket }) => ticket?.id ?? [])
    expect(ids).toHaveLength(10)
    expect(new Set(ids)).toEqual(new Set(tickets.map(({ id }) => id)))
    for (const [i, { ticket }] of given.entries()) if (ticket) expect(ticket.agentId).toBe(agents[i])
    const tries = harness.parts.db.collection<{ _id: string }>('next_attempts')
    expect(await tries.countDocuments({ _id: { $regex: `^${account.id}:` } })).toBe(10)
    const again = await Promise.all(agents.map((who) => next(who, 'now')))
    expect(again.map(({ ticket }) => ticket?.id)).toEqual(given.map(({ ticket }) => ticket?.id))
    expect((await next('agent0', 'later')).ticket).toBeUndefined()
  })

  it('hands over what is mine already, without a claim, where the account routes that', async () => {
    const account = company()
    account.settings({ routeAssignedToMe: true })
    const mine = await create(account, 'ada')
    const claimed = await execute(account, 'ada', mine.id, { $case: 'claim', value: {} })
    await create(account, 'ada', { priority: 'low' })
    const { ticket } = await harness.client.nextToSolve(
      { commandId: '' },
      { caller: agentCaller(account, 'ada') },
    )
    expect(ticket).toMatchObject({
      id: mine.id,
      responsibility: { revision: claimed.responsibility?.revision },
    })
  })

  it('is for agents', async () => {
    const account = company()
    const caller = keyCaller(account, 'tickets:read', 'tickets:write')
    await expect(harness.client.getToSolve({ limit: 0 }, { caller })).rejects.toMatchObject({
      reason: 'forbidden',
    })
    await expect(harness.client.nextToSolve({ commandId: '' }, { caller })).rejects.toMatchObject({
      reason: 'forbidden',
    })
  })
})

describe('attachments', () => {
  const bytes = Buffer.alloc(700_000, 'onus')
  async function* parts(name = 'a.txt', contentType = 'text/plain') {
    yield { part: { $case: 'head' as const, value: { name, contentType } } }
    for (let i = 0; i < bytes.length; i += 64_000) {
      yield { part: { $case: 'chunk' as const, value: bytes.subarray(i, i + 64_000) } }
    }
  }
  const download = async (account: TestAccount, who: string, attachmentId: string) => {
    const chunks: Uint8Array[] = []
    let head: unknown
    const caller = agentCaller(account, who)
    for await (const { part } of harness.client.downloadAttachment({ attachmentId }, { caller })) {
      if (part?.$case === 'head') head = part.value
      if (part?.$case === 'chunk') chunks.push(part.value)
    }
    return { head, data: Buffer.concat(chunks) }
  }

  it('are their uploader’s until a message has them, then of all who see the ticket', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    const file = await harness.client.uploadAttachment(parts(), { caller: agentCaller(account, 'ada') })
    expect(file).toMatchObject({ name: 'a.txt', contentType: 'text/plain', size: bytes.length })
    expect((await download(account, 'ada', file.id)).data.equals(bytes)).toBe(true)
    await expect(download(account, 'bob', file.id)).rejects.toMatchObject({ reason: 'not-found' })
    const message = {
      ticketId: id,
      author: 'agent',
      kind: 'public',
      body: 'See there',
      attachmentIds: [file.id],
    }
    await expect(
      harness.client.addMessage({ ...message, commandId: newKey() }, { caller: agentCaller(account, 'bob') }),
    ).rejects.toMatchObject({ reason: 'unknown-reference', errors: [{ field: 'attachmentIds[0]' }] })
    const said = await harness.client.addMessage(
      { ...message, commandId: newKey() },
      { caller: agentCaller(account, 'ada') },
    )
    expect(said.message?.attachments).toEqual([file])
    expect((await download(account, 'bob', file.id)).head).toEqual(file)
    await expect(download(account, 'sue', file.id)).rejects.toMatchObject({ reason: 'not-found' })
  })

  it('have a bound, a head and a media type', async () => {
    const account = company()
    const caller = agentCaller(account, 'ada')
    async function* headless() {
      yield { part: { $case: 'chunk' as const, value: bytes } }
    }
    async function* huge() {
      yield { part: { $case: 'head' as const, value: { name: 'big', contentType: '' } } }
      for (let i = 0; i < 27; i++) yield { part: { $case: 'chunk' as const, value: Buffer.alloc(1_000_000) } }
    }
    await expect(harness.client.uploadAttachment(headless(), { caller })).rejects.toMatchObject({
      errors: [{ field: 'head' }],
    })
    await expect(harness.client.uploadAttachment(parts('', 'x'), { caller })).rejects.toMatchObject({
      reason: 'invalid-request',
    })
    await expect(harness.client.uploadAttachment(huge(), { caller })).rejects.toMatchObject({
      reason: 'payload-too-large',
    })
  })
})

describe('answers by mail', () => {
  it('are reported by the notification service and found by their Message-ID', async () => {
    const account = company()
    const { id } = await create(account, 'ada')
    const { message } = await harness.client.addMessage(
      { ticketId: id, commandId: newKey(), author: 'agent', kind: 'public', body: 'Sent', attachmentIds: [] },
      { caller: agentCaller(account, 'ada') },
    )
    const caller = systemCaller(account.id, 'notification')
    const report = {
      ticketId: id,
      messageId: message?.id ?? '',
      delivery: { state: 'sent', attempts: 1, sentAt: '2026-03-01T09:00:00Z' },
      mailMessageId: '<1@onus.example>',
    }
    await harness.client.setMessageDelivery(report, { caller })
    const context = await harness.client.getMailContext(
      { ticketId: id, messageIds: [message?.id ?? ''] },
      { caller },
    )
    expect(context).toMatchObject({
      ticket: { id },
      messages: [{ id: message?.id, delivery: { state: 'sent', attempts: 1 } }],
      mailMessageIds: ['<1@onus.example>'],
    })
    expect(await harness.app.messages.findByMailId(account.id, '<1@onus.example>')).toEqual({
      ticketId: id,
      messageId: message?.id,
    })
    const unknown = harness.client.setMessageDelivery({ ...report, messageId: 'nosuch' }, { caller })
    await expect(unknown).rejects.toMatchObject({ reason: 'not-found' })
    const wrong = harness.client.setMessageDelivery(
      { ...report, delivery: { state: 'lost', attempts: 0 } },
      { caller },
    )
    await expect(wrong).rejects.toMatchObject({ errors: [{ field: 'delivery.state' }] })
  })
})
