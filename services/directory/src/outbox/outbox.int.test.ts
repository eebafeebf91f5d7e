import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCaller } from '@onus/kit/caller'
import { fromRecord } from '@onus/kit/cloudevents'
import { createPublisher, createSubscriber, type EventRecord, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { connectTemporal, type Temporal, temporalWhenNeeded } from '@onus/kit/temporal'
import type { SweepInput } from '@onus/workflows-contract'
import { defaultPayloadConverter } from '@temporalio/client'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { EventItem, OutboxItem } from '../domain/consequences.ts'
import { startTestDirectory, type TestAccount, type TestDirectory } from '../testing.ts'
import { eventLane } from './events.ts'
import { operationLane } from './operations.ts'
import type { Lane, LaneOf } from './outbox.ts'
import { sweepLane } from './sweeps.ts'

const log = createLogger('outbox-test', 'fatal')
const QUICK = { pollMs: 200, retryMs: 20, maxRetryMs: 200 }

async function start(lanes: Lane[], more: object = {}): Promise<TestDirectory> {
  const directory = await startTestDirectory({ lanes, outbox: QUICK, ...more })
  onTestFinished(() => directory.close())
  return directory
}

const rename = (directory: TestDirectory, { department, asOwner }: TestAccount, name: string) =>
  directory.call(
    'updateDepartment',
    { department: { id: department!.id, name }, updateMask: ['name'] },
    asOwner,
  )

async function until(holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('It did not happen in time')
    await sleep(20)
  }
}

/** A lane that remembers what it was given, and can be made to fail. */
function recorder(kind: 'event' | 'sweep' = 'event') {
  const delivered: OutboxItem[] = []
  const lane = {
    kind,
    fail: (_: OutboxItem[]): boolean => false,
    failAfter: false,
    async deliver(_: string, items: OutboxItem[]) {
      if (lane.fail(items)) throw new Error('the broker is away')
      await sleep(Math.random() * 5)
      delivered.push(...items)
      if (lane.failAfter) throw new Error('the acknowledgement was lost')
    },
  }
  return { lane: lane as typeof lane & Lane, delivered }
}

const namesOf = (items: OutboxItem[], entityId: string) =>
  items
    .filter((item): item is EventItem => item.kind === 'event' && item.entityId === entityId)
    .map(({ data }) => data.name)

describe('what waits to go out', () => {
  it('goes out in order, once, and is forgotten', async () => {
    const { lane, delivered } = recorder()
    const directory = await start([lane])
    const account = await directory.newAccount()
    const names = Array.from({ length: 20 }, (_, at) => `n${at}`)
    for (const name of names) await rename(directory, account, name)
    await until(() => namesOf(delivered, account.department!.id).length === 21)
    expect(namesOf(delivered, account.department!.id)).toEqual(['Support', ...names])
    const accounts = directory.deps.db.collection<{ _id: string; outbox: unknown[]; waiting: boolean }>(
      'accounts',
    )
    await until(async () => (await accounts.findOne({ _id: account.accountId }))?.outbox.length === 0)
    expect((await accounts.findOne({ _id: account.accountId }))?.waiting).toBe(false)
  })

  it('waits while the broker is away, and holds up nothing else', async () => {
    const events = recorder()
    const sweeps = recorder('sweep')
    events.lane.fail = () => true
    const directory = await start([events.lane, sweeps.lane])
    const account = await directory.newAccount()
    for (const name of ['a', 'b', 'c']) await rename(directory, account, name)
    await directory.call(
      'updateSettings',
      { settings: { reopenWindow: 'P1D' }, updateMask: ['reopenWindow'] },
      account.asOwner,
    )
    await until(() => sweeps.delivered.length === 1)
    expect(events.delivered).toEqual([])
    events.lane.fail = () => false
    await until(() => namesOf(events.delivered, account.department!.id).length === 4)
    expect(namesOf(events.delivered, account.department!.id)).toEqual(['Support', 'a', 'b', 'c'])
  })

  it('goes out again, the same, when the acknowledgement was lost', async () => {
    const { lane, delivered } = recorder()
    lane.failAfter = true
    const directory = await start([lane])
    const account = await directory.newAccount()
    await until(() => delivered.length >= 6)
    lane.failAfter = false
    await rename(directory, account, 'last')
    await until(() => namesOf(delivered, account.department!.id).includes('last'))
    const ids = delivered.map(({ id }) => id)
    const half = delivered.slice(0, 3)
    expect(delivered.slice(3, 6)).toEqual(half)
    expect(new Set(ids).size).toBe(4)
  })

  it('is taken over by the next process', async () => {
    const first = recorder()
    first.lane.fail = () => true
    const one = await start([first.lane])
    const account = await one.newAccount()
    await rename(one, account, 'a')
    const second = recorder()
    await start([second.lane], { db: one.deps.db })
    await until(() => namesOf(second.delivered, account.department!.id).length === 2)
    expect(namesOf(second.delivered, account.department!.id)).toEqual(['Support', 'a'])
  })

  it('goes out in order when several processes work', async () => {
    const all: OutboxItem[] = []
    const lane = (): LaneOf<'event'> => ({
      kind: 'event',
      async deliver(_, items) {
        await sleep(Math.random() * 10)
        all.push(...items)
      },
    })
    const one = await start([lane()])
    const two = await start([lane()], { db: one.deps.db })
    const account = await one.newAccount()
    for (let at = 0; at < 30; at++) await rename(at % 2 ? one : two, account, `n${at}`)
    await until(() => namesOf(all, account.department!.id).length >= 31)
    const names = namesOf(all, account.department!.id)
    expect(names).toEqual(['Support', ...Array.from({ length: 30 }, (_, at) => `n${at}`)])
  })
})

