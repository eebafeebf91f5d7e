import type { Caller } from '@onus/kit/caller'
import { systemCaller } from '@onus/kit/caller'
import { toRecord } from '@onus/kit/cloudevents'
import { TOPICS } from '@onus/kit/kafka'
import { Problem } from '@onus/kit/problems'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from './domain/attempt.ts'
import { signedHeaders, verifies } from './domain/signature.ts'
import {
  AGENT,
  CHANGED,
  CREATED,
  NOTICE,
  RULED,
  startWebhookWorld,
  type WebhookWorld,
} from './testing/world.ts'

let world: WebhookWorld
beforeAll(async () => {
  world = await startWebhookWorld()
})
beforeEach(() => {
  world.sent.length = 0
  world.alarms.length = 0
  world.receiver.answer = () => taken
})
afterAll(() => world?.close())

const taken: Outcome = { type: 'delivered', statusCode: 200, durationMs: 5 }
const refused = (statusCode = 500): Outcome => ({
  type: 'failed',
  statusCode,
  error: `The receiver answered ${statusCode}.`,
  durationMs: 5,
})
const bodies = () =>
  world.sent.map(({ body }) => JSON.parse(body) as { id: string; data: { sequence: number } })

describe('an event', () => {
  it('becomes one delivery for each webhook that wants it, however often it comes', async () => {
    const [all, some, off] = await Promise.all([
      world.create(),
      world.create({ events: [CHANGED] }),
      world.create({ active: false }),
    ])
    await world.publish({ ticketId: 'a', sequence: 1 })
    await world.publish({ ticketId: 'a', sequence: 1 })
    expect(await world.list(all.id)).toMatchObject([
      { eventId: 'a-1', state: 'pending', attempts: 0, sequence: 1 },
    ])
    expect(await world.list(some.id)).toEqual([])
    expect(await world.list(off.id)).toEqual([])
    expect(world.woken).toContain(all.id)
  })

  it('from before the webhook was made, or was active, is not for it', async () => {
    const hook = await world.create()
    await world.publish({ ticketId: 'b', sequence: 1, at: '2026-02-28T00:00:00.000Z' })
    expect(await world.list(hook.id)).toEqual([])
    await world.handlers.updateWebhook({ webhookId: hook.id, active: false }, world.as(world.owner))
    world.sleep(1000)
    const missed = world.clock().toISOString()
    world.sleep(1000)
    await world.handlers.updateWebhook({ webhookId: hook.id, active: true }, world.as(world.owner))
    await world.publish({ ticketId: 'b', sequence: 2, at: missed })
    await world.publish({ ticketId: 'b', sequence: 3 })
    expect(await world.list(hook.id)).toMatchObject([{ eventId: 'b-3' }])
  })

  it('is for a department when its ticket is there, comes there or leaves it', async () => {
    const hook = await world.create({ departmentId: 'billing' })
    world.places.set('c', 'billing')
    world.places.set('d', 'sales')
    await world.publish({ ticketId: 'c', sequence: 1 })
    await world.publish({ ticketId: 'd', sequence: 1 })
    const to = (departmentId: string) => ({ departmentId, agentId: null })
    const move = (from: string, into: string) => ({
      type: 'responsibility.changed',
      from: to(from),
      to: to(into),
    })
    await world.publish({ ticketId: 'c', sequence: 2, type: CHANGED, data: move('billing', 'sales') })
    await world.publish({ ticketId: 'c', sequence: 3 })
    await world.publish({ ticketId: 'd', sequence: 2, type: CHANGED, data: move('sales', 'billing') })
    await world.publish({ ticketId: 'd', sequence: 3 })
    const ids = (await world.list(hook.id)).map(({ eventId }) => eventId)
    expect(ids.sort()).toEqual(['c-1', 'c-2', 'd-2', 'd-3'])
  })

  it('goes where a rule sends it, also without a subscription', async () => {
    const hook = await world.create({ events: [AGENT] })
    const other = await world.create({ events: [AGENT] })
    const data = { type: 'rule.applied', details: { webhooks: [hook.id] } }
    await world.publish({ ticketId: 'e', sequence: 4, type: RULED, data })
    expect(await world.list(hook.id)).toMatchObject([{ type: RULED }])
    expect(await world.list(other.id)).toEqual([])
  })
})

