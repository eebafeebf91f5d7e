import { Problem } from '@onus/kit/problems'
import { describe, expect, it, vi } from 'vitest'
import { aTicket, fakeApp } from './testing/fakes.ts'

const NEW_TICKET = {
  subject: 'The printer is on fire',
  body: 'Please help.',
  channel: 'web_form',
  contact: { email: 'carla@example.com', name: 'Carla' },
}

describe('tickets over HTTP', () => {
  it('creates one and says where it is', async () => {
    const createTicket = vi.fn(async () => aTicket())
    const { send } = fakeApp({ ticket: { createTicket } })
    const answer = await send('POST', '/tickets', { as: 'agent', json: NEW_TICKET })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe('/api/v1/tickets/t1')
    expect(answer.body).toMatchObject({
      id: 't1',
      agentId: null,
      responsibility: { agentId: null, revision: 1 },
    })
    expect(createTicket).toHaveBeenCalledWith(
      {
        ...NEW_TICKET,
        departmentId: undefined,
        tags: [],
        priority: 'normal',
        fields: {},
        commandId: expect.any(String),
      },
      expect.objectContaining({ caller: expect.objectContaining({ id: 'ana' }) }),
    )
  })

  it('takes a status that repeats, or a list with commas', async () => {
    const listTickets = vi.fn(async () => ({ items: [aTicket()], nextCursor: 'next' }))
    const { send } = fakeApp({ ticket: { listTickets } })
    const answer = await send('GET', '/tickets?status=new,open&status=answered&unassigned=true&limit=2', {
      as: 'agent',
    })
    expect(answer.body).toMatchObject({ items: [{ id: 't1' }], nextCursor: 'next' })
    expect(listTickets).toHaveBeenCalledWith(
      expect.objectContaining({
        statuses: ['new', 'open', 'answered'],
        unassigned: true,
        page: { limit: 2, cursor: '' },
      }),
      expect.anything(),
    )
  })

  it('runs a command without a body', async () => {
    const execute = vi.fn(async () => aTicket({ agentId: 'ana' }))
    const { send } = fakeApp({ ticket: { execute } })
    const answer = await send('POST', '/tickets/t1/claim', { as: 'agent' })
    expect(answer).toMatchObject({ status: 200, body: { agentId: 'ana' } })
    expect(execute).toHaveBeenCalledWith(
      expect.objectContaining({ ticketId: 't1', command: { $case: 'claim', value: {} } }),
      expect.anything(),
    )
  })

  it('gives a lost race the ticket’s responsibility', async () => {
    const current = { departmentId: 'billing', agentId: 'bob', revision: 2, since: 'x', actor: {}, cause: {} }
    const execute = async () => {
      throw new Problem('already-claimed', 'Bob has it.', { current: current as never })
    }
    const { send } = fakeApp({ ticket: { execute } })
    const answer = await send('POST', '/tickets/t1/claim', { as: 'agent', json: {} })
    expect(answer.status).toBe(409)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({
      type: 'https://onus.dev/problems/already-claimed',
      status: 409,
      instance: '/api/v1/tickets/t1/claim',
      current: { agentId: 'bob' },
    })
  })
})

describe('a timeline over HTTP', () => {
  const moved = {
    sequence: 2,
    at: '2026-03-01T09:00:00.000Z',
    type: 'responsibility.changed',
    actor: { type: 'agent', id: 'ana', name: 'Ana' },
    cause: { type: 'claim' },
    from: { departmentId: 'billing' },
    to: { departmentId: 'billing', agentId: 'ana' },
    revision: 2,
  }
  const { send } = fakeApp({ ticket: { getTimeline: async () => ({ items: [moved] }) } })

  it('is data and a sentence in the language that was asked for', async () => {
    const french = await send('GET', '/tickets/t1/timeline', {
      as: 'agent',
      headers: { 'accept-language': 'fr-CA' },
    })
    expect(french.body).toEqual({
      items: [{ ...moved, from: { departmentId: 'billing', agentId: null }, text: 'Ana a pris le ticket.' }],
      nextCursor: null,
    })
    expect(french.headers.get('content-language')).toBe('fr')
    expect(french.headers.get('vary')).toBe('accept-language')
  })

  it('is in the reader’s own language when none was asked for', async () => {
    const own = await send('GET', '/tickets/t1/timeline', { as: 'agent' })
    expect(own.body.items[0].text).toBe('Ana took the ticket.')
    expect(
      (await send('GET', '/tickets/t1/timeline', { as: 'reader' })).headers.get('content-language'),
    ).toBe('en')
  })
})

