import { randomUUID } from 'node:crypto'
import { type Caller, systemCaller } from '@onus/kit/caller'
import { systemClock } from '@onus/kit/clock'
import { Secret } from '@onus/kit/config'
import { type DirectoryReader, directoryView } from '@onus/kit/directory'
import {
  createGrpcClient,
  createGrpcServer,
  type GrpcClient,
  type GrpcServer,
  problemOf,
} from '@onus/kit/grpc'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, type Mongo } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import { Agent, Department, DirectorySnapshot, Settings } from '@onus/proto/onus/v1/directory'
import type { RuleEntry } from '@onus/proto/onus/v1/rule_values'
import * as proto from '@onus/proto/onus/v1/rules'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, type RulesDeps } from './app.ts'
import type { OutboxItem } from './domain/consequences.ts'
import { RuleStore } from './store/rules.ts'

type Rpcs = typeof proto.RulesServiceService &
  typeof proto.TemplateServiceService &
  typeof proto.RuleInsightServiceService
type Rpc = keyof Rpcs

const internalKey = new Secret('a key of the tests, with more than 32 characters')
const MESSAGES = proto as unknown as Record<string, { fromPartial(object: object): object }>
const accounts = new Map<string, DirectorySnapshot>()
const directory: DirectoryReader = {
  async snapshot(accountId) {
    const snapshot = accounts.get(accountId)
    if (!snapshot) throw problems.notFound('account', accountId)
    return directoryView(snapshot)
  },
}

/** Webhooks that there are not. */
const missingWebhooks = new Set<string>()
const webhooks: RulesDeps['webhooks'] = {
  missing: async (_, ids) => new Set(ids.filter((id) => missingWebhooks.has(id))),
}
const sent: { accountId: string; item: OutboxItem }[] = []
let deliveryFails = false
const deliver = async (account: string, item: OutboxItem): Promise<void> => {
  if (deliveryFails) throw problems.unavailable('nobody is there')
  sent.push({ accountId: account, item })
}
const delivery: RulesDeps['delivery'] = { audit: deliver, sweep: deliver }

/** A ticket that Anna and those who set up may see. */
const seen: RuleEntry[] = []
const tickets: RulesDeps['tickets'] = {
  async getTicketValues({ ticketId, firstMessage }, options) {
    if (ticketId !== 't1') throw problems.notFound('ticket', ticketId)
    const body = firstMessage ? 'Hello' : 'And again'
    const values = { channel: 'email', subject: 'Pump', body, departmentId: 'support', agentId: null }
    expect(options?.caller?.accountId).toBe(accountId)
    return { values, entries: seen, triggers: ['ticket_created'] }
  },
  getTexts: async () => ({ tickets: [] }),
}

let stop: () => Promise<void>
let mongo: Mongo
let server: GrpcServer
let client: GrpcClient<typeof proto.RulesServiceService> &
  GrpcClient<typeof proto.TemplateServiceService> &
  GrpcClient<typeof proto.RuleInsightServiceService>
let accountId: string

beforeAll(async () => {
  const database = `onus_test_${randomUUID().replaceAll('-', '')}`
  mongo = await connectMongo({ uri: process.env.MONGODB_URI ?? '', database })
  server = createGrpcServer({ log: createLogger('rules-test', 'fatal'), config: {}, internalKey })
  const log = createLogger('rules-test', 'fatal')
  const app = createApp({
    tickets,
    db: mongo.db,
    log,
    directory,
    webhooks,
    delivery,
    outbox: { pollMs: 500, retryMs: 20 },
  })
  app.start()
  stop = () => app.stop()
  server.add(proto.RulesServiceService, app.rules)
  server.add(proto.TemplateServiceService, app.templates)
  server.add(proto.RuleInsightServiceService, app.insight)
  const port = await server.listen('127.0.0.1', 0)
  const to = [`127.0.0.1:${port}`, { config: {}, internalKey }] as const
  client = {
    ...createGrpcClient(proto.RulesServiceClient, ...to),
    ...createGrpcClient(proto.TemplateServiceClient, ...to),
    ...createGrpcClient(proto.RuleInsightServiceClient, ...to),
  }
})
afterAll(async () => {
  client.close()
  await server.stop()
  await stop()
  // The embedded store cannot drop every database; one that stays does no harm.
  await mongo.db.dropDatabase().catch(() => {})
  await mongo.close()
})
beforeEach(() => {
  accountId = newAccount()
})

