import { workflowBundle } from '@onus/kit/bundle'
import { systemCaller } from '@onus/kit/caller'
import { parseConfig } from '@onus/kit/config'
import { createDirectoryReader } from '@onus/kit/directory'
import { createGrpcClient } from '@onus/kit/grpc'
import { createPublisher, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { connectMongo } from '@onus/kit/mongo'
import { runService } from '@onus/kit/service'
import {
  connectTemporal,
  ensureSearchAttributes,
  temporalConnectionOptions,
  temporalDataConverter,
  workerVersioning,
} from '@onus/kit/temporal'
import { installRuntime } from '@onus/kit/temporal-runtime'
import { DirectoryServiceClient } from '@onus/proto/onus/v1/directory'
import { RulesServiceClient } from '@onus/proto/onus/v1/rules'
import { SEARCH_ATTRIBUTES, TICKETS_QUEUE } from '@onus/workflows-contract'
import { NativeConnection } from '@temporalio/worker'
import { TicketCommands } from './commands/ticket-commands.ts'
import { ticketWorkerConfig } from './config-worker.ts'
import { openDistribution } from './distribution/index.ts'
import { createWake } from './distribution/wake.ts'
import { viewOf } from './grpc/operations.ts'
import { UnclaimedWatch } from './insight/metrics.ts'
import { OpenWorkStore } from './insight/open-work.ts'
import { createIntakeWorker, intakeWorkflowsPath } from './intake/worker.ts'
import { HolderStore } from './store/holders.ts'
import { TicketStore } from './store/tickets.ts'
import { createTicketActivities } from './worker/activities.ts'
import { createLeavingActivities, createReport } from './worker/leaving.ts'
import { OrphanWatch } from './worker/orphan-watch.ts'
import { createEntryPublisher } from './worker/publisher.ts'
import { createRepublish } from './worker/republish.ts'
import { runWorkers } from './worker/run.ts'
import { createSweepPage, type SendCommand } from './worker/sweep.ts'
import { watchWaitingEvents } from './worker/waiting-events.ts'
import { createDrainWorker, createOperationsWorker, createTicketWorker, WORKFLOWS } from './worker/workers.ts'

await runService('ticket-worker', async ({ log, health, onStop, reach }) => {
  const config = parseConfig(ticketWorkerConfig)
  await installRuntime(log, { warnings: 'warn' })
  const prefix = config.TEMPORAL_TASK_QUEUE_PREFIX
  const bundling = Promise.all([
    workflowBundle(WORKFLOWS, config.ONUS_CACHE_DIR),
    workflowBundle(intakeWorkflowsPath(), config.ONUS_CACHE_DIR),
  ])

  const mongo = await reach('mongodb', () =>
    connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE }),
  )
  onStop('mongodb', mongo.close)
  health.check('mongodb', mongo.ping)

  const temporal = await reach('temporal', () => connectTemporal(config))
  onStop('temporal client', temporal.close)
  health.check('temporal', temporal.ping)
  await reach('temporal', () =>
    ensureSearchAttributes(temporal.connection, config.TEMPORAL_NAMESPACE, SEARCH_ATTRIBUTES),
  )

  await reach('kafka', () => ensureTopics(config, log, [TOPICS.ticketEvents]))
  const publisher = createPublisher(config, log)
  onStop('kafka', () => publisher.close())

  const grpc = { config, internalKey: config.ONUS_INTERNAL_KEY }
  const directoryClient = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, grpc)
  onStop('directory client', () => directoryClient.close())
  const rulesClient = createGrpcClient(RulesServiceClient, config.RULES_ADDRESS, grpc)
  onStop('rules client', () => rulesClient.close())

  const commands = new TicketCommands({
    temporal: temporal.client,
    taskQueue: `${prefix}${TICKETS_QUEUE}`,
    tickets: new TicketStore(mongo.db),
  })
  const connection = await reach('temporal', () =>
    NativeConnection.connect(temporalConnectionOptions(config)),
  )
  onStop('temporal', () => connection.close())
  const directory = createDirectoryReader(directoryClient, 'ticket-worker')
  const [ticketBundle, intakeBundle] = await bundling
  const namespace = config.TEMPORAL_NAMESPACE
  const encryption = temporalDataConverter(config)
  const versioning = workerVersioning(config)
  const common = { connection, namespace, prefix, bundle: ticketBundle, versioning, ...encryption }
  const { distribution, drain } = openDistribution({
    db: mongo.db,
    directory: (accountId) => directory.snapshot(accountId),
    wake: createWake(temporal.client, prefix),
    onError: (error) => log.warn({ err: error }, 'a drain was not woken'),
  })
  const tickets = await createTicketWorker({
    ...common,
    maxCachedWorkflows: config.MAX_CACHED_WORKFLOWS,
    activities: createTicketActivities({
      db: mongo.db,
      directory,
      rules: {
        getTriggers: (request) =>
          rulesClient.getTriggers(request, {
            caller: systemCaller(request.accountId, 'ticket-worker'),
            deadlineMs: 3_000,
          }),
        evaluate: (request) =>
          rulesClient.evaluate(
            { ...request, alreadyRun: [] },
            { caller: systemCaller(request.accountId, 'ticket-worker') },
          ),
      },
      publisher,
      distribution,
      log,
    }),
  })
  const send: SendCommand = (...command) => commands.execute(...command)
  const operations = await createOperationsWorker({
    ...common,
    activities: {
      sweepPage: createSweepPage(mongo.db, send),
      republish: createRepublish(new TicketStore(mongo.db), createEntryPublisher(publisher, log)),
      ...createLeavingActivities({ db: mongo.db, send, report: createReport(directoryClient), log }),
    },
  })
  const watch = new OrphanWatch({
    holders: new HolderStore(mongo.db),
    directory: viewOf(directory),
    send,
    log,
  })
  const drains = await createDrainWorker({
    ...common,
    activities: drain((accountId, ticketId, envelope, call) =>
      commands.execute(accountId, ticketId, envelope, call),
    ),
  })
  const intake = await createIntakeWorker({
    connection,
    namespace,
    taskQueuePrefix: prefix,
    db: mongo.db,
    commands,
    directory,
    log,
    worker: { workflowBundle: intakeBundle, ...encryption, ...versioning },
  })
  watch.start()
  onStop('orphan watch', () => watch.stop())
  const count = async (query: string) => (await temporal.client.workflow.count(query)).count
  onStop('waiting events', watchWaitingEvents({ count, log }))
  const unclaimed = new UnclaimedWatch({ work: new OpenWorkStore(mongo.db), log })
  unclaimed.start()
  onStop('unclaimed watch', () => unclaimed.stop())
  onStop('workers', runWorkers([tickets, operations, drains, intake], { log, health }))
})