describe('a delivery', () => {
  it('is sent in the order of its ticket, signed by every valid secret', async () => {
    const hook = await world.create()
    for (const sequence of [1, 2, 3]) await world.publish({ ticketId: 'f', sequence })
    await world.publish({ ticketId: 'g', sequence: 1 })
    expect(await world.drain(hook.id)).toEqual({ nextAt: null, waiting: 0 })
    expect(
      bodies()
        .filter(({ id }) => id.startsWith('f'))
        .map(({ data }) => data.sequence),
    ).toEqual([1, 2, 3])
    const rotated = await world.handlers.rotateWebhookSecret(
      { webhookId: hook.id, commandId: 'r1' },
      world.as(world.owner),
    )
    const again = await world.handlers.rotateWebhookSecret(
      { webhookId: hook.id, commandId: 'r1' },
      world.as(world.owner),
    )
    expect(again.secret).toBe(rotated.secret)
    const signs = async (ticketId: string) => {
      await world.publish({ ticketId, sequence: 1 })
      await world.drain(hook.id)
      const message = world.sent.at(-1)
      if (!message) throw new Error('nothing was sent')
      const timestamp = Math.floor(world.clock().getTime() / 1000)
      const headers = signedHeaders(message.secrets, { id: message.id, timestamp, body: message.body })
      return [hook.secret, rotated.secret].map((secret) =>
        verifies(secret, headers, message.body, world.clock()),
      )
    }
    expect(await signs('h')).toEqual([true, true])
    world.sleep(24 * 3_600_000 + 1)
    expect(await signs('i')).toEqual([false, true])
  })

  it('that fails holds up its own ticket only, and is tried again', async () => {
    const hook = await world.create()
    world.receiver.answer = ({ id }) => (id === 'j-1' ? refused() : taken)
    await world.publish({ ticketId: 'j', sequence: 1 })
    await world.publish({ ticketId: 'j', sequence: 2 })
    await world.publish({ ticketId: 'k', sequence: 1 })
    const first = await world.drain(hook.id)
    expect(world.sent.map(({ id }) => id).sort()).toEqual(['j-1', 'k-1'])
    expect(await world.list(hook.id, 'retrying')).toMatchObject([
      {
        eventId: 'j-1',
        attempts: 1,
        statusCode: 500,
        error: 'The receiver answered 500.',
        nextAttemptAt: first.nextAt,
      },
    ])
    world.receiver.answer = () => taken
    world.until(first.nextAt ?? '')
    expect(await world.drain(hook.id)).toEqual({ nextAt: null, waiting: 0 })
    expect(world.sent.map(({ id }) => id).slice(-2)).toEqual(['j-1', 'j-2'])
    expect(await world.list(hook.id, 'delivered')).toHaveLength(3)
  })

  it('waits while its receiver rests: one asks for all, with one alarm, and all go when it is back', async () => {
    const hook = await world.create()
    world.receiver.answer = () => refused(503)
    for (let n = 0; n < 40; n++) await world.publish({ ticketId: `l${n}`, sequence: 1 })
    let state = await world.drain(hook.id)
    const before = world.sent.length
    expect(before).toBeLessThanOrEqual(8)
    for (let probes = 1; probes <= 3; probes++) {
      world.until(state.nextAt ?? '')
      state = await world.drain(hook.id)
      expect(world.sent.length).toBe(before + probes)
    }
    expect(world.alarms).toEqual(['the receiver of a webhook fails again and again'])
    const shown = await world.handlers.getWebhook({ webhookId: hook.id }, world.as(world.owner))
    expect(shown).toMatchObject({
      active: true,
      resumesAt: state.nextAt,
      lastError: 'The receiver answered 503.',
    })
    world.receiver.answer = () => taken
    world.until(state.nextAt ?? '')
    await world.drain(hook.id)
    expect(await world.list(hook.id, 'delivered')).toHaveLength(40)
    const well = await world.handlers.getWebhook({ webhookId: hook.id }, world.as(world.owner))
    expect([well.failingSince, well.resumesAt]).toEqual([undefined, undefined])
  })

  it('ends when the receiver is gone; the webhook is inactive and says why', async () => {
    const hook = await world.create()
    world.receiver.answer = () => refused(410)
    await world.publish({ ticketId: 'm', sequence: 1 })
    await world.publish({ ticketId: 'm', sequence: 2 })
    expect(await world.drain(hook.id)).toEqual({ nextAt: null, waiting: 0 })
    expect(await world.list(hook.id, 'dead_letter')).toMatchObject([{ eventId: 'm-1', statusCode: 410 }])
    const shown = await world.handlers.getWebhook({ webhookId: hook.id }, world.as(world.owner))
    expect(shown).toMatchObject({
      active: false,
      disabledReason: 'gone',
      lastError: 'The receiver answered 410.',
    })
    world.receiver.answer = () => taken
    await world.handlers.updateWebhook({ webhookId: hook.id, active: true }, world.as(world.owner))
    await world.drain(hook.id)
    expect(await world.list(hook.id, 'delivered')).toMatchObject([{ eventId: 'm-2' }])
  })

  it('is a dead letter after three days, and can be sent again', async () => {
    const hook = await world.create()
    world.receiver.answer = () => refused()
    await world.publish({ ticketId: 'n', sequence: 1 })
    for (let runs = 0; runs < 9000; runs++) {
      const { nextAt } = await world.drain(hook.id)
      if (nextAt === null) break
      world.until(nextAt)
      if (runs === 8) world.sleep(3 * 86_400_000)
    }
    const [dead] = await world.list(hook.id, 'dead_letter')
    expect(dead).toMatchObject({ eventId: 'n-1', state: 'dead_letter' })
    const shown = await world.handlers.getWebhook({ webhookId: hook.id }, world.as(world.owner))
    expect(shown).toMatchObject({ active: false, disabledReason: 'failing' })
    world.receiver.answer = () => taken
    await world.handlers.updateWebhook({ webhookId: hook.id, active: true }, world.as(world.owner))
    const resend = () =>
      world.handlers.resendDelivery(
        { webhookId: hook.id, deliveryId: dead?.id ?? '', commandId: 'again' },
        world.as(world.owner),
      )
    expect(await resend()).toMatchObject({ state: 'pending' })
    await world.drain(hook.id)
    expect(await resend()).toMatchObject({ state: 'delivered' })
    await world.drain(hook.id)
    expect(world.sent.filter(({ id }) => id === 'n-1').length).toBe((dead?.attempts ?? 0) + 1)
  })
})

