import { systemCaller } from '@onus/kit/caller'
import { parseConfig } from '@onus/kit/config'
import { createDirectoryReader } from '@onus/kit/directory'
import { createGrpcClient, createGrpcServer } from '@onus/kit/grpc'
import { createSubscriber, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { runService } from '@onus/kit/service'
import { temporalWhenNeeded } from '@onus/kit/temporal'
import { AuditServiceClient } from '@onus/proto/onus/v1/audit'
import { DirectoryServiceClient } from '@onus/proto/onus/v1/directory'
import { RuleValueServiceClient } from '@onus/proto/onus/v1/rule_values'
import {
  RuleInsightServiceService,
  RulesServiceService,
  TemplateServiceService,
} from '@onus/proto/onus/v1/rules'
import { WebhookServiceClient } from '@onus/proto/onus/v1/webhooks'
import { createApp } from './app.ts'
import { rulesConfig } from './config.ts'
import { HISTORY_GROUP, keepHistory } from './events.ts'
import { keyAuthenticator } from './grpc/authenticate.ts'
import { recordAudit, startSweep } from './outbox/deliveries.ts'
import { QUERIES } from './store/queries.ts'
import { createWebhooks } from './webhooks.ts'

await runService('rules', async ({ log, health, onStop, reach }) => {
  const config = parseConfig(rulesConfig)
  const internalKey = config.ONUS_INTERNAL_KEY

  const mongo = await reach('mongodb', () =>
    connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE }),
  )
  onStop('mongodb', mongo.close)
  health.check('mongodb', mongo.ping)
  await reach('mongodb', () => ensureIndexes(mongo.db, QUERIES))

  const calls = { config, internalKey, caller: systemCaller('', 'rules') }
  const directory = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, calls)
  onStop('directory', () => directory.close())
  const audit = createGrpcClient(AuditServiceClient, config.DIRECTORY_ADDRESS, calls)
  onStop('audit', () => audit.close())
  const webhooks = createGrpcClient(WebhookServiceClient, config.NOTIFICATION_ADDRESS, calls)
  onStop('webhooks', () => webhooks.close())
  const tickets = createGrpcClient(RuleValueServiceClient, config.TICKET_ADDRESS, calls)
  onStop('tickets', () => tickets.close())
  // No Temporal server is needed to answer: the sweeps that it is to start wait for it.
  const temporal = temporalWhenNeeded(config)
  onStop('temporal', temporal.close)

  const app = createApp({
    db: mongo.db,
    log,
    directory: createDirectoryReader(directory, 'rules'),
    webhooks: createWebhooks(webhooks, log),
    tickets,
    delivery: {
      audit: recordAudit(audit),
      sweep: startSweep(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
    },
  })
  app.start()
  onStop('outbox', () => app.stop())

  // No broker is needed to answer either: the history goes on when it is back.
  const history = createSubscriber(
    config,
    {
      groupId: HISTORY_GROUP,
      topics: [TOPICS.ticketEvents],
      fromBeginning: true,
      onPoison: 'park',
      concurrency: 3,
    },
    log,
  )
  onStop('history', () => history.close())
  health.watch('history', () => history.problem())
  void ensureTopics(config, log, [TOPICS.ticketEvents])
    .catch((error) => log.warn({ err: error }, 'the topic of ticket events could not be made'))
    .then(() => history.runInBatches(keepHistory(app.history)))

  const authenticateKey = keyAuthenticator(directory)
  const server = createGrpcServer({ log, config, internalKey, authenticateKey })
  server.add(RulesServiceService, app.rules)
  server.add(TemplateServiceService, app.templates)
  server.add(RuleInsightServiceService, app.insight)
  await server.listen(config.GRPC_HOST, config.GRPC_PORT)
  onStop('gRPC', () => server.stop())
})