describe('on a real broker', () => {
  const config = {
    KAFKA_BROKERS: (process.env.KAFKA_BROKERS ?? '').split(','),
    KAFKA_TOPIC_PREFIX: `${randomUUID()}.`,
  }
  const received: EventRecord[] = []
  let directory: TestDirectory
  let account: TestAccount
  const stop: (() => Promise<void>)[] = []
  const ajv = new Ajv2020({ strict: true, allErrors: true })
  formats.default(ajv)

  beforeAll(async () => {
    const ensure = () => ensureTopics(config, log, [TOPICS.directoryEvents])
    await ensure()
    const publisher = createPublisher(config, log)
    directory = await startTestDirectory({ lanes: [eventLane(publisher, ensure)], outbox: QUICK })
    const subscriber = createSubscriber(
      config,
      { groupId: 'test', topics: [TOPICS.directoryEvents], fromBeginning: true, onPoison: 'stop' },
      log,
    )
    void subscriber.run(async (record) => void received.push(record as unknown as EventRecord))
    stop.push(
      () => subscriber.close(),
      () => directory.close(),
      () => publisher.close(),
    )
    account = await directory.newAccount()
  })
  afterAll(async () => {
    for (const part of stop) await part()
  })

  it('every kind of event is a CloudEvent that its schema describes', async () => {
    const { asOwner, accountId } = account
    const call: TestDirectory['call'] = (rpc, request) => directory.call(rpc, request, asOwner)
    const hours = {
      timeZone: 'Europe/Paris',
      mon: { intervals: [{ from: '09:00', to: '24:00' }] },
      holidays: ['2026-12-25'],
    }
    const sales = await call('createDepartment', { department: { name: 'Sales' } }, asOwner)
    const support = {
      id: account.department!.id,
      hours,
      addresses: [`${randomUUID()}@example.com`],
      distribution: { strategy: 'weighted', on: ['new'], fallbackDepartmentId: sales.id },
      claimTimeout: { warnAfter: 'PT1M', then: 'escalate', after: 'PT1H', toDepartmentId: sales.id },
    }
    await call('updateDepartment', { department: support }, asOwner)
    await call(
      'updateDepartment',
      { department: { id: support.id }, updateMask: ['distribution', 'claimTimeout'] },
      asOwner,
    )
    await call('deleteDepartment', { departmentId: sales.id }, asOwner)
    const skills = [{ name: 'German', level: 3 }]
    const anna = await call(
      'createAgent',
      {
        agent: {
          name: 'Anna',
          email: 'anna@example.com',
          capacity: 3,
          skills,
          memberships: [{ departmentId: support.id, weight: 2 }],
        },
      },
      asOwner,
    )
    await call(
      'updateAgent',
      { agent: { id: anna.id, status: 'suspended' }, updateMask: ['status'] },
      asOwner,
    )
    await call('updateAgent', { agent: { id: anna.id, status: 'removed' }, updateMask: ['status'] }, asOwner)
    await call('updateSettings', { settings: { name: 'New name' } }, asOwner)
    await call('deleteAccount', { accountId }, asOwner)

    const events = () =>
      received.map((record) => fromRecord(record)).filter(({ source }) => source.includes(accountId))
    await until(() => events().some(({ type }) => type === 'dev.onus.account.deleted.v1'))
    const types = new Set<string>()
    for (const event of events()) {
      types.add(event.type)
      expect(event.source).toBe(`/accounts/${accountId}/directory`)
      expect(event.dataschema).toBe(`https://onus.dev/schemas/${event.type}.json`)
      const data = event.data as { id: string }
      expect([event.key, event.subject]).toEqual([data.id, data.id])
      expect(event.id).toBe(`${data.id}-${event.sequence}`)
      const file = new URL(`../../../../proto/events/${event.type}.json`, import.meta.url)
      const schema = JSON.parse(readFileSync(file, 'utf8'))
      const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema)
      expect([event.type, validate(data), validate.errors]).toEqual([event.type, true, null])
      // The schema names every member that is sent.
      expect(Object.keys(data).filter((name) => !(name in schema.properties))).toEqual([])
    }
    expect([...types].sort()).toEqual(
      ['account', 'department', 'agent']
        .flatMap((entity) =>
          ['created', 'updated', entity === 'agent' ? 'removed' : 'deleted'].map(
            (verb) => `${entity}.${verb}`,
          ),
        )
        .map((type) => `dev.onus.${type}.v1`)
        .sort(),
    )
    for (const key of [accountId, support.id, anna.id]) {
      const sequences = events()
        .filter((event) => event.key === key)
        .map(({ sequence }) => sequence!)
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    }
  })

  it('what was said while there was no broker is there afterwards', async () => {
    const away = createPublisher({ KAFKA_BROKERS: ['127.0.0.1:1'] }, log)
    onTestFinished(() => away.close())
    const alone = await start([eventLane(away, async () => {})])
    const other = await alone.newAccount()
    await rename(alone, other, 'while away')
    const publisher = createPublisher(config, log)
    onTestFinished(() => publisher.close())
    // The process that waits for the broker holds its lease at most until it has given up once.
    await start([eventLane(publisher, async () => {})], { db: alone.deps.db })
    const names = () =>
      received
        .filter(({ key }) => key === other.department!.id)
        .map(({ value }) => JSON.parse(String(value)).name)
    await until(() => names().length === 2, 40_000)
    expect(names()).toEqual(['Support', 'while away'])
  })
})

