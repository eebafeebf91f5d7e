import { randomUUID } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { createGrpcClient, createGrpcServer, type GrpcClient } from '@onus/kit/grpc'
import { createLogger, type Logger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { connectTemporal, ensureSearchAttributes } from '@onus/kit/temporal'
import { InsightServiceClient, InsightServiceService } from '@onus/proto/onus/v1/insight'
import { RuleValueServiceClient, RuleValueServiceService } from '@onus/proto/onus/v1/rule_values'
import { TicketServiceClient, TicketServiceService } from '@onus/proto/onus/v1/ticket'
import { SEARCH_ATTRIBUTES, TICKETS_QUEUE } from '@onus/workflows-contract'
import type { Client } from '@temporalio/client'
import type { Db } from 'mongodb'
import { type App, createApp } from '../app.ts'
import { QUERIES } from '../store/queries.ts'
import { type TestAccount, TestDirectory } from './directory.ts'
import { runTicketWorker } from './worker.ts'

/** The RPCs that the harness serves: all but mail intake, which has its own. */
const { acceptMail, listUnreadableMails, getUnreadableMail, retryUnreadableMail, ...SERVICE } =
  TicketServiceService

export type TicketClient = GrpcClient<typeof TicketServiceService>

export interface Harness {
  app: App
  directory: TestDirectory
  client: TicketClient
  ruleValues: GrpcClient<typeof RuleValueServiceService>
  insight: GrpcClient<typeof InsightServiceService>
  /** What other parts of the service need to run beside it. */
  parts: { db: Db; temporal: Client; queuePrefix: string; log: Logger; internalKey: Secret }
  /** An account of its own, so that tests do not meet. */
  account(): TestAccount
  stopWorker(): Promise<void>
  startWorker(): Promise<void>
  close(): Promise<void>
}

function need(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`Integration tests need ${name}.`)
  return value
}

/** The ticket service with its worker, on the dependencies that the environment names. */
export async function startHarness(options: { maxAttachmentBytes?: number } = {}): Promise<Harness> {
  const run = randomUUID().replaceAll('-', '').slice(0, 12)
  const log = createLogger('ticket-test', process.env.LOG_LEVEL ?? 'error')
  const internalKey = new Secret('k'.repeat(32))
  const temporalConfig = {
    TEMPORAL_ADDRESS: need('TEMPORAL_ADDRESS'),
    TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE ?? 'default',
  }
  const mongo = await connectMongo({ uri: need('MONGODB_URI'), database: `onus_ticket_${run}` })
  await ensureIndexes(mongo.db, QUERIES)
  const temporal = await connectTemporal(temporalConfig)
  await ensureSearchAttributes(temporal.connection, temporalConfig.TEMPORAL_NAMESPACE, SEARCH_ATTRIBUTES)
  const directory = new TestDirectory()
  const taskQueue = `${run}.${TICKETS_QUEUE}`
  const app = createApp({
    db: mongo.db,
    temporal: temporal.client,
    taskQueue,
    directory,
    clock: () => new Date(),
    maxAttachmentBytes: options.maxAttachmentBytes ?? 26_214_400,
  })
  const startWorker = () => runTicketWorker({ db: mongo.db, directory, taskQueue, ...temporalConfig })
  let stopWorker: (() => Promise<void>) | undefined = await startWorker()

  const server = createGrpcServer({ log, config: {}, internalKey, drainMs: 500 })
  server.add(SERVICE, app.handlers as never)
  server.add(RuleValueServiceService, app.ruleValues)
  server.add(InsightServiceService, app.insight)
  const port = await server.listen('127.0.0.1', 0)
  const client = createGrpcClient(TicketServiceClient as never, `127.0.0.1:${port}`, {
    config: {},
    internalKey,
    defaultDeadlineMs: 20_000,
  }) as unknown as TicketClient

  const ruleValues = createGrpcClient(RuleValueServiceClient, `127.0.0.1:${port}`, {
    config: {},
    internalKey,
  })

  const insight = createGrpcClient(InsightServiceClient, `127.0.0.1:${port}`, { config: {}, internalKey })

  let accounts = 0
  const stop = async () => {
    await stopWorker?.()
    stopWorker = undefined
  }
  return {
    app,
    directory,
    client,
    ruleValues,
    insight,
    parts: { db: mongo.db, temporal: temporal.client, queuePrefix: `${run}.`, log, internalKey },
    account: () => directory.account(`${run}a${++accounts}`),
    stopWorker: stop,
    async startWorker() {
      stopWorker ??= await startWorker()
    },
    async close() {
      client.close()
      ruleValues.close()
      insight.close()
      await server.stop()
      await stop()
      await mongo.db.dropDatabase()
      await mongo.close()
      await temporal.close()
    },
  }
}

export const agentCaller = (account: TestAccount, id: string): Caller => ({
  type: 'agent',
  accountId: account.id,
  id,
  name: id,
  role: 'agent',
  scopes: [],
})

export const keyCaller = (account: TestAccount, ...scopes: string[]): Caller => ({
  type: 'api_client',
  accountId: account.id,
  id: 'key1',
  name: 'Shop',
  scopes,
})