describe('a replay', () => {
  it('sends what a ticket had from a sequence on, and what the account had from a moment on', async () => {
    const hook = await world.create({ events: [CREATED] })
    world.places.set('p', 'billing')
    for (let sequence = 1; sequence <= 5; sequence++)
      world.past.push({
        id: `p-${sequence}`,
        subject: 'p',
        sequence,
        type: sequence === 4 ? CHANGED : CREATED,
        time: `2026-02-0${sequence}T00:00:00.000Z`,
        data: { sequence },
      })
    const replay = (request: object) =>
      world.handlers.replayWebhook(
        { webhookId: hook.id, commandId: JSON.stringify(request), ...request },
        world.as(world.owner),
      )
    const made = await replay({ ticketId: 'p', fromSequence: 2 })
    expect(await replay({ ticketId: 'p', fromSequence: 2 })).toEqual(made)
    await world.drain(hook.id)
    expect(world.sent.map(({ id }) => id)).toEqual(['p-2', 'p-3', 'p-5'])
    world.sent.length = 0
    await replay({ since: '2026-02-02T00:00:00Z', until: '2026-02-04T00:00:00Z' })
    await world.drain(hook.id)
    expect(world.sent.map(({ id }) => id)).toEqual(['p-2', 'p-3'])
    const { replays } = await world.handlers.getWebhook({ webhookId: hook.id }, world.as(world.owner))
    expect(replays).toMatchObject([
      { state: 'done', deliveries: 3, ticketId: 'p', fromSequence: 2 },
      { state: 'done', deliveries: 2, since: '2026-02-02T00:00:00.000Z' },
    ])
  })

  it('of notices and of the directory sends what their topics have, from a moment or a sequence on', async () => {
    const record = (
      topic: string,
      subject: string,
      sequence: number,
      type: string,
      time: string,
      account = '',
    ) => {
      const { headers, value, key } = toRecord({
        topic,
        key: subject,
        id: `${subject}-${sequence}`,
        source: `/accounts/${account || world.accountId}/things`,
        subject,
        type,
        time,
        sequence,
        data: { sequence },
      })
      const about = { partition: 0, offset: '0', at: time }
      return { topic, key, headers, value: Buffer.from(String(value)), ...about }
    }
    const notice = (sequence: number, day: number, account?: string) =>
      record(TOPICS.notificationEvents, 'n1', sequence, NOTICE, `2026-02-0${day}T00:00:00.000Z`, account)
    world.topics.set(TOPICS.notificationEvents, [
      notice(1, 1),
      notice(2, 2),
      notice(2, 2, 'another'),
      notice(3, 3),
      notice(4, 9),
    ])
    world.topics.set(TOPICS.directoryEvents, [
      record(TOPICS.directoryEvents, 'ann', 7, AGENT, '2026-02-02T00:00:00.000Z'),
    ])
    const hook = await world.create({ events: [NOTICE, AGENT] })
    const replay = (request: object) =>
      world.handlers.replayWebhook(
        { webhookId: hook.id, commandId: JSON.stringify(request), ...request },
        world.as(world.owner),
      )
    await replay({ since: '2026-02-02T00:00:00Z', until: '2026-02-04T00:00:00Z' })
    await world.drain(hook.id)
    expect(world.sent.map(({ id }) => id).sort()).toEqual(['ann-7', 'n1-2', 'n1-3'])
    expect(world.reads[0]).toMatchObject({ since: '2026-02-01T23:55:00.000Z' })
    expect(world.reads).toHaveLength(4)
    world.sent.length = 0
    const made = await replay({ subject: 'n1', fromSequence: 3 })
    expect(made).toMatchObject({ subject: 'n1', fromSequence: 3 })
    await world.drain(hook.id)
    expect(world.sent.map(({ id }) => id)).toEqual(['n1-3', 'n1-4'])

    // Who gets tickets alone is read nothing else.
    world.reads.length = 0
    const other = await world.create({ events: [CREATED] })
    const asked = (request: object) =>
      world.handlers.replayWebhook({ webhookId: other.id, commandId: '', ...request }, world.as(world.owner))
    await asked({ since: '2026-02-02T00:00:00Z' })
    await world.drain(other.id)
    expect(world.reads).toEqual([])
    await expect(asked({ subject: 'n1' })).rejects.toMatchObject({ errors: [{ field: 'subject' }] })
  })

  it('says what is wrong with it', async () => {
    const hook = await world.create()
    const replay = (request: object) =>
      world.handlers.replayWebhook({ webhookId: hook.id, commandId: '', ...request }, world.as(world.owner))
    for (const [request, field] of [
      [{}, 'since'],
      [{ since: 'yesterday' }, 'since'],
      [{ ticketId: 'p', since: '2026-02-02T00:00:00Z' }, 'ticketId'],
      [{ since: '2026-02-02T00:00:00Z', until: '2026-02-01T00:00:00Z' }, 'until'],
      [{ since: '2026-02-02T00:00:00Z', fromSequence: 3 }, 'fromSequence'],
      [{ ticketId: 'p', fromSequence: -1 }, 'fromSequence'],
      [{ ticketId: 'p', subject: 'n1' }, 'subject'],
      [{ subject: 'n1', since: '2026-02-02T00:00:00Z' }, 'subject'],
      [{ subject: 'no id' }, 'subject'],
    ] as const)
      await expect(replay(request)).rejects.toMatchObject({ reason: 'invalid-request', errors: [{ field }] })
    await expect(replay({ ticketId: 'nothing' })).rejects.toMatchObject({ reason: 'unknown-reference' })
  })
})