describe('what cannot be taken', () => {
  const see = { ticket: { checkAccess: async () => ({}) } }

  it.each([
    ['malformed JSON', '{"a"', {}, 400, 'malformed-json'],
    ['an array', '[]', {}, 400, 'invalid-request'],
    ['null', 'null', {}, 400, 'invalid-request'],
    ['a text', '"x"', {}, 400, 'invalid-request'],
    ['another type', 'x', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    [
      'another charset',
      '{}',
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported-media-type',
    ],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported-media-type'],
    ['an unknown field', '{"until":"2026-03-01T09:00:00Z","x":1}', {}, 400, 'invalid-request'],
    ['a wrong type', '{"until":7}', {}, 400, 'invalid-request'],
    [
      'a stray revision',
      '{"until":"2026-03-01T09:00:00Z","expectedRevision":1.5}',
      {},
      400,
      'invalid-request',
    ],
    ['a NUL', '{"until":"\\u0000"}', {}, 400, 'invalid-request'],
    ['half a surrogate', '{"until":"\\ud800"}', {}, 400, 'invalid-request'],
    ['a prototype', '{"__proto__":{"until":"2026-03-01T09:00:00Z"}}', {}, 400, 'invalid-request'],
    ['an endless number', '{"until":1e999}', {}, 400, 'invalid-request'],
    ['a deep value', '['.repeat(5000) + ']'.repeat(5000), {}, 400, 'invalid-request'],
    ['too many bytes', `"${'x'.repeat(1024 * 1024)}"`, {}, 413, 'payload-too-large'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400, 'malformed-json'],
    ['nothing', undefined, {}, 400, 'invalid-request'],
  ] as [string, unknown, Record<string, string>, number, string][])(
    'refuses %s',
    async (_, body, headers, status, reason) => {
      const { send } = fakeApp(see)
      const answer = await send('POST', '/tickets/t1/postpone', { as: 'agent', body, headers })
      expect(answer).toMatchObject({ status, body: { type: `https://onus.dev/problems/${reason}`, status } })
      expect(answer.text).not.toContain('node_modules')
    },
  )

  it('names the field and the remedy', async () => {
    const { send } = fakeApp()
    const answer = await send('POST', '/tickets', {
      as: 'agent',
      json: { ...NEW_TICKET, subject: '', contact: { email: 'nobody' }, colour: 'red' },
    })
    expect(answer.body.errors).toEqual(
      expect.arrayContaining([
        { field: 'subject', message: expect.stringContaining('1 to 998') },
        { field: 'contact.email', message: expect.stringContaining('e-mail') },
        { field: 'colour', message: 'Unknown field; remove it.' },
      ]),
    )
  })

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=1&limit=2',
    'status=lost',
    'colour=red',
    'q=%00',
    'unassigned=1',
  ])('refuses the query %s', async (query) => {
    const answer = await fakeApp().send('GET', `/tickets?${query}`, { as: 'agent' })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: query.split('=')[0] }] } })
  })

  it.each(['%00', 'a%20b', 'x'.repeat(200), '..%2f..', '%ff', 'é'])(
    'knows no ticket called %s',
    async (id) => {
      expect((await fakeApp().send('GET', `/tickets/${id}`, { as: 'agent' })).status).toBe(404)
    },
  )

  it('counts a subject in characters', async () => {
    const { send } = fakeApp({ ticket: { createTicket: async () => aTicket() } })
    const post = (subject: string) =>
      send('POST', '/tickets', { as: 'agent', json: { ...NEW_TICKET, subject } })
    expect((await post('é'.repeat(998))).status).toBe(201)
    expect((await post('🔥'.repeat(998))).status).toBe(201)
    expect((await post('x'.repeat(999))).status).toBe(400)
    expect((await post('🔥'.repeat(999))).status).toBe(400)
  })

  it('tells of permission before it tells of form', async () => {
    const checkAccess = vi.fn(async () => {
      throw new Problem('not-found', 'There is no ticket "t1".')
    })
    const { send } = fakeApp({ ticket: { checkAccess } })
    const answer = await send('POST', '/tickets/t1/transfer', { as: 'agent', json: { nonsense: true } })
    expect(answer.status).toBe(404)
    expect(checkAccess).toHaveBeenCalledWith({ ticketId: 't1', verb: 'transfer' }, expect.anything())
    expect((await fakeApp().send('POST', '/rules', { as: 'agent', json: { nonsense: true } })).status).toBe(
      403,
    )
    expect((await fakeApp().send('POST', '/rules', { as: 'admin', json: { nonsense: true } })).status).toBe(
      400,
    )
  })
})

