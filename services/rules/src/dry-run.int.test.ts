import { randomUUID } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import { type DirectoryReader, directoryView } from '@onus/kit/directory'
import { createPublisher, createSubscriber, ensureTopics, parkedTopic, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, type Mongo } from '@onus/kit/mongo'
import type { problems } from '@onus/kit/problems'
import { Agent, Department, DirectorySnapshot, Settings } from '@onus/proto/onus/v1/directory'
import type { DryRun, Rule } from '@onus/proto/onus/v1/rules'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createApp, type RulesApp } from './app.ts'
import { HISTORY_GROUP, keepHistory } from './events.ts'
import { pastTicket, recordsOf } from './testing.ts'

const TICKETS = 5000
const BEGAN = Date.parse('2026-02-01T00:00:00.000Z')
const PERIOD = { since: '2026-01-01T00:00:00.000Z', until: '2026-03-01T00:00:00.000Z' }

const log = createLogger('rules-test', 'fatal')
const kafka = {
  KAFKA_BROKERS: (process.env.KAFKA_BROKERS ?? '').split(','),
  KAFKA_TOPIC_PREFIX: `${randomUUID()}.`,
}
const account = `acme${randomUUID().slice(0, 8)}`
const directory: DirectoryReader = {
  async snapshot(accountId) {
    const memberships = ['support', 'billing'].map((departmentId) => ({ departmentId }))
    const agent = (id: string, role = 'agent') =>
      Agent.fromPartial({ id, name: id, role, status: 'active', presence: 'online', memberships })
    return directoryView(
      DirectorySnapshot.fromPartial({
        accountId,
        version: 1,
        settings: Settings.fromPartial({ defaultDepartmentId: 'support', timeZone: 'UTC' }),
        departments: ['support', 'billing'].map((id) => Department.fromPartial({ id, name: id })),
        agents: [agent('olga', 'owner'), agent('anna'), agent('bob')],
      }),
    )
  },
}
const getTexts = vi.fn(async ({ tickets }: { tickets: readonly { ticketId: string }[] }) => ({
  // Every tenth ticket is gone.
  tickets: tickets
    .filter(({ ticketId }) => !ticketId.endsWith('7'))
    .map(({ ticketId }) => ({
      ticketId,
      values: { subject: ticketId.endsWith('1') ? 'An invoice' : 'A pump' },
      messages: [{ messageId: 'm1', values: { body: 'Hello' } }],
    })),
}))

let mongo: Mongo
let app: RulesApp
const close: (() => Promise<void>)[] = []

function newApp(dryRuns: object = {}): RulesApp {
  return createApp({
    db: mongo.db,
    log,
    directory,
    webhooks: { missing: async () => new Set() },
    tickets: { getTexts, getTicketValues: async () => ({ values: {}, entries: [], triggers: [] }) },
    delivery: { audit: async () => {}, sweep: async () => {} },
    dryRuns: { pollMs: 100, ...dryRuns },
  })
}

beforeAll(async () => {
  const database = `onus_test_${randomUUID().replaceAll('-', '')}`
  mongo = await connectMongo({ uri: process.env.MONGODB_URI ?? '', database })
  app = newApp()
  app.start()
  await ensureTopics(kafka, log, [TOPICS.ticketEvents])
  const publisher = createPublisher(kafka, log)
  const subscriber = createSubscriber(
    kafka,
    {
      groupId: HISTORY_GROUP,
      topics: [TOPICS.ticketEvents],
      fromBeginning: true,
      onPoison: 'park',
      concurrency: 3,
    },
    log,
  )
  close.push(
    () => app.stop(),
    () => subscriber.close(),
    () => publisher.close(),
    () =>
      mongo.db.dropDatabase().then(
        () => {},
        () => {},
      ),
    () => mongo.close(),
  )
  for (let at = 0; at < TICKETS; at += 500) {
    const records = Array.from({ length: 500 }, (_, n) => at + n).flatMap((number) =>
      recordsOf(account, `t${number}`, pastTicket(number, new Date(BEGAN + number * 60_000))),
    )
    await publisher.publish(records, { timeoutMs: 30_000 })
  }
  // What comes again, and what is no event at all, changes nothing.
  const [again] = recordsOf(account, 't0', pastTicket(0, new Date(BEGAN)))
  await publisher.publish([again!, { ...again!, value: 'no JSON' }, { ...again!, headers: {} }])
  await subscriber.runInBatches(keepHistory(app.history))
  await vi.waitFor(async () => expect(await app.history.count(account)).toBe(TICKETS), {
    timeout: 60_000,
    interval: 200,
  })
}, 120_000)
afterAll(async () => {
  for (const part of close) await part()
})