describe('a test', () => {
  it('is sent once and answers what the receiver did', async () => {
    const hook = await world.create({ active: false })
    const test = (commandId: string) =>
      world.handlers.testWebhook({ webhookId: hook.id, commandId }, world.as(world.owner))
    expect(await test('t1')).toMatchObject({
      state: 'delivered',
      statusCode: 200,
      type: 'dev.onus.webhook.test.v1',
    })
    await test('t1')
    expect(world.sent).toHaveLength(1)
    world.receiver.answer = () => refused(404)
    expect(await test('t2')).toMatchObject({ state: 'dead_letter', error: 'The receiver answered 404.' })
    expect(await world.drain(hook.id)).toEqual({ nextAt: null, waiting: 0 })
  })
})

describe('setting up', () => {
  const refusal = async (call: Promise<unknown>): Promise<Problem> => {
    const error = await call.then(
      () => undefined,
      (reason) => reason,
    )
    if (!(error instanceof Problem)) throw new Error('it was not refused')
    return error
  }
  const create = (fields: object) =>
    world.handlers.createWebhook(
      { url: 'http://127.0.0.1:9/', events: ['*'], commandId: '', ...fields },
      world.as(world.owner),
    )

  it('refuses addresses that are not ours to call, and what does not exist', async () => {
    for (const url of [
      'http://10.0.0.1/',
      'http://169.254.169.254/',
      'http://[fd00::1]/',
      'http://nowhere.invalid/',
    ])
      expect(await refusal(create({ url }))).toMatchObject({
        reason: 'unknown-reference',
        errors: [{ field: 'url' }],
      })
    for (const url of ['ftp://example.com/', 'nothing', 'javascript:alert(1)'])
      expect(await refusal(create({ url }))).toMatchObject({
        reason: 'invalid-request',
        errors: [{ field: 'url' }],
      })
    expect(await refusal(create({ departmentId: 'none' }))).toMatchObject({
      errors: [{ field: 'departmentId' }],
    })
    for (const events of [[], ['everything'], ['dev.onus.ticket.unknown.v1']])
      expect((await refusal(create({ events }))).reason).toBe('invalid-request')
    const mixed = create({ events: [AGENT], departmentId: 'sales' })
    expect(await refusal(mixed)).toMatchObject({ errors: [{ field: 'events[0]' }] })
  })

  it('makes one webhook of a repeated command, shows its secret to that alone, and deletes it whole', async () => {
    const first = await create({ commandId: 'once' })
    const second = await create({ commandId: 'once' })
    expect(second).toEqual(first)
    const id = first.webhook?.id ?? ''
    expect(
      JSON.stringify(await world.handlers.getWebhook({ webhookId: id }, world.as(world.owner))),
    ).not.toContain('whsec')
    await world.publish({ ticketId: 'z', sequence: 1 })
    await world.handlers.deleteWebhook({ webhookId: id }, world.as(world.owner))
    expect((await refusal(world.list(id))).reason).toBe('not-found')
    expect(await world.drain(id)).toEqual({ nextAt: null, waiting: 0 })
    const checked = await world.handlers.checkWebhooks(
      { webhookIds: [id] },
      world.as(systemCaller(world.accountId, 'rules')),
    )
    expect(checked).toEqual({ missing: [id] })
  })

  it('has a page for each cursor', async () => {
    const all: string[] = []
    let cursor = ''
    do {
      const page = await world.handlers.listWebhooks({ page: { limit: 3, cursor } }, world.as(world.owner))
      all.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? ''
    } while (cursor !== '')
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBe((await world.webhooks.of(world.accountId)).length)
  })
})

