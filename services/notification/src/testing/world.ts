import { randomUUID } from 'node:crypto'
import { cacheDir } from '@onus/kit/bundle'
import type { Caller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { directoryView } from '@onus/kit/directory'
import { createGrpcClient, createGrpcServer } from '@onus/kit/grpc'
import { createPublisher, createSubscriber, ensureTopics, type ReceivedRecord, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import { connectTemporal, ensureSearchAttributes } from '@onus/kit/temporal'
import type { Agent, Department, Preferences } from '@onus/proto/onus/v1/directory'
import { NotificationServiceClient, NotificationServiceService } from '@onus/proto/onus/v1/notification'
import type { Message, MessageDelivery, Ticket } from '@onus/proto/onus/v1/ticket'
import {
  NOTICE_WORKFLOW,
  NOTIFICATIONS_QUEUE,
  type NoticeInput,
  REPLY_WORKFLOW,
  SEARCH_ATTRIBUTES,
} from '@onus/workflows-contract'
import { type AppDeps, createApp } from '../app.ts'
import type { Rates } from '../delivery/pace.ts'
import type { World as Connected } from '../delivery/world.ts'
import { createLedger } from '../store/ledger.ts'
import { QUERIES } from '../store/queries.ts'
import { createDigests } from '../temporal/digests.ts'
import { createResender } from '../temporal/resend.ts'
import { startWorker } from '../temporal/worker.ts'
import { UNLIMITED } from './memory.ts'
import { startSlack } from './slack.ts'
import { startMailServer } from './smtp.ts'

const need = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} names no server; run this suite through \`npm test\``)
  return value
}

const HOURS = '2026-01-05T08:00:00.000Z'

const department = (id: string, name: string, addresses: string[]): Department => ({
  id,
  name,
  reopenPolicy: 'keep',
  onlyOwnerAnswers: false,
  membersMayTakeOver: false,
  addresses,
  distribution: { strategy: 'manual', on: [] },
  createdAt: HOURS,
})
const agent = (id: string, departments: string[], role = 'agent'): Agent => ({
  id,
  name: id.toUpperCase(),
  email: `${id}@acme.example`,
  role,
  locale: 'en',
  timeZone: 'UTC',
  skills: [],
  memberships: departments.map((departmentId) => ({ departmentId })),
  status: 'active',
  presence: 'offline',
  createdAt: HOURS,
  leave: [],
})

/**
 * The notification service against real MongoDB, Kafka, Temporal and SMTP; the directory and the tickets are
 * plain values that a test changes. Account `acc`: ann and bob in support, cyd in billing, adi an admin.
 */