describe('on a real Temporal server', () => {
  const config = {
    TEMPORAL_ADDRESS: process.env.TEMPORAL_ADDRESS ?? '',
    TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE ?? 'default',
  }
  const prefix = `${randomUUID()}-`
  let temporal: Temporal
  beforeAll(async () => {
    temporal = await connectTemporal(config)
  })
  afterAll(() => temporal.close())

  const handle = (accountId: string, sweepId: string) =>
    temporal.client.workflow.getHandle(`sweep:${accountId}:${sweepId}`)

  async function inputOf(accountId: string, sweepId: string): Promise<SweepInput> {
    const { events } = await handle(accountId, sweepId).fetchHistory()
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]
    return defaultPayloadConverter.fromPayload(payload!)
  }
  const exists = (accountId: string, sweepId: string) => async (): Promise<boolean> =>
    handle(accountId, sweepId)
      .describe()
      .then(
        () => true,
        () => false,
      )

  it('a change starts its sweeps, each once', async () => {
    const lane = sweepLane(async () => temporal.client, prefix)
    const directory = await start([lane])
    const { accountId, asOwner } = await directory.newAccount()
    const agent = { name: 'Anna', email: 'anna@example.com' }
    const anna = await directory.call('createAgent', { agent }, asOwner)
    await directory.call(
      'updateAgent',
      { agent: { id: anna.id, status: 'removed' }, updateMask: ['status'] },
      asOwner,
    )
    await until(exists(accountId, '3-0'))
    expect(await inputOf(accountId, '3-0')).toMatchObject({
      accountId,
      scope: { all: true },
      command: { because: 'solo_account' },
      sweepId: '3-0',
    })
    const { taskQueue, runId } = await handle(accountId, '3-0').describe()
    expect(taskQueue).toBe(`${prefix}operations`)
    const input = await inputOf(accountId, '3-0')
    await handle(accountId, '3-0').terminate()
    await lane.deliver(accountId, [{ kind: 'sweep', id: 'x', input }])
    expect((await handle(accountId, '3-0').describe()).runId).toBe(runId)
  })

  it('somebody who leaves or is stood in for has an operation, which is told what is wanted of it', async () => {
    const directory = await start([operationLane(async () => temporal.client, prefix)])
    const { accountId, asOwner, owner } = await directory.newAccount()
    const create = (name: string) =>
      directory.call(
        'createAgent',
        { agent: { name, email: `${name}@example.com` }, commandId: name },
        asOwner,
      )
    const [anna, bob] = [await create('anna'), await create('bob')]
    directory.held.set(anna.id, [{ departmentId: 'd1', tickets: 3 }])
    const delegation = { toAgentId: anna.id, until: '2099-01-01' }
    const made = await directory.call('setDelegation', { agentId: bob.id, delegation }, asOwner)
    const left = await directory.call('startOffboarding', { agentId: anna.id, commandId: 'c' }, asOwner)
    expect(left).toMatchObject({ tickets: 3, state: 'running', startedBy: { id: owner!.id } })
    const again = await directory.call('startOffboarding', { agentId: anna.id, commandId: 'c' }, asOwner)
    expect(again.id).toBe(left.id)
    await directory.call('controlOffboarding', { agentId: anna.id, action: 'pause' }, asOwner)

    const run = temporal.client.workflow.getHandle(`offboarding:${accountId}:${left.id}`)
    const signals = async () =>
      ((await run.fetchHistory()).events ?? []).filter(
        (event) => event.workflowExecutionSignaledEventAttributes,
      )
    await until(async () => (await signals().catch(() => [])).length === 2, 30_000)
    const { taskQueue, type } = await run.describe()
    expect([type, taskQueue]).toEqual(['offboarding', `${prefix}operations`])
    const standing = temporal.client.workflow.getHandle(`delegation:${accountId}:${made.delegation?.id}`)
    expect((await standing.describe()).type).toBe('delegation')

    const report = { agentId: anna.id, offboardingId: left.id, moved: 2, givenBack: 0, byDepartment: [] }
    await directory.call(
      'reportOffboarding',
      { ...report, state: 'running' },
      systemCaller(accountId, 'test'),
    )
    const now = await directory.call('getOffboarding', { agentId: anna.id }, asOwner)
    expect(now).toMatchObject({ state: 'paused', moved: 2, tickets: 3 })
    await Promise.all([run.terminate(), standing.terminate()])
  })

  it('what could not be started while there was no server is started afterwards', async () => {
    const away = temporalWhenNeeded({ ...config, TEMPORAL_ADDRESS: '127.0.0.1:1' })
    onTestFinished(away.close)
    const connection = { now: away.client }
    const directory = await start([sweepLane(() => connection.now(), prefix)])
    const { accountId, asOwner } = await directory.newAccount()
    await directory.call('updateSettings', { settings: { reopenWindow: 'P2D' } }, asOwner)
    await sleep(300)
    expect(await exists(accountId, '2-0')()).toBe(false)
    connection.now = async () => temporal.client
    await until(exists(accountId, '2-0'), 30_000)
    await handle(accountId, '2-0').terminate()
  })
})
