import { randomUUID } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import { toRecord } from '@onus/kit/cloudevents'
import { directoryView } from '@onus/kit/directory'
import type { CallContext } from '@onus/kit/grpc'
import { type ReceivedRecord, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { connectMongo } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import type { Department } from '@onus/proto/onus/v1/directory'
import { createSecretBox } from '../../store/secrets.ts'
import { createDepartments } from '../departments.ts'
import type { Outcome } from '../domain/attempt.ts'
import { catalogOf } from '../domain/events.ts'
import { createWebhookHandlers } from '../handlers.ts'
import { createIntake } from '../intake.ts'
import { createLane } from '../lane.ts'
import { createReplays } from '../replays.ts'
import type { Message } from '../sender.ts'
import { createDeliveryStore, createWebhookStore } from '../store.ts'

const need = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} names no server; run this suite through \`npm test\``)
  return value
}

export const CREATED = 'dev.onus.ticket.created.v1'
export const CHANGED = 'dev.onus.ticket.responsibility.changed.v1'
export const RULED = 'dev.onus.ticket.rule.applied.v1'
export const NOTICE = 'dev.onus.notification.delivery.changed.v1'
export const AGENT = 'dev.onus.agent.updated.v1'

export interface TestEvent {
  ticketId: string
  sequence: number
  type?: string
  at?: string
  data?: object
}

