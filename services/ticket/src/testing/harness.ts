import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Caller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { createGrpcClient, createGrpcServer, type GrpcClient } from '@onus/kit/grpc'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import {
  connectTemporal,
  ensureSearchAttributes,
  workerTracing,
  workflowInterceptorModules,
} from '@onus/kit/temporal'
import { TicketServiceClient, TicketServiceService } from '@onus/proto/onus/v1/ticket'
import { SEARCH_ATTRIBUTES, TICKETS_QUEUE } from '@onus/workflows-contract'
import { bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { type App, createApp } from '../app.ts'
import { createTicketLog } from '../store/log.ts'
import { QUERIES } from '../store/queries.ts'
import { createCommit } from '../worker/commit.ts'
import { createLoad, createRecall } from '../worker/load.ts'
import { type TestAccount, TestDirectory } from './directory.ts'

/** The RPCs that the harness serves: all but mail intake, which has its own. */
const { acceptMail, listUnreadableMails, getUnreadableMail, ...SERVICE } = TicketServiceService

export type TicketClient = GrpcClient<typeof TicketServiceService>

export interface Harness {
  app: App
  directory: TestDirectory
  client: TicketClient
  /** An account of its own, so that tests do not meet. */
  account(): TestAccount
  stopWorker(): Promise<void>
  close(): Promise<void>
}

function need(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`Integration tests need ${name}.`)
  return value
}

/** The ticket service with its worker, on the dependencies that the environment names. */
export async function startHarness(
  options: { worker?: boolean; maxAttachmentBytes?: number } = {},
): Promise<Harness> {
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
  const stopWorker = options.worker === false ? async () => {} : await startWorker()

  async function startWorker(): Promise<() => Promise<void>> {
    Runtime.install({ shutdownSignals: [], logger: { ...silent } as never })
    const ticketLog = createTicketLog(mongo.db)
    const facts = (accountId: string) => directory.snapshot(accountId)
    const connection = await NativeConnection.connect({ address: temporalConfig.TEMPORAL_ADDRESS })
    const deps = {
      log: ticketLog,
      directory: facts as never,
      rules: async () => [],
      events: { tryPublish: async () => true, publish: async () => {} },
    }
    const worker = await Worker.create({
      connection,
      namespace: temporalConfig.TEMPORAL_NAMESPACE,
      taskQueue,
      workflowBundle: await bundle(),
      activities: { commit: createCommit(deps), load: createLoad(deps), recall: createRecall(deps) },
      ...(await workerTracing('ticket-test', { bundled: true })),
    })
    const running = worker.run()
    return async () => {
      worker.shutdown()
      await running
      await connection.close()
    }
  }

  const server = createGrpcServer({ log, config: {}, internalKey, drainMs: 500 })
  server.add(SERVICE, app.handlers as never)
  const port = await server.listen('127.0.0.1', 0)
  const client = createGrpcClient(TicketServiceClient as never, `127.0.0.1:${port}`, {
    config: {},
    internalKey,
    defaultDeadlineMs: 20_000,
  }) as unknown as TicketClient

  let accounts = 0
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= stopWorker())
  return {
    app,
    directory,
    client,
    account: () => directory.account(`${run}a${++accounts}`),
    stopWorker: stop,
    async close() {
      client.close()
      await server.stop()
      await stop()
      await mongo.db.dropDatabase()
      await mongo.close()
      await temporal.close()
    },
  }
}

const silent = {
  log() {},
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}

let bundled: ReturnType<typeof bundleWorkflowCode> | undefined

function bundle() {
  bundled ??= bundleWorkflowCode({
    workflowsPath: createRequire(import.meta.url).resolve('@onus/workflows-ticket/bundle'),
    workflowInterceptorModules: workflowInterceptorModules(),
    logger: silent as never,
  })
  return bundled
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
