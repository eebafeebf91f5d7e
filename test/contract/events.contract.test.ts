import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { sendRaw } from '../support/mail.ts'
import { pythonWith, runProgram } from '../support/python.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

const CONSUMER = fileURLToPath(new URL('./consumer.py', import.meta.url))
const SCHEMAS = fileURLToPath(new URL('../../proto/events', import.meta.url))

interface Findings {
  events: number
  duplicates: number
  types: Record<string, number>
  subjects: number
  complaints: string[]
}

let world: World
let python: string

/** Reads a topic with a client that has nothing in common with ours: librdkafka, from Python. */
async function consume(topic: string, accountId?: string): Promise<Findings> {
  const args = [CONSUMER, world.local.kafkaBrokers, topic, SCHEMAS, ...(accountId ? [accountId] : [])]
  const { code, output } = await runProgram(python, args)
  if (code !== 0) throw new Error(output)
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Findings
}

beforeAll(async () => {
  const bin = await pythonWith(['confluent-kafka==2.16.1', 'jsonschema==4.26.0', 'rfc3339-validator==0.1.4'])
  python = `${bin}/python`
  world = await createWorld({
    departments: ['Billing'],
    agents: { ada: { in: ['Support', 'Billing'] }, bert: { in: ['Support'] } },
  })
}, 300_000)

/** One ticket through everything that a person can do to it. */
async function wholeLife(): Promise<string> {
  const { owner, agents, departments } = world
  const [ada, bert, billing] = [agents.ada, agents.bert, departments.Billing]
  if (!ada || !bert || !billing) throw new Error('the world is not whole')
  expectStatus(
    await owner.api.post('/rules', {
      name: 'Invoices',
      trigger: { type: 'ticket_created' },
      conditions: [[{ field: 'subject', op: 'contains', value: 'invoice' }]],
      actions: [
        { type: 'transfer', departmentId: billing.id },
        { type: 'set_priority', priority: 'high' },
        { type: 'add_tags', tags: ['invoice'] },
      ],
    }),
    201,
  )
  const { id } = await world.createTicket({
    subject: 'Wrong invoice',
    tags: ['web'],
    fields: { order: '4711' },
  })
  const say = async (by: typeof ada, author: string, kind: string) =>
    expectStatus(await by.api.post(`/tickets/${id}/messages`, { author, kind, body: 'Secret words.' }), 201)
  const order = async (by: typeof ada, command: string, body: object = {}) =>
    expectStatus(await by.api.post(`/tickets/${id}/${command}`, body), 200)
  await order(ada, 'claim')
  await say(ada, 'agent', 'note')
  await say(ada, 'agent', 'public')
  await say(owner, 'contact', 'public')
  await order(ada, 'transfer', { departmentId: departments.Support?.id, note: 'Yours, I think.' })
  await order(bert, 'assign', { agentId: bert.id })
  await order(owner, 'take-over', { reason: 'Urgent' })
  await order(owner, 'release')
  await order(bert, 'return', {})
  await order(ada, 'postpone', { until: new Date(Date.now() + 86_400_000).toISOString() })
  await say(owner, 'contact', 'public')
  expectStatus(
    await owner.api.patch(`/tickets/${id}`, {
      tags: ['vip'],
      priority: 'urgent',
      fields: { order: null, paid: true },
    }),
    200,
  )
  await order(ada, 'resolve')
  await order(ada, 'reopen')
  await order(owner, 'close')
  await say(owner, 'contact', 'public')
  await order(owner, 'spam')
  await order(owner, 'delete')
  return id
}

describe('the events on Kafka, read by a foreign client', () => {
  it('are the timeline, valid by their schemas, in order and without a gap', async () => {
    const id = await wholeLife()
    const timeline = expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200)
    const expected = timeline.items.length
    const findings = await eventually(
      'all events on the topic',
      async () => {
        const found = await consume('onus.ticket-events.v1', world.accountId)
        return found.events >= expected && found
      },
      60_000,
    )
    expect(findings.complaints).toEqual([])
    expect(findings.events).toBe(expected)
    const types: Record<string, number> = {}
    for (const { type } of timeline.items) {
      const name = `dev.onus.ticket.${type}.v1`
      types[name] = (types[name] ?? 0) + 1
    }
    expect(findings.types).toEqual(types)
    for (const type of ['created', 'message.added', 'responsibility.changed', 'status.changed', 'reopened'])
      expect(types).toHaveProperty([`dev.onus.ticket.${type}.v1`])
    for (const type of ['tags.changed', 'priority.changed', 'fields.changed', 'rule.applied'])
      expect(types).toHaveProperty([`dev.onus.ticket.${type}.v1`])
  }, 300_000)

  it('come of mail too', async () => {
    const from = `carla@${world.domain}`
    const to = world.departments.Support?.address ?? ''
    const raw = `From: Carla <${from}>\nTo: ${to}\nSubject: By mail\nMessage-ID: <contract@${world.domain}>\n\nHello.\n`
    await sendRaw(world.local.inboundSmtp, { from, to }, raw)
    const findings = await eventually(
      'the events of the mail',
      async () => {
        const found = await consume('onus.ticket-events.v1', world.accountId)
        return found.subjects === 2 && found
      },
      60_000,
    )
    expect(findings.complaints).toEqual([])
  }, 120_000)

  it('of the directory and of notices are valid by their schemas', async () => {
    const directory = await consume('onus.directory-events.v1', world.accountId)
    expect(directory.complaints).toEqual([])
    for (const type of [
      'dev.onus.account.created.v1',
      'dev.onus.department.created.v1',
      'dev.onus.agent.created.v1',
    ])
      expect(directory.types).toHaveProperty([type])
    const notices = await eventually(
      'notices on the topic',
      async () => {
        const found = await consume('onus.notification-events.v1', world.accountId)
        return found.events > 0 && found
      },
      60_000,
    )
    expect(notices.complaints).toEqual([])
  }, 120_000)

  it('of everybody on this stack keep the contract', async () => {
    for (const topic of ['onus.ticket-events.v1', 'onus.notification-events.v1', 'onus.directory-events.v1'])
      expect((await consume(topic)).complaints).toEqual([])
  }, 120_000)
})

describe('the AsyncAPI document', () => {
  it('is served without a key, and names the topics', async () => {
    const answer = await world.anonymous.get('/asyncapi.json')
    const document = expectStatus(answer, 200)
    expect(document.asyncapi).toBe('3.0.0')
    const addresses = Object.values<{ address: string }>(document.channels).map(({ address }) => address)
    expect(addresses).toContain('onus.ticket-events.v1')
  })
})