/** An account with an owner, an admin, an agent of Support and Billing, and a suspended agent. */
function newAccount(): string {
  const id = randomUUID()
  const agent = (name: string, role: string, more: object = {}): Agent =>
    Agent.fromPartial({ id: name, name, role, status: 'active', ...more })
  const memberships = [{ departmentId: 'support' }, { departmentId: 'billing' }]
  accounts.set(
    id,
    DirectorySnapshot.fromPartial({
      accountId: id,
      version: 1,
      settings: Settings.fromPartial({ defaultDepartmentId: 'support' }),
      departments: ['support', 'billing'].map((name) => Department.fromPartial({ id: name, name })),
      agents: [
        agent('olga', 'owner'),
        agent('adam', 'admin'),
        agent('anna', 'agent', { memberships }),
        agent('sue', 'admin', { status: 'suspended' }),
      ],
    }),
  )
  return id
}

const as = (id: string, account = accountId): Caller => ({
  type: 'agent',
  accountId: account,
  id,
  name: id,
  role: 'owner',
  scopes: [],
})
const keyWith = (...scopes: string[]): Caller => ({
  ...as('client'),
  type: 'api_client',
  role: undefined,
  scopes,
})

function call<R extends Rpc>(
  rpc: R,
  request: object,
  caller: Caller | undefined = as('olga'),
): Promise<ReturnType<Rpcs[R]['responseDeserialize']>> {
  const type = MESSAGES[`${rpc[0]!.toUpperCase()}${rpc.slice(1)}Request`]!
  const method = client[rpc] as (request: object, options: object) => Promise<never>
  return method(type.fromPartial(request), { caller })
}

async function refused(work: Promise<unknown>): Promise<{ reason: string; fields: string[] }> {
  try {
    await work
  } catch (error) {
    const { reason, errors = [] } = problemOf(error)
    return { reason, fields: errors.map(({ field }) => field) }
  }
  return { reason: 'ok', fields: [] }
}

const TRIGGER = { type: 'ticket_created' }
const newRule = (name: string, more: object = {}, caller?: Caller) =>
  call('createRule', { rule: { name, trigger: TRIGGER, actions: [{ type: 'stop' }], ...more } }, caller)
const update = (id: string, rule: object) =>
  call('updateRule', { rule: { id, ...rule }, updateMask: Object.keys(rule) })
const evaluate = (values: object, account = accountId) =>
  call(
    'evaluate',
    { accountId: account, trigger: 'ticket_created', values },
    systemCaller('', 'ticket-worker'),
  )
const names = async () =>
  (await call('listRules', {})).items.map(({ name, position }) => `${position} ${name}`)