const caller: Caller = {
  type: 'agent',
  accountId: account,
  id: 'olga',
  name: 'Olga',
  role: 'owner',
  scopes: [],
}
const draft = (...rules: object[]) =>
  rules.map((rule) => ({
    id: '',
    name: 'A rule',
    notes: '',
    position: 0,
    version: 0,
    updatedAt: '',
    active: true,
    trigger: { type: 'ticket_created' },
    conditions: [],
    actions: [{ type: 'transfer', departmentId: 'billing' }],
    ...rule,
  })) as Rule[]
const start = (rules: Rule[], more: object = {}, by = app) =>
  by.insight.startDryRun({ rules, ...PERIOD, limit: 0, commandId: '', ...more }, { caller } as never)
const get = (id: string, by = app) => by.insight.getDryRun({ id }, { caller } as never)
const until = async (id: string, holds: (run: DryRun) => boolean): Promise<DryRun> =>
  await vi.waitUntil(
    async () => {
      const run = await get(id)
      return holds(run) && run
    },
    { timeout: 60_000, interval: 50 },
  )
const ended = (id: string) => until(id, ({ state }) => state !== 'running')
const EMAIL = [[{ field: 'channel', op: 'is', value: 'email' }]]

async function refused(work: Promise<unknown>) {
  const { reason, errors = [] } = (await work.catch((error) => error)) as ReturnType<typeof problems.invalid>
  return { reason, fields: errors.map(({ field }) => field) }
}

