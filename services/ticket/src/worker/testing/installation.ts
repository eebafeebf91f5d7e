import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowBundle } from '@onus/kit/bundle'
import {
  createPublisher,
  createSubscriber,
  type EventPublisher,
  type EventSubscriber,
  ensureTopics,
  type KafkaSettings,
  TOPICS,
} from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, type Mongo } from '@onus/kit/mongo'
import { connectTemporal, ensureSearchAttributes, type Temporal, workerTracing } from '@onus/kit/temporal'
import {
  type Authority,
  type Command,
  type CommandEnvelope,
  type Entry,
  type LogDocument,
  SEARCH_ATTRIBUTES,
  TICKETS_QUEUE,
  type TicketView,
} from '@onus/workflows-contract'
import type { TicketActivities, TicketLocalActivities } from '@onus/workflows-ticket/activities'
import type { OffboardingReport } from '@onus/workflows-ticket/leaving'
import { type DirectoryPlan, directoryOf } from '@onus/workflows-ticket/testing/directory'
import type { RulePlan } from '@onus/workflows-ticket/testing/rules'
import { agentAuthority } from '@onus/workflows-ticket/testing/story'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { TicketCommands } from '../../commands/ticket-commands.ts'
import { openDistribution } from '../../distribution/index.ts'
import { createWake } from '../../distribution/wake.ts'
import { createTicketLog, type TicketLog } from '../../store/log.ts'
import { MessageStore } from '../../store/messages.ts'
import { TicketStore } from '../../store/tickets.ts'
import { createCommit } from '../commit.ts'
import { createLeavingActivities } from '../leaving.ts'
import { createLoad, createRecall } from '../load.ts'
import { createPublish } from '../publish.ts'
import { createEntryPublisher } from '../publisher.ts'
import { createSweepPage } from '../sweep.ts'
import { createDrainWorker, createOperationsWorker, createTicketWorker, WORKFLOWS } from '../workers.ts'
import { plannedRules } from './rules.ts'

/** Where things are, and what keeps one test's apart from another's. */
export interface InstallationSettings {
  mongodbUri: string
  kafkaBrokers: string[]
  temporalAddress: string
  /** Database, topics and task queues are named after it. */
  name: string
  plan: DirectoryPlan
  /** Without conditions: settings are handed to other processes as JSON. */
  rules?: RulePlan[]
}

/** Settings of a new installation on the servers that the environment names. */
export function newSettings(plan: DirectoryPlan, rules: RulePlan[] = []): InstallationSettings {
  const { MONGODB_URI, KAFKA_BROKERS, TEMPORAL_ADDRESS } = process.env
  if (!MONGODB_URI || !KAFKA_BROKERS || !TEMPORAL_ADDRESS)
    throw new Error('MONGODB_URI, KAFKA_BROKERS and TEMPORAL_ADDRESS must be set')
  const name = `tw${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`
  return {
    mongodbUri: MONGODB_URI,
    kafkaBrokers: KAFKA_BROKERS.split(','),
    temporalAddress: TEMPORAL_ADDRESS,
    name,
    plan,
    rules,
  }
}

/** A real store, broker and Temporal server for ticket workers; only the directory is a plan. */
export class Installation {
  readonly settings: InstallationSettings
  readonly accountId: string
  plan: DirectoryPlan
  /** The account's rules. */
  rules: RulePlan[]
  readonly mongo: Mongo
  readonly temporal: Temporal
  readonly publisher: EventPublisher
  readonly commands: TicketCommands
  readonly #log = createLogger('ticket-worker-test', 'error')
  readonly #kafka: KafkaSettings
  readonly #stops: (() => Promise<unknown>)[] = []
  #commands = 0
  /** What off-boardings have said of themselves. */
  readonly reports: OffboardingReport[] = []