describe('rules', () => {
  it('are kept as they were given', async () => {
    const conditions = [
      [{ field: 'fields.amount', op: 'gt', value: 5 }],
      [{ field: 'tags', op: 'in', value: ['a'] }],
    ]
    const actions = [{ type: 'transfer', departmentId: 'billing', agentId: 'anna' }]
    const made = await newRule('First', { notes: 'why', conditions, actions })
    expect(made).toMatchObject({
      active: true,
      name: 'First',
      notes: 'why',
      position: 1,
      trigger: TRIGGER,
      conditions,
      actions,
      version: 1,
      updatedBy: { type: 'agent', id: 'olga', name: 'olga' },
    })
    expect(await call('getRule', { ruleId: made.id })).toEqual(made)
    expect((await newRule('Off', { active: false })).active).toBe(false)
  })

  it('are made once for one command', async () => {
    const request = { rule: { name: 'x', trigger: TRIGGER, actions: [{ type: 'stop' }] }, commandId: 'c' }
    const all = await Promise.all([1, 2, 3].map(() => call('createRule', request)))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(await names()).toEqual(['1 x'])
    await call('deleteRule', { ruleId: all[0]!.id })
    expect((await refused(call('createRule', request))).reason).toBe('already-exists')
  })

  it('are all there when many are made at once, without a gap', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, at) => newRule(`n${at}`)))
    const all = await names()
    expect(all.map((name) => Number(name.split(' ')[0]))).toEqual(
      Array.from({ length: 10 }, (_, at) => at + 1),
    )
    expect(new Set(all.map((name) => name.split(' ')[1])).size).toBe(10)
  })

  it('are refused with the field, and nothing is saved', async () => {
    await newRule('one')
    const work = newRule('two', {
      conditions: [[{ field: 'subject', op: 'matches', value: '(' }]],
      actions: [],
    })
    expect(await refused(work)).toEqual({
      reason: 'invalid-request',
      fields: ['conditions[0][0].value', 'actions'],
    })
    expect((await refused(newRule('two', { position: 1 }))).fields).toEqual(['position'])
    expect(await refused(newRule('two', { actions: [{ type: 'assign', agentId: 'gone' }] }))).toEqual({
      reason: 'unknown-reference',
      fields: ['actions[0].agentId'],
    })
    expect(await names()).toEqual(['1 one'])
  })

  it('survive what is not JSON of ours', async () => {
    for (const more of [
      { conditions: [null] },
      { conditions: [[{ field: null, op: {}, value: null }]] },
      { actions: [null, 5, [], { type: null }] },
      { trigger: { type: ['ticket_created'] } },
    ]) {
      expect((await refused(newRule('x', more))).reason).toBe('invalid-request')
    }
    expect((await refused(call('createRule', {}))).reason).toBe('invalid-request')
    expect((await refused(call('updateRule', {}))).reason).toBe('not-found')
  })

  it('are put in order', async () => {
    const [a, b, c] = [await newRule('a'), await newRule('b'), await newRule('c')]
    const ids = [c.id, a.id, b.id]
    const { items } = await call('setOrder', { ids })
    expect(items.map(({ name, position, version }) => [name, position, version])).toEqual([
      ['c', 1, 1],
      ['a', 2, 1],
      ['b', 3, 1],
    ])
    expect(await refused(call('setOrder', { ids: ids.slice(1) }))).toEqual({
      reason: 'invalid-request',
      fields: ['ids'],
    })
    await call('deleteRule', { ruleId: a.id })
    expect(await names()).toEqual(['1 c', '2 b'])
    expect((await refused(call('getRule', { ruleId: a.id }))).reason).toBe('not-found')
  })

  it('are listed page by page', async () => {
    for (const name of ['a', 'b', 'c']) await newRule(name)
    const first = await call('listRules', { page: { limit: 2 } })
    const second = await call('listRules', { page: { limit: 2, cursor: first.nextCursor } })
    expect([first, second].map(({ items }) => items.map(({ name }) => name))).toEqual([['a', 'b'], ['c']])
    expect(second.nextCursor).toBeUndefined()
    expect((await refused(call('listRules', { page: { limit: 1, cursor: 'x' } }))).fields).toEqual(['cursor'])
    expect((await refused(call('listRules', { page: { limit: 500 } }))).fields).toEqual(['limit'])
  })
})