describe('the door', () => {
  it('asks for a key', async () => {
    const answer = await fakeApp().send('GET', '/tickets')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  })

  it('lets the operator into accounts only', async () => {
    const { send } = fakeApp({ directory: { listAccounts: async () => ({ items: [] }) } })
    expect((await send('GET', '/accounts', { as: 'operator' })).body).toEqual({ items: [], nextCursor: null })
    expect((await send('GET', '/tickets', { as: 'operator' })).status).toBe(403)
    expect((await send('GET', '/tickets/t1', { as: 'operator' })).status).toBe(404)
    expect((await send('GET', '/accounts', { as: 'owner' })).status).toBe(403)
  })

  it('answers other methods and other paths', async () => {
    const { send } = fakeApp()
    const wrong = await send('DELETE', '/tickets', { as: 'agent' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toBe('POST, GET, HEAD')
    for (const path of ['/agents/a/nothing', '/'])
      expect((await send('POST', path, { as: 'owner', json: {} })).status).toBe(404)
  })

  it('says that something behind it is away', async () => {
    const getTicket = async () => {
      throw new Problem('unavailable', 'The ticket service does not answer.')
    }
    const answer = await fakeApp({ ticket: { getTicket } }).send('GET', '/tickets/t1', { as: 'agent' })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('2')
  })

  it('answers in time although nothing behind it does', async () => {
    const getTicket = () => new Promise<never>(() => undefined)
    const { send } = fakeApp({ ticket: { getTicket } }, { deadlineMs: 50 })
    expect((await send('GET', '/tickets/t1', { as: 'agent' })).status).toBe(503)
  })

  it('gives a file that comes slowly its own time', async () => {
    const uploadAttachment = async ({ name }: { name: string }, bytes: Uint8Array) => ({
      id: 'a1',
      name,
      contentType: 'application/octet-stream',
      size: bytes.byteLength,
    })
    const body = new ReadableStream({
      async start(controller) {
        await new Promise((resolve) => setTimeout(resolve, 400))
        controller.enqueue(Buffer.from('hello'))
        controller.close()
      },
    })
    const { send } = fakeApp({ ticket: { uploadAttachment } }, { deadlineMs: 50 })
    const headers = { 'content-type': 'application/octet-stream' }
    expect(await send('POST', '/attachments', { as: 'agent', body, headers })).toMatchObject({
      status: 201,
      body: { size: 5 },
    })
  })

  it('tells nothing of what broke', async () => {
    const getTicket = async () => {
      throw new TypeError('secret of the house')
    }
    const answer = await fakeApp({ ticket: { getTicket } }).send('GET', '/tickets/t1', { as: 'agent' })
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('secret of the house')
  })

  it('protects its answers', async () => {
    const { headers } = await fakeApp().send('GET', '/tickets')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  })
})