export async function startWorld(options: { rates?: Partial<Rates> } = {}) {
  const unique = randomUUID().slice(0, 8)
  const accountId = `acc-${unique}`
  const log = createLogger('test', process.env.TEST_LOG ?? 'silent')
  const config = {
    KAFKA_BROKERS: need('KAFKA_BROKERS').split(','),
    KAFKA_TOPIC_PREFIX: `t${unique}.`,
    TEMPORAL_ADDRESS: need('TEMPORAL_ADDRESS'),
    TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE ?? 'default',
    TEMPORAL_TASK_QUEUE_PREFIX: `t${unique}-`,
    GRPC_INSECURE: true,
    ONUS_CACHE_DIR: cacheDir(),
  }
  const internalKey = new Secret('k'.repeat(40))
  const [mongo, temporal, smtp, slack] = await Promise.all([
    connectMongo({ uri: need('MONGODB_URI'), database: `test_notification_${unique}` }),
    connectTemporal(config),
    startMailServer(),
    startSlack(),
  ])
  await Promise.all([
    ensureIndexes(mongo.db, QUERIES),
    ensureSearchAttributes(temporal.connection, config.TEMPORAL_NAMESPACE, SEARCH_ATTRIBUTES),
    ensureTopics(config, log, [TOPICS.notificationEvents]),
  ])
  const publisher = createPublisher(config, log)

  const agents = new Map(
    [
      agent('ann', ['support']),
      agent('bob', ['support']),
      agent('cyd', ['billing']),
      agent('adi', [], 'admin'),
    ].map((one) => [one.id, one]),
  )
  const departments = [
    department('support', 'Support', ['help@acme.example']),
    department('billing', 'Billing', []),
  ]
  const preferences = new Map<string, Partial<Preferences>>()
  const tickets = new Map<string, Ticket>()
  const messages = new Map<string, Message>()
  const threads = new Map<string, string[]>()
  const files = new Map<string, Buffer>()
  /** Files of which only half arrives. */
  const broken = new Set<string>()
  const deliveries: MessageDelivery[] = []
  let version = 0

  const ticketOf = (id: string) => tickets.get(id) ?? raise(problems.notFound('ticket', id))
  const directory: Connected['directory'] = {
    snapshot: async () =>
      directoryView({
        accountId,
        version: ++version,
        settings: {
          defaultDepartmentId: 'support',
          routeAssignedToMe: false,
          reopenWindow: 'P7D',
          locale: 'en',
          timeZone: 'UTC',
          replyToClosed: 'reopen',
          name: 'Acme',
        },
        departments,
        agents: [...agents.values()],
        offboardings: [],
      }),
  }
  const preferencesOf = (agentId: string): Preferences => ({
    locale: agents.get(agentId)?.locale ?? 'en',
    timeZone: 'UTC',
    rules: [],
    ...preferences.get(agentId),
  })
  const directoryClient: AppDeps['directoryClient'] = {
    getPreferencesOf: async ({ agentIds = [] }) => ({
      preferences: Object.fromEntries(agentIds.map((id) => [id, preferencesOf(id)])),
    }),
    getPreferences: async (_request, { caller } = {}) => preferencesOf(caller?.id ?? ''),
    async setPreferences({ preferences: chosen }, { caller } = {}) {
      preferences.set(caller?.id ?? '', chosen as Preferences)
      return preferencesOf(caller?.id ?? '')
    },
  }
  const ticketClient = {
    async getMailContext({ ticketId, messageIds }: { ticketId: string; messageIds: string[] }) {
      return {
        ticket: ticketOf(ticketId),
        messages: messageIds.flatMap((id) => messages.get(id) ?? []),
        mailMessageIds: threads.get(ticketId) ?? [],
      }
    },
    async setMessageDelivery(request: {
      ticketId: string
      messageId: string
      delivery?: MessageDelivery
      mailMessageId?: string
    }) {
      const message =
        messages.get(request.messageId) ?? raise(problems.notFound('message', request.messageId))
      if (request.delivery) {
        messages.set(message.id, { ...message, delivery: request.delivery })
        deliveries.push(request.delivery)
      }
      const thread = threads.get(request.ticketId) ?? []
      const own = request.mailMessageId
      if (own && !thread.includes(own)) threads.set(request.ticketId, [...thread, own])
      return {}
    },
    async *downloadAttachment({ attachmentId }: { attachmentId: string }) {
      const bytes = files.get(attachmentId) ?? raise(problems.notFound('attachment', attachmentId))
      const half = bytes.length >> 1
      yield { part: { $case: 'chunk' as const, value: bytes.subarray(0, half) } }
      if (broken.has(attachmentId)) throw problems.unavailable()
      yield { part: { $case: 'chunk' as const, value: bytes.subarray(half) } }
    },
    async checkAccess({ ticketId }: { ticketId: string }, { caller }: { caller?: Caller } = {}) {
      const ticket = ticketOf(ticketId)
      const view = await directory.snapshot(accountId)
      const all = caller?.role === 'owner' || caller?.role === 'admin'
      if (caller?.accountId === accountId && (all || view.isMember(caller.id, ticket.departmentId))) return {}
      throw problems.notFound('ticket', ticketId)
    },
  }

  const app = createApp({
    settings: {
      internalKey: internalKey.reveal(),
      smtpUrl: smtp.url,
      mailDomain: 'onus.example',
      from: { name: 'Onus', address: 'notices@onus.example' },
      channels: {
        slackApiUrl: slack.url,
        slack: { botToken: 'xoxb-installation', signingSecret: 's'.repeat(32) },
        push: { subject: 'mailto:notices@onus.example' },
        allowLoopback: true,
      },
      publicUrl: 'https://help.example',
      // A busy machine may take longer than a second to say that it has a mail.
      deliveryTimeoutMs: 5000,
      rates: { ...UNLIMITED, ...options.rates },
    },
    clock: () => new Date(),
    log,
    db: mongo.db,
    publisher,
    directory,
    directoryClient,
    tickets: ticketClient as never,
    startResend: createResender(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
    digests: createDigests(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
  })
  const worker = await startWorker(config, app.activities)
  const server = createGrpcServer({ log, config, internalKey })
  server.add(NotificationServiceService, app.handlers, { public: ['unsubscribe'] })
  const port = await server.listen('127.0.0.1', 0)
  const client = createGrpcClient(NotificationServiceClient, `127.0.0.1:${port}`, { config, internalKey })
  const taskQueue = `${config.TEMPORAL_TASK_QUEUE_PREFIX}${NOTIFICATIONS_QUEUE}`

  const callerOf = (id: string, over: Partial<Caller> = {}): Caller => ({
    type: 'agent',
    accountId,
    id,
    name: id.toUpperCase(),
    role: (agents.get(id)?.role ?? 'agent') as NonNullable<Caller['role']>,
    scopes: [],
    ...over,
  })

  return {
    accountId,
    db: mongo.db,
    ledger: createLedger(mongo.db),
    smtp,
    slack,
    agents,
    preferences,
    tickets,
    messages,
    threads,
    files,
    broken,
    deliveries,
    client,
    callerOf,
    temporal: temporal.client,

    /** A ticket of support, for one test. */
    addTicket(over: Partial<Ticket> = {}): Ticket {
      const ticket: Ticket = {
        id: `t${randomUUID().slice(0, 8)}`,
        number: '42',
        subject: 'Printer burns',
        channel: 'email',
        status: 'open',
        priority: 'normal',
        tags: [],
        contact: { id: 'c1', email: 'joe@customer.example', name: 'Joe' },
        departmentId: 'support',
        createdAt: HOURS,
        updatedAt: HOURS,
        sequence: 3,
        ...over,
      }
      tickets.set(ticket.id, ticket)
      return ticket
    },

    /** Starts the notices of "assigned to this agent by somebody"; gives the running workflow. */
    async assign(ticket: Ticket, agentId: string, over: Partial<NoticeInput> = {}) {
      tickets.set(ticket.id, { ...ticket, agentId })
      const input: NoticeInput = {
        accountId,
        ticketId: ticket.id,
        sequence: 3,
        commandType: 'assign',
        entries: [
          {
            sequence: 3,
            at: HOURS,
            type: 'responsibility.changed',
            actor: { type: 'agent', id: 'adi', name: 'ADI' },
            cause: { type: 'assign' },
            to: { departmentId: ticket.departmentId, agentId },
          },
        ],
        before: { departmentId: ticket.departmentId, agentId: null },
        after: { departmentId: ticket.departmentId, agentId },
        ...over,
      }
      const workflowId = `notice:${accountId}:${ticket.id}:${input.sequence}`
      return temporal.client.workflow.start(NOTICE_WORKFLOW, { taskQueue, workflowId, args: [input] })
    },

    /** Starts the way of an agent's answer to the contact. */
    async answer(ticket: Ticket, message: Partial<Message> = {}) {
      const id = `m${randomUUID().slice(0, 8)}`
      messages.set(id, {
        id,
        ticketId: ticket.id,
        author: { type: 'agent', id: 'ann', name: 'ANN' },
        kind: 'public',
        body: 'Put it out',
        attachments: [],
        createdAt: HOURS,
        ...message,
      })
      const input = { accountId, ticketId: ticket.id, sequence: 4, messageId: id }
      const workflowId = `reply:${accountId}:${ticket.id}:${id}`
      const handle = await temporal.client.workflow.start(REPLY_WORKFLOW, {
        taskQueue,
        workflowId,
        args: [input],
      })
      return { id, handle }
    },

    /** Everything that was published so far, oldest first; waits for `count` different events. */
    async published(count: number): Promise<ReceivedRecord[]> {
      const records: ReceivedRecord[] = []
      const enough = Promise.withResolvers<void>()
      const options = {
        groupId: `g-${randomUUID()}`,
        topics: [TOPICS.notificationEvents],
        fromBeginning: true,
        onPoison: 'stop' as const,
      }
      const subscriber = createSubscriber(config, options, log)
      await subscriber.run(async (record) => {
        records.push(record)
        if (new Set(records.map(({ headers }) => headers.ce_id)).size >= count) enough.resolve()
      })
      const timer = setTimeout(enough.resolve, 20_000)
      await enough.promise
      clearTimeout(timer)
      await subscriber.close()
      return records
    },

    async stop() {
      client.close()
      await server.stop()
      await worker.stop()
      await app.close()
      await publisher.close()
      await temporal.close()
      await mongo.db.dropDatabase()
      await mongo.close()
      await Promise.all([smtp.close(), slack.close()])
    },
  }
}

export type TestWorld = Awaited<ReturnType<typeof startWorld>>

function raise(error: Error): never {
  throw error
}