/** Webhooks against a real store; the receivers, the clock and everything else are values that a test changes. */
export async function startWebhookWorld() {
  const unique = randomUUID().slice(0, 8)
  const accountId = `acc-${unique}`
  const mongo = await connectMongo({ uri: need('MONGODB_URI'), database: `test_webhooks_${unique}` })
  const log = createLogger('test', 'silent')
  let now = new Date('2026-03-01T09:00:00.000Z')
  const clock = () => new Date(now)
  const sent: Message[] = []
  const woken: string[] = []
  const alarms: string[] = []
  /** What the receiver does with a message; default: takes it. */
  const receiver = {
    answer: (_message: Message): Outcome | Promise<Outcome> => ({
      type: 'delivered',
      statusCode: 200,
      durationMs: 5,
    }),
  }
  /** Where each ticket is. */
  const places = new Map<string, string>()
  /** What the history has. */
  const past: { id: string; type: string; subject: string; sequence: number; time: string; data: object }[] =
    []
  /** What the topics still have, and how they were read. */
  const topics = new Map<string, ReceivedRecord[]>()
  const reads: object[] = []
  const tickets = {
    async getTicket({ ticketId }: { ticketId: string }) {
      if (!places.has(ticketId)) throw problems.notFound('ticket', ticketId)
      return { id: ticketId } as never
    },
    async getResponsibilityAt({ ticketId }: { ticketId: string }) {
      const departmentId = places.get(ticketId)
      if (departmentId === undefined) throw problems.notFound('ticket', ticketId)
      return { departmentId, revision: 1, since: '' } as never
    },
    async listEvents(request: {
      page?: { limit: number; cursor: string }
      ticketId?: string
      fromSequence?: number
      since?: string
      until?: string
    }) {
      const from = Number(request.page?.cursor || 0)
      const found = past.filter(
        ({ subject, sequence, time }) =>
          (request.ticketId === undefined || subject === request.ticketId) &&
          sequence >= (request.fromSequence ?? 1) &&
          time >= (request.since ?? '') &&
          time < (request.until ?? '~'),
      )
      const items = found.slice(from, from + 2).map((event) => ({
        ...event,
        source: `/accounts/${accountId}/tickets`,
        dataschema: '',
        data: JSON.stringify(event.data),
      }))
      return { items, ...(found.length > from + 2 && { nextCursor: String(from + 2) }) }
    },
  }
  const departments = ['billing', 'sales'].map((id) => ({ id, name: id }) as Department)
  const directory = {
    snapshot: async () =>
      directoryView({
        accountId,
        version: 1,
        settings: { locale: 'en', timeZone: 'UTC' } as never,
        departments,
        agents: [],
        offboardings: [],
      } as never),
  }
  const webhooks = createWebhookStore(mongo.db)
  const deliveries = createDeliveryStore(mongo.db)
  const box = createSecretBox('k'.repeat(32))
  const catalog = catalogOf([CREATED, CHANGED, RULED, AGENT, NOTICE])
  const sender = {
    async send(message: Message): Promise<Outcome> {
      sent.push(message)
      const outcome = await receiver.answer(message)
      return outcome
    },
  }
  const wake = async (_: string, webhookId: string) => {
    woken.push(webhookId)
  }
  const replays = createReplays({
    ...{ clock, catalog, webhooks, deliveries, tickets },
    readTopic: async (topic, handle, { from, since, forMs }) => {
      reads.push({ topic, from, since: since?.toISOString(), forMs })
      // Two records a page.
      const all = topics.get(topic) ?? []
      const begin = Number(from?.['0'] ?? 0)
      for (const each of all.slice(begin, begin + 2)) await handle(each)
      const rest = begin + 2 < all.length && { rest: { 0: String(begin + 2) } }
      return { records: 2, complete: true, ...rest }
    },
    departments: () => createDepartments(tickets),
  })
  const alarming = Object.assign(Object.create(log) as typeof log, {
    error: (_: object, message: string) => alarms.push(message),
  })
  const handlers = createWebhookHandlers({
    ...{ clock, catalog, webhooks, deliveries, box, sender, directory, tickets, wake },
    allowLoopback: true,
  })
  const intake = createIntake({
    ...{ clock, catalog, webhooks, deliveries, wake },
    departmentsOf: createDepartments(tickets),
  })
  const drain = createLane({
    ...{ clock, webhooks, deliveries, box, sender, replays },
    log: alarming,
    random: () => 0.5,
  })

  const record = ({ ticketId, sequence, type = CREATED, at, data = {} }: TestEvent): ReceivedRecord => {
    const { topic, key, headers, value } = toRecord({
      topic: TOPICS.ticketEvents,
      key: ticketId,
      id: `${ticketId}-${sequence}`,
      source: `/accounts/${accountId}/tickets`,
      subject: ticketId,
      type,
      time: at ?? clock().toISOString(),
      sequence,
      data: { accountId, ticketId, sequence, ...data },
    })
    return {
      topic,
      key,
      headers,
      value: Buffer.from(String(value)),
      partition: 0,
      offset: '0',
      at: clock().toISOString(),
    }
  }
  const owner: Caller = { type: 'agent', accountId, id: 'olga', name: 'Olga', role: 'owner', scopes: [] }
  const as = (caller: Caller): CallContext => ({ caller }) as CallContext

  return {
    ...{
      accountId,
      sent,
      woken,
      alarms,
      receiver,
      places,
      past,
      topics,
      reads,
      handlers,
      webhooks,
      deliveries,
      intake,
      owner,
      as,
    },
    clock,
    sleep: (ms: number) => {
      now = new Date(now.getTime() + ms)
    },
    until: (moment: string) => {
      now = new Date(moment)
    },
    publish: (event: TestEvent) => intake(record(event)),
    drain: (webhookId: string) => drain({ accountId, webhookId }),
    async create(
      fields: { events?: string[]; departmentId?: string; active?: boolean; commandId?: string } = {},
    ) {
      const made = await handlers.createWebhook(
        { url: 'http://127.0.0.1:9/hook', events: ['*'], commandId: randomUUID(), ...fields },
        as(owner),
      )
      if (!made.webhook) throw new Error('no webhook')
      return { ...made.webhook, secret: made.secret }
    },
    list: async (webhookId: string, state?: string) =>
      (await handlers.listDeliveries({ webhookId, state }, as(owner))).items,
    async close() {
      await mongo.db.dropDatabase()
      await mongo.close()
    },
  }
}
export type WebhookWorld = Awaited<ReturnType<typeof startWebhookWorld>>