  private constructor(settings: InstallationSettings, mongo: Mongo, temporal: Temporal) {
    this.settings = settings
    this.accountId = settings.name
    this.plan = settings.plan
    this.rules = settings.rules ?? []
    this.mongo = mongo
    this.temporal = temporal
    this.#kafka = { KAFKA_BROKERS: settings.kafkaBrokers, KAFKA_TOPIC_PREFIX: `${settings.name}-` }
    this.publisher = createPublisher(this.#kafka, this.#log)
    this.commands = new TicketCommands({
      temporal: temporal.client,
      taskQueue: `${this.prefix}${TICKETS_QUEUE}`,
      tickets: new TicketStore(mongo.db),
    })
  }

  static async open(settings: InstallationSettings): Promise<Installation> {
    Runtime.install({ logger: new DefaultLogger('ERROR') })
    const [mongo, temporal] = await Promise.all([
      connectMongo({ uri: settings.mongodbUri, database: settings.name }),
      connectTemporal({ TEMPORAL_ADDRESS: settings.temporalAddress, TEMPORAL_NAMESPACE: 'default' }),
    ])
    const installation = new Installation(settings, mongo, temporal)
    await Promise.all([
      ensureSearchAttributes(temporal.connection, 'default', SEARCH_ATTRIBUTES),
      ensureTopics(installation.#kafka, installation.#log, [TOPICS.ticketEvents]),
    ])
    return installation
  }

  get prefix(): string {
    return `${this.settings.name}-`
  }

  activities(log: TicketLog = createTicketLog(this.mongo.db)): TicketLocalActivities & TicketActivities {
    const events = createEntryPublisher(this.publisher, this.#log)
    const directory = async () => directoryOf(this.plan)
    const messages = new MessageStore(this.mongo.db)
    const rules = plannedRules(() => this.rules)
    const { distribution } = this.#distribution
    return {
      commit: createCommit({ log, directory, events, rules, messages, distribution }),
      load: createLoad({ log, directory, rules }),
      recall: createRecall({ log }),
      publishEntries: createPublish(events),
    }
  }

  /** Runs a worker of tickets in this process until the installation is closed. */
  async runTicketWorker(activities = this.activities()): Promise<void> {
    this.#run(await createTicketWorker({ ...(await this.#workerOptions()), activities }))
  }

  /** Runs a worker of operations in this process until the installation is closed. */
  async runOperationsWorker(): Promise<void> {
    const send = this.commands.execute.bind(this.commands)
    const report = async (one: OffboardingReport) => void this.reports.push(one)
    const activities = {
      sweepPage: createSweepPage(this.mongo.db, send),
      ...createLeavingActivities({ db: this.mongo.db, send, report, log: this.#log }),
    }
    this.#run(await createOperationsWorker({ ...(await this.#workerOptions()), activities }))
  }

  /** Runs a worker of drains in this process until the installation is closed. */
  async runDrainWorker(): Promise<void> {
    const activities = this.#distribution.drain(this.commands.execute.bind(this.commands))
    this.#run(await createDrainWorker({ ...(await this.#workerOptions()), activities }))
  }

  get #distribution() {
    return openDistribution({
      db: this.mongo.db,
      directory: async () => directoryOf(this.plan),
      wake: createWake(this.temporal.client, this.prefix),
      onError: (error) => this.#log.warn({ err: error }, 'a drain was not woken'),
    })
  }

  /** Runs a worker of other workflows on a queue of its own, until the installation is closed. */
  async runWorkerOf(entry: string, queue: string): Promise<void> {
    const { connection, namespace, prefix } = await this.#workerOptions()
    const workflows = await workflowBundle(entry, join(tmpdir(), 'onus-test-bundles'))
    this.#run(
      await Worker.create({
        connection,
        namespace,
        taskQueue: `${prefix}${queue}`,
        workflowBundle: workflows,
        ...(await workerTracing('test', { bundled: true })),
      }),
    )
  }

  async #workerOptions() {
    const connection = await NativeConnection.connect({ address: this.settings.temporalAddress })
    this.#stops.unshift(() => connection.close())
    const bundle = await workflowBundle(WORKFLOWS, join(tmpdir(), 'onus-test-bundles'))
    return { connection, namespace: 'default', prefix: this.prefix, bundle, shutdownGraceMs: 500 }
  }

  #run(worker: Worker): void {
    const running = worker.run()
    this.#stops.unshift(async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    })
  }

  envelope(command: Command, by: string | Authority, commandId?: string): CommandEnvelope {
    this.#commands += 1
    const authority = typeof by === 'string' ? agentAuthority(by) : by
    return { commandId: commandId ?? `${this.settings.name}-${this.#commands}`, command, authority }
  }

  /** Sends a command as the ticket service does. */
  async send(ticketId: string, envelope: CommandEnvelope, seconds = 60): Promise<TicketView> {
    const starter = envelope.command.type === 'create' ? 'create' : 'existing'
    const deadline = new Date(Date.now() + seconds * 1000)
    return await this.commands.execute(this.accountId, ticketId, envelope, { deadline }, starter)
  }

  async documents(ticketId: string): Promise<LogDocument[]> {
    return await createTicketLog(this.mongo.db).readFrom(this.accountId, ticketId, 1)
  }

  async entries(ticketId: string): Promise<Entry[]> {
    return (await this.documents(ticketId)).flatMap(({ entries }) => entries)
  }

  /** What a consumer has of a ticket once it has this many different events, in the order it got them. */
  async events(ticketId: string, count: number): Promise<{ ids: string[]; sequences: number[] }> {
    const subscriber: EventSubscriber = createSubscriber(
      this.#kafka,
      {
        groupId: `${this.settings.name}-${ticketId}`,
        topics: [TOPICS.ticketEvents],
        fromBeginning: true,
        onPoison: 'stop',
      },
      this.#log,
    )
    const ids: string[] = []
    const sequences = new Map<string, number>()
    const complete = new Promise<void>((resolve) => {
      void subscriber.run(async ({ key, headers }) => {
        if (key !== ticketId) return
        const id = headers.ce_id ?? ''
        ids.push(id)
        sequences.set(id, Number(headers.ce_sequence))
        if (sequences.size >= count) resolve()
      })
    })
    try {
      await Promise.race([complete, new Promise((resolve) => setTimeout(resolve, 20_000))])
      return { ids, sequences: [...sequences.values()] }
    } finally {
      await subscriber.close()
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop()
    await this.publisher.close()
    await this.temporal.close()
    await this.mongo.close()
  }

  /** Closes it and removes what it has stored. */
  async remove(): Promise<void> {
    await this.mongo.db.dropDatabase()
    await this.close()
  }
}