describe('a dry run', () => {
  it('says what would have been otherwise, of all tickets of the period', async () => {
    const began = performance.now()
    const { id, state } = await start(
      draft({
        conditions: EMAIL,
        actions: [
          { type: 'transfer', departmentId: 'billing' },
          { type: 'notify', slackChannel: '#billing', text: 'x' },
        ],
      }),
    )
    expect(state).toBe('running')
    const run = await ended(id)
    console.info(`${TICKETS} tickets in ${Math.round(performance.now() - began)} ms`)
    expect(run).toMatchObject({
      state: 'completed',
      progress: 1,
      ticketsRead: TICKETS,
      wouldDifferTotal: TICKETS / 2,
    })
    expect(run.wouldDiffer).toHaveLength(1000)
    // The newest first.
    expect(run.wouldDiffer?.[0]).toEqual({
      ticketId: `t${TICKETS - 1}`,
      ruleId: 'draft-1',
      at: new Date(BEGAN + (TICKETS - 1) * 60_000).toISOString(),
      from: null,
      to: { departmentId: 'billing', agentId: null },
      actual: { departmentId: 'support', agentId: null },
    })
    expect(run.load).toEqual([{ agentId: 'anna', before: TICKETS, after: TICKETS / 2 }])
    expect(run.notices).toContainEqual({ event: 'rule', slackChannel: '#billing', count: TICKETS / 2 })
    expect(run.notices).toContainEqual({ event: 'ticket_new', departmentId: 'billing', count: TICKETS / 2 })
    expect(run).toMatchObject({ loops: [], unknown: [], startedBy: { id: 'olga' } })
    expect(getTexts).not.toHaveBeenCalled()
  }, 90_000)

  it('reads no more than it is asked for, and of the period only', async () => {
    const few = await start(draft({}), { limit: 10 })
    expect(await ended(few.id)).toMatchObject({ ticketsRead: 10, wouldDifferTotal: 10 })
    const since = new Date(BEGAN).toISOString()
    const hour = await start(draft({}), { since, until: new Date(BEGAN + 3_600_000).toISOString() })
    expect(await ended(hour.id)).toMatchObject({ ticketsRead: 60 })
    const none = await start(draft({}), { since: '2020-01-01T00:00:00Z', until: '2021-01-01T00:00:00Z' })
    expect(await ended(none.id)).toMatchObject({ ticketsRead: 0, progress: 1, wouldDiffer: [] })
  }, 60_000)

  it('asks for what customers wrote, and says of which tickets nobody knows', async () => {
    const conditions = [[{ field: 'subject', op: 'contains', value: 'invoice' }]]
    const { id } = await start(draft({ conditions }), { limit: 1000 })
    expect(await ended(id)).toMatchObject({
      wouldDifferTotal: 100,
      unknown: [{ ruleId: 'draft-1', field: 'subject', reason: 'the ticket is gone', tickets: 100 }],
    })
  }, 60_000)

  it('tells of loops', async () => {
    const swap = (from: string, to: string) => ({
      trigger: { type: 'responsibility_changed' },
      conditions: [[{ field: 'departmentId', op: 'is', value: from }]],
      actions: [{ type: 'transfer', departmentId: to }],
    })
    const { id } = await start(draft(swap('support', 'billing'), swap('billing', 'support')), { limit: 20 })
    const run = await ended(id)
    expect(run.loopsTotal).toBeGreaterThanOrEqual(20)
    expect(run.loops?.[0]).toMatchObject({ ticketId: `t${TICKETS - 1}` })
  }, 60_000)

  it('can be cancelled while it runs, and keeps what came out', async () => {
    const slow = newApp({ pageSize: 20 })
    await app.stop()
    slow.start()
    onTestFinished(async () => {
      await slow.stop()
      app.start()
    })
    const { id } = await start(draft({ conditions: EMAIL }), {}, slow)
    const half = await until(id, ({ progress }) => progress > 0 && progress < 1)
    expect(half.state).toBe('running')
    await slow.insight.cancelDryRun({ id }, { caller } as never)
    const over = await get(id)
    expect(over).toMatchObject({ state: 'cancelled', wouldDifferTotal: expect.any(Number) })
    expect(over.ticketsRead).toBeLessThan(TICKETS)
    await slow.stop()
    expect((await get(id)).state).toBe('cancelled')
  }, 60_000)

  it('goes on in another process where the last one was, and counts nothing twice', async () => {
    const first = newApp({ pageSize: 50 })
    await app.stop()
    first.start()
    const { id } = await start(draft({ conditions: EMAIL }), {}, first)
    await until(id, ({ ticketsRead }) => ticketsRead > 100)
    await first.stop()
    const half = await get(id)
    expect(half).toMatchObject({ state: 'running' })
    expect(half.ticketsRead).toBeLessThan(TICKETS)
    app = newApp()
    app.start()
    expect(await ended(id)).toMatchObject({ ticketsRead: TICKETS, wouldDifferTotal: TICKETS / 2 })
  }, 90_000)

  it('is one for one command', async () => {
    const [one, other] = [
      await start(draft({}), { limit: 1, commandId: 'c' }),
      await start(draft({}), { limit: 1, commandId: 'c' }),
    ]
    expect(one.id).toBe(other.id)
    await ended(one.id)
  })

  it('takes no draft that could not be saved', async () => {
    const bad = draft({ actions: [] }, { conditions: [[{ field: 'subject', op: 'matches', value: '(' }]] })
    expect(await refused(start(bad))).toEqual({
      reason: 'invalid-request',
      fields: ['rules[0].actions', 'rules[1].conditions[0][0].value'],
    })
    expect(await refused(start(draft({ position: 2 }, { position: 2 })))).toEqual({
      reason: 'invalid-request',
      fields: ['rules[1].position'],
    })
    expect(await refused(start(draft({ id: 'a' }, { id: 'a' })))).toMatchObject({ fields: ['rules[1].id'] })
    expect(await refused(start(draft({ actions: [{ type: 'assign', agentId: 'gone' }] })))).toEqual({
      reason: 'unknown-reference',
      fields: ['rules[0].actions[0].agentId'],
    })
    expect(await refused(start([], { since: 'yesterday' }))).toMatchObject({ fields: ['since'] })
    expect(await refused(start([], { since: PERIOD.until, until: PERIOD.since }))).toMatchObject({
      fields: ['since'],
    })
    expect(await refused(start([], { limit: -1 }))).toMatchObject({ fields: ['limit'] })
  })

  it('is asked in the order of the positions, if it has some', async () => {
    const rules = draft({ position: 2 }, { position: 1, actions: [{ type: 'assign', agentId: 'bob' }] })
    const { id } = await start(rules, { limit: 1 })
    expect((await ended(id)).wouldDiffer?.[0]).toMatchObject({
      ruleId: 'draft-2',
      // Whose it is, the first one decides.
      to: { departmentId: 'support', agentId: 'bob' },
    })
  })

  it('is not begun while two go on', async () => {
    await app.stop()
    onTestFinished(() => app.start())
    const waiting = [await start(draft({})), await start(draft({}))]
    expect((await refused(start(draft({})))).reason).toBe('too-many-requests')
    for (const { id } of waiting) await app.insight.cancelDryRun({ id }, { caller } as never)
  })
})

it('what is no event is put aside, and holds up nothing', async () => {
  const parked: string[] = []
  const subscriber = createSubscriber(
    kafka,
    { groupId: 'test', topics: [parkedTopic(TOPICS.ticketEvents)], fromBeginning: true, onPoison: 'skip' },
    log,
  )
  onTestFinished(() => subscriber.close())
  await subscriber.run(async ({ headers }) => void parked.push(headers['onus-parked-by'] ?? ''))
  await vi.waitFor(() => expect(parked).toEqual([HISTORY_GROUP, HISTORY_GROUP]), { timeout: 20_000 })
}, 30_000)