describe('what was sent', () => {
  it('is shown with its payload, of its own webhook only', async () => {
    const [hook, other] = [await world.create(), await world.create()]
    await world.publish({ ticketId: 'shown', sequence: 1 })
    const [delivery] = await world.list(hook.id)
    const get = (webhookId: string) =>
      world.handlers.getDelivery({ webhookId, deliveryId: delivery?.id ?? '' }, world.as(world.owner))
    const shown = await get(hook.id)
    expect(shown.delivery).toMatchObject({ id: delivery?.id, state: delivery?.state })
    expect(JSON.parse(shown.payload)).toMatchObject({ specversion: '1.0', subject: 'shown' })
    await expect(get(other.id)).rejects.toMatchObject({ reason: 'not-found' })
  })
})

describe('who may', () => {
  const callers = (): Record<string, Caller> => {
    const { owner, accountId } = world
    const key = (...scopes: string[]): Caller => ({
      type: 'api_client',
      accountId,
      id: 'k',
      name: 'k',
      scopes,
    })
    return {
      owner,
      admin: { ...owner, id: 'adi', role: 'admin' },
      agent: { ...owner, id: 'ann', role: 'agent' },
      'key that sets up': key('setup:write'),
      'key that reads the setup': key('setup:read'),
      'key that writes tickets': key('tickets:write', 'contact:write'),
      operator: { type: 'operator', accountId: '', id: 'o', name: 'o', scopes: [] },
      service: systemCaller(accountId, 'rules'),
      'foreign owner': { ...owner, accountId: 'other' },
    }
  }
  type Method = keyof WebhookWorld['handlers']
  const WRITES: Method[] = [
    ...(['updateWebhook', 'rotateWebhookSecret', 'testWebhook', 'resendDelivery'] as const),
    ...(['replayWebhook', 'deleteWebhook'] as const),
  ]
  const READS: Method[] = ['getWebhook', 'listDeliveries', 'getDelivery']

  it.each([...WRITES, ...READS])('%s', async (method) => {
    const hook = await world.create()
    await world.publish({ ticketId: `who-${method}`, sequence: 1 })
    const [delivery] = await world.list(hook.id)
    const request = {
      webhookId: hook.id,
      deliveryId: delivery?.id,
      commandId: '',
      since: '2026-01-01T00:00:00Z',
    }
    const kept = await world.webhooks.get(world.accountId, hook.id)
    const got: Record<string, string> = {}
    for (const [name, caller] of Object.entries(callers()).reverse()) {
      const call = world.handlers[method] as (request: object, ctx: object) => Promise<unknown>
      got[name] = await call(request, world.as(caller)).then(
        () => 'ok',
        (error: Problem) => error.reason,
      )
      // Whoever may delete it has done so.
      if (method === 'deleteWebhook' && kept) await world.webhooks.add(kept)
    }
    const read = READS.includes(method)
    expect(got).toEqual({
      owner: 'ok',
      admin: 'ok',
      agent: 'forbidden',
      'key that sets up': 'ok',
      'key that reads the setup': read ? 'ok' : 'forbidden',
      'key that writes tickets': 'forbidden',
      operator: 'forbidden',
      service: 'ok',
      'foreign owner': 'not-found',
    })
  })

  it('createWebhook, listWebhooks and checkWebhooks, each in their own account', async () => {
    const hook = await world.create()
    const { agent, 'foreign owner': foreign, operator, 'key that reads the setup': reader } = callers()
    for (const caller of [agent, operator] as Caller[]) {
      const ctx = world.as(caller)
      await expect(world.handlers.listWebhooks({}, ctx)).rejects.toMatchObject({ reason: 'forbidden' })
      await expect(world.handlers.checkWebhooks({ webhookIds: [] }, ctx)).rejects.toMatchObject({
        reason: 'forbidden',
      })
      // Permission before form: nothing of this request is right.
      await expect(
        world.handlers.createWebhook({ url: '', events: [], commandId: '' }, ctx),
      ).rejects.toMatchObject({ reason: 'forbidden' })
    }
    await expect(
      world.handlers.createWebhook(
        { url: 'http://127.0.0.1/', events: ['*'], commandId: '' },
        world.as(reader as Caller),
      ),
    ).rejects.toMatchObject({ reason: 'forbidden' })
    const ctx = world.as(foreign as Caller)
    expect((await world.handlers.listWebhooks({}, ctx)).items).toEqual([])
    expect(await world.handlers.checkWebhooks({ webhookIds: [hook.id] }, ctx)).toEqual({ missing: [hook.id] })
  })
})