describe('versions', () => {
  const versions = async (ruleId: string, page = {}) => {
    const { items, nextCursor } = await call('listVersions', { ruleId, page })
    return { all: items.map(({ version, name, updatedBy }) => [version, name, updatedBy?.id]), nextCursor }
  }

  it('are kept with author and content, the latest first', async () => {
    const { id } = await newRule('one', {}, as('adam'))
    await update(id, { name: 'two' })
    await update(id, { name: 'two' })
    await update(id, { name: 'three' })
    expect((await versions(id)).all).toEqual([
      [3, 'three', 'olga'],
      [2, 'two', 'olga'],
      [1, 'one', 'adam'],
    ])
    const { all, nextCursor } = await versions(id, { limit: 2 })
    expect(all).toHaveLength(2)
    expect((await versions(id, { limit: 2, cursor: nextCursor })).all).toEqual([[1, 'one', 'adam']])
  })

  it('are kept when the rule is deleted', async () => {
    const { id } = await newRule('one')
    await update(id, { name: 'two' })
    await call('deleteRule', { ruleId: id })
    expect((await versions(id)).all).toEqual([
      [2, 'two', 'olga'],
      [1, 'one', 'olga'],
    ])
  })

  it('are complete when many change one rule at once', async () => {
    const { id } = await newRule('n')
    await Promise.all(Array.from({ length: 8 }, (_, at) => update(id, { name: `n${at}` })))
    const { all } = await versions(id)
    expect(all.map(([version]) => version)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
    expect(new Set(all.map(([, name]) => name)).size).toBe(9)
  })
})

describe('evaluation', () => {
  it('says what takes effect, by the rules as they are now', async () => {
    const conditions = [[{ field: 'subject', op: 'contains', value: 'INVOICE' }]]
    const rule = await newRule('Invoices', {
      conditions,
      actions: [{ type: 'transfer', departmentId: 'billing' }],
    })
    const values = { subject: 'My invoice', departmentId: null, tags: [] }
    expect(await evaluate(values)).toEqual({
      effects: [
        {
          ruleId: rule.id,
          version: 1,
          ruleName: 'Invoices',
          position: 1,
          actions: [{ type: 'transfer', departmentId: 'billing' }],
        },
      ],
      skipped: [],
    })
    await update(rule.id, { active: false })
    expect((await evaluate(values)).effects).toEqual([])
    await update(rule.id, { active: true })
    expect((await evaluate(values)).effects).toMatchObject([{ version: 3 }])
    expect((await evaluate({ subject: 'Hello' })).effects).toEqual([])
  })

  it('sees a change that another process made', async () => {
    const other = new RuleStore(mongo.db, systemClock)
    const { id } = await newRule('one')
    expect((await evaluate({})).effects).toHaveLength(1)
    await other.change(accountId, { type: 'system' }, (state) => ({
      ...state,
      rules: state.rules.filter((rule) => rule.id !== id),
    }))
    expect((await evaluate({})).effects).toEqual([])
  })

  it('passes over what is broken, and says so everywhere', async () => {
    const { id } = await newRule('Old', {
      actions: [{ type: 'transfer', departmentId: 'billing' }, { type: 'stop' }],
    })
    await newRule('Next', { actions: [{ type: 'add_tags', tags: ['x'] }] })
    const snapshot = accounts.get(accountId)!
    accounts.set(accountId, { ...snapshot, departments: snapshot.departments.slice(0, 1) })
    const broken = 'actions[0].departmentId: There is no department "billing".'
    const answer = await evaluate({})
    expect(answer.effects).toMatchObject([{ ruleName: 'Next' }])
    expect(answer.skipped).toMatchObject([{ ruleId: id, ruleName: 'Old', version: 1, broken }])
    expect((await call('getRule', { ruleId: id })).broken).toBe(broken)
    expect((await call('listRules', {})).items.map((rule) => rule.broken)).toEqual([broken, undefined])
  })

  it('knows no rules in an account without any, and no other triggers', async () => {
    expect(await evaluate({}, randomUUID())).toEqual({ effects: [], skipped: [] })
    const ask = (trigger: string) =>
      refused(call('evaluate', { accountId, trigger, values: {} }, systemCaller('', 'x')))
    expect((await ask('customer_replied')).reason).toBe('ok')
    expect(await ask('full_moon')).toEqual({ reason: 'invalid-request', fields: ['trigger'] })
  })
})

describe('what rules wait for', () => {
  const triggers = (knownVersion = 0) =>
    call('getTriggers', { accountId, knownVersion }, systemCaller('', 'ticket-worker'))

  it('is told with the version of all rules, and only when it changed', async () => {
    expect(await triggers()).toEqual({
      version: 0,
      notModified: true,
      eventTriggers: [],
      timeTriggers: [],
      fields: [],
    })
    const conditions = [[{ field: 'subject', op: 'exists' }]]
    await newRule('a', { conditions })
    await newRule('b', { trigger: { type: 'customer_replied' }, active: false })
    const late = await newRule('c', { trigger: { type: 'unclaimed_for', after: 'PT30M' } })
    const told = await triggers(1)
    expect(told).toEqual({
      version: 3,
      notModified: false,
      eventTriggers: ['ticket_created'],
      timeTriggers: [{ ruleId: late.id, version: 1, type: 'unclaimed_for', after: 'PT30M' }],
      fields: ['subject'],
    })
    expect(await triggers(told.version)).toMatchObject({ version: 3, notModified: true, timeTriggers: [] })
  })

  it('leaves out what ran already, and asks only those whose time has come', async () => {
    const trigger = { type: 'older_than', after: 'P1D' }
    const made = [await newRule('a', { trigger }), await newRule('b', { trigger })]
    const ask = async (more: object) => {
      const request = { accountId, trigger: 'older_than', values: {}, ...more }
      const { effects } = await call('evaluate', request, systemCaller('', 'ticket-worker'))
      return effects.map(({ ruleName }) => ruleName)
    }
    const [a, b] = made.map(({ id }) => id)
    expect(await ask({})).toEqual(['a'])
    expect(await ask({ alreadyRun: [{ ruleId: a, version: 1 }] })).toEqual(['b'])
    expect(await ask({ alreadyRun: [{ ruleId: a, version: 2 }] })).toEqual(['a'])
    expect(await ask({ onlyRuleIds: [b] })).toEqual(['b'])
  })
})

const newTemplate = (name: string, more: object = {}, caller?: Caller) =>
  call(
    'createTemplate',
    { template: { name, body: 'Dear {{contact.name}}, {{ticket.number}}.', ...more } },
    caller,
  )

describe('templates', () => {
  it('are kept, listed by name, changed and deleted', async () => {
    const made = await newTemplate('beta', { subject: 'Re' })
    expect(made).toMatchObject({ name: 'beta', subject: 'Re', updatedBy: { id: 'olga' } })
    await newTemplate('Alpha')
    await newTemplate('gamma')
    const first = await call('listTemplates', { page: { limit: 2 } })
    const second = await call('listTemplates', { page: { limit: 2, cursor: first.nextCursor } })
    expect([first, second].map(({ items }) => items.map(({ name }) => name))).toEqual([
      ['Alpha', 'beta'],
      ['gamma'],
    ])
    expect(second.nextCursor).toBeUndefined()
    const template = { id: made.id, body: 'New' }
    const changed = await call('updateTemplate', { template, updateMask: ['body', 'subject'] })
    expect(changed).toMatchObject({ name: 'beta', body: 'New' })
    expect(changed.subject).toBeUndefined()
    expect(await call('getTemplate', { templateId: made.id })).toEqual(changed)
    await call('deleteTemplate', { templateId: made.id })
    expect((await refused(call('getTemplate', { templateId: made.id }))).reason).toBe('not-found')
    expect((await refused(call('deleteTemplate', { templateId: made.id }))).reason).toBe('not-found')
  })

  it('are made once for one command, and refused with the field', async () => {
    const request = { template: { name: 'x', body: 'y' }, commandId: 'c' }
    const all = await Promise.all([1, 2, 3].map(() => call('createTemplate', request)))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(await refused(newTemplate('z', { body: '{{nobody}}' }))).toEqual({
      reason: 'invalid-request',
      fields: ['body'],
    })
    expect((await call('listTemplates', {})).items).toHaveLength(1)
  })

  it('are the answers of rules, and stay while a rule needs them', async () => {
    const { id } = await newTemplate('hello')
    expect(await refused(newRule('r', { actions: [{ type: 'answer', template: 'gone' }] }))).toEqual({
      reason: 'unknown-reference',
      fields: ['actions[0].template'],
    })
    const rule = await newRule('r', { actions: [{ type: 'answer', template: id }] })
    const values = { number: '5', 'contact.name': 'Jo <b>' }
    expect((await evaluate(values)).effects[0]?.actions).toEqual([
      {
        type: 'answer',
        template: id,
        body: 'Dear Jo <b>, 5.',
        html: '<p>Dear Jo &lt;b&gt;, 5.</p>',
      },
    ])
    expect((await refused(call('deleteTemplate', { templateId: id }))).reason).toBe('in-use')
    await update(rule.id, { active: false })
    await call('deleteTemplate', { templateId: id })
    const broken = `actions[0].template: There is no template "${id}".`
    expect((await call('getRule', { ruleId: rule.id })).broken).toBe(broken)
    expect((await refused(update(rule.id, { active: true }))).fields).toEqual(['actions[0].template'])
  })
})

describe('webhooks', () => {
  it('are refused when there are none, and broken when they are gone', async () => {
    missingWebhooks.add('gone')
    const action = (webhookId: string) => ({ actions: [{ type: 'webhook', webhookId }] })
    expect(await refused(newRule('r', action('gone')))).toEqual({
      reason: 'unknown-reference',
      fields: ['actions[0].webhookId'],
    })
    const rule = await newRule('r', action('soon-gone'))
    expect((await evaluate({})).effects).toHaveLength(1)
    missingWebhooks.add('soon-gone')
    expect((await evaluate({})).skipped).toMatchObject([{ ruleId: rule.id }])
    expect((await call('getRule', { ruleId: rule.id })).broken).toContain('There is no webhook')
  })
})

describe('an explanation', () => {
  it('says why, condition by condition, and when it acted', async () => {
    const conditions = [[{ field: 'body', op: 'contains', value: 'hello' }]]
    const { id } = await newRule('r', { conditions, actions: [{ type: 'add_tags', tags: ['x'] }] })
    expect(await call('explain', { ruleId: id, ticketId: 't1' })).toEqual({
      ruleId: id,
      version: 1,
      matched: true,
      reason: 'would_act',
      detail: 'Nothing keeps it from acting.',
      conditions: [[{ ...conditions[0]![0], actual: 'Hello', result: true }]],
      applied: [],
    })
    await update(id, { trigger: { type: 'customer_replied' } })
    expect(await call('explain', { ruleId: id, ticketId: 't1' })).toMatchObject({
      matched: false,
      reason: 'trigger',
    })
    const at = '2026-03-02T10:00:00.000Z'
    seen.push({ sequence: 4, at, details: { version: 2, actions: ['add_tags'] } })
    const { applied, reason } = await call('explain', { ruleId: id, ticketId: 't1' })
    seen.length = 0
    expect([reason, applied]).toEqual(['applied', [{ sequence: 4, version: 2, at, actions: ['add_tags'] }]])
  })

  it('is for who may see the rule and the ticket', async () => {
    const { id } = await newRule('r')
    expect((await refused(call('explain', { ruleId: id, ticketId: 't2' }))).reason).toBe('not-found')
    expect((await refused(call('explain', { ruleId: 'x', ticketId: 't1' }))).reason).toBe('not-found')
  })
})

describe('what a change brings about', () => {
  const arrived = async (kind: string, count: number) => {
    const mine = () => sent.filter((one) => one.accountId === accountId && one.item.kind === kind)
    await vi.waitFor(() => expect(mine()).toHaveLength(count), { timeout: 5000 })
    return mine().map(({ item }) => item)
  }

  it('is audited, and moves the timers when rules wait for times', async () => {
    const { id } = await newRule('a', {}, as('adam'))
    await update(id, { name: 'b' })
    const audited = await arrived('audit', 2)
    expect(audited).toMatchObject([
      { action: 'rule.created', entityId: id, actor: { id: 'adam' } },
      { action: 'rule.updated', entityId: id, actor: { id: 'olga' }, fields: ['name'] },
    ])
    await update(id, { trigger: { type: 'older_than', after: 'P1D' } })
    await arrived('sweep', 1)
    await call('deleteRule', { ruleId: id })
    expect((await arrived('sweep', 2)).map((item) => item.id)).toEqual(['rules-3', 'rules-4'])
    await newTemplate('t')
    expect((await arrived('audit', 5)).at(-1)).toMatchObject({ action: 'template.created' })
  })

  it('waits for what is away, and is forgotten when it has arrived', async () => {
    deliveryFails = true
    await newRule('a', { trigger: { type: 'due_in', after: 'PT1H' } })
    const store = new RuleStore(mongo.db, systemClock)
    expect(await store.outbox(accountId)).toHaveLength(2)
    expect(await store.withOutbox(10)).toContain(accountId)
    deliveryFails = false
    await arrived('sweep', 1)
    await vi.waitFor(async () => expect(await store.outbox(accountId)).toEqual([]), { timeout: 5000 })
    expect(await store.withOutbox(10)).not.toContain(accountId)
  })
})

describe('who may call what', () => {
  type Outcome = 'ok' | 'forbidden' | 'unauthenticated' | 'not-found'
  const CALLERS: Record<string, () => Caller | undefined> = {
    owner: () => as('olga'),
    admin: () => as('adam'),
    agent: () => as('anna'),
    'setup:read': () => keyWith('setup:read'),
    'setup:write': () => keyWith('setup:write'),
    tickets: () => keyWith('tickets:read', 'tickets:write', 'contact:write'),
    operator: () => ({ ...as('operator', ''), type: 'operator' }),
    system: () => systemCaller(accountId, 'ticket-worker'),
    suspended: () => as('sue'),
    stranger: () => as('nobody'),
    foreign: () => as('olga', newAccount()),
    deleted: () => as('olga', 'gone'),
  }
  const row = (outcomes: Outcome[]): Record<string, Outcome> =>
    Object.fromEntries(Object.keys(CALLERS).map((caller, at) => [caller, outcomes[at]!]))
  const [ok, no, who, gone] = ['ok', 'forbidden', 'unauthenticated', 'not-found'] as const
  //                owner admin agent read write tickets operator system suspended stranger foreign deleted
  const READ = row([ok, ok, ok, ok, ok, no, no, ok, who, who, gone, who])
  const OWN_READ = { ...READ, foreign: ok }
  const WRITE = row([ok, ok, no, no, ok, no, no, no, who, who, gone, who])
  const NO_RUN = { owner: gone, admin: gone, 'setup:write': gone }
  const EVALUATE = row([no, no, no, no, no, no, no, ok, no, no, no, no])

  const REQUESTS: Record<
    Rpc,
    { row: Record<string, Outcome>; request: (ruleId: string, templateId: string) => object }
  > = {
    createRule: {
      row: { ...WRITE, foreign: ok },
      request: () => ({ rule: { name: 'x', trigger: TRIGGER, actions: [{ type: 'stop' }] } }),
    },
    getRule: { row: READ, request: (ruleId) => ({ ruleId }) },
    listRules: { row: OWN_READ, request: () => ({}) },
    updateRule: { row: WRITE, request: (id) => ({ rule: { id, name: 'y' }, updateMask: ['name'] }) },
    deleteRule: { row: WRITE, request: (ruleId) => ({ ruleId }) },
    // Another account has no such rule to put in order.
    setOrder: { row: { ...WRITE, foreign: 'invalid-request' as Outcome }, request: (id) => ({ ids: [id] }) },
    listVersions: { row: READ, request: (ruleId) => ({ ruleId }) },
    createTemplate: {
      row: { ...WRITE, foreign: ok },
      request: () => ({ template: { name: 'x', body: 'y' } }),
    },
    getTemplate: { row: READ, request: (_, templateId) => ({ templateId }) },
    listTemplates: { row: OWN_READ, request: () => ({}) },
    updateTemplate: {
      row: WRITE,
      request: (_, id) => ({ template: { id, name: 'y' }, updateMask: ['name'] }),
    },
    deleteTemplate: { row: WRITE, request: (_, templateId) => ({ templateId }) },
    explain: { row: READ, request: (ruleId) => ({ ruleId, ticketId: 't1' }) },
    startDryRun: { row: { ...WRITE, foreign: ok }, request: () => ({ rules: [] }) },
    getDryRun: { row: { ...WRITE, ...NO_RUN }, request: () => ({ id: 'x' }) },
    cancelDryRun: { row: { ...WRITE, ...NO_RUN }, request: () => ({ id: 'x' }) },
    getTriggers: { row: EVALUATE, request: () => ({ accountId }) },
    evaluate: { row: EVALUATE, request: () => ({ accountId, trigger: 'ticket_created', values: {} }) },
  }

  describe.each(Object.entries(REQUESTS))('%s', (rpc, { row, request }) => {
    it.each(Object.keys(CALLERS))('by %s', async (name) => {
      const [rule, template] = [await newRule('x'), await newTemplate('x')]
      const asked = call(rpc as Rpc, request(rule.id, template.id), CALLERS[name]!())
      expect((await refused(asked)).reason).toBe(row[name])
    })

    it('by nobody', async () => {
      const type = MESSAGES[`${rpc[0]!.toUpperCase()}${rpc.slice(1)}Request`]!
      const method = client[rpc as Rpc] as (request: object) => Promise<never>
      expect((await refused(method(type.fromPartial(request('x', 'y'))))).reason).toBe('unauthenticated')
    })
  })

  it('permission is asked before validation', async () => {
    expect((await refused(call('createRule', {}, as('anna')))).reason).toBe('forbidden')
    expect((await refused(call('updateRule', {}, as('anna')))).reason).toBe('forbidden')
  })
})
