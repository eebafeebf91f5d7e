import { systemClock } from '@onus/kit/clock'
import { createDirectoryReader } from '@onus/kit/directory'
import { createGrpcClient, createGrpcServer } from '@onus/kit/grpc'
import { createPublisher, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { createSecretBox, keepSecretsRenewed } from '@onus/kit/secret-box'
import { runService } from '@onus/kit/service'
import { connectTemporal, ensureSearchAttributes } from '@onus/kit/temporal'
import { installRuntime } from '@onus/kit/temporal-runtime'
import { ChannelServiceService } from '@onus/proto/onus/v1/channels'
import { DirectoryServiceClient } from '@onus/proto/onus/v1/directory'
import { NotificationServiceService } from '@onus/proto/onus/v1/notification'
import { TicketServiceClient } from '@onus/proto/onus/v1/ticket'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import { createApp } from './app.ts'
import { channelSettings, ratesOf, readConfig } from './config.ts'
import { authenticateBy } from './grpc/principal.ts'
import { QUERIES } from './store/queries.ts'
import { SEALED_PLACES } from './store/secrets.ts'
import { createDigests } from './temporal/digests.ts'
import { createResender } from './temporal/resend.ts'
import { startWorker } from './temporal/worker.ts'
import { startWebhooks } from './webhooks/start.ts'

await runService('notification', async ({ log, health, onStop, reach }) => {
  const config = readConfig()
  const internalKey = config.ONUS_INTERNAL_KEY

  const [mongo, temporal] = await Promise.all([
    reach('mongodb', () => connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE })),
    reach('temporal', () => connectTemporal(config)),
    reach('kafka', () => ensureTopics(config, log, [TOPICS.notificationEvents])),
  ])
  onStop('mongodb', mongo.close)
  health.check('mongodb', mongo.ping)
  onStop('temporal', temporal.close)
  health.check('temporal', temporal.ping)
  await Promise.all([
    reach('mongodb', () => ensureIndexes(mongo.db, QUERIES)),
    reach('temporal', () =>
      ensureSearchAttributes(temporal.connection, config.TEMPORAL_NAMESPACE, SEARCH_ATTRIBUTES),
    ),
  ])

  const publisher = createPublisher(config, log)
  onStop('kafka', () => publisher.close())

  const directory = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, {
    config,
    internalKey,
  })
  onStop('directory', () => directory.close())
  const tickets = createGrpcClient(TicketServiceClient, config.TICKET_ADDRESS, { config, internalKey })
  onStop('ticket', () => tickets.close())

  const app = createApp({
    settings: {
      internalKey: internalKey.reveal(),
      smtpUrl: config.SMTP_URL.reveal(),
      mailDomain: config.MAIL_DOMAIN,
      from: config.NOTIFICATION_FROM,
      channels: channelSettings(config),
      publicUrl: config.PUBLIC_URL,
      deliveryTimeoutMs: config.DELIVERY_TIMEOUT_MS,
      rates: ratesOf(config),
    },
    clock: systemClock,
    log,
    db: mongo.db,
    publisher,
    directory: createDirectoryReader(directory, 'notification'),
    directoryClient: directory,
    tickets,
    startResend: createResender(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
    digests: createDigests(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
  })
  onStop('channels', app.close)
  const box = createSecretBox(internalKey.reveal())
  onStop('secrets', keepSecretsRenewed(mongo.db, box, SEALED_PLACES, log))

  await installRuntime(log)
  const worker = await reach('temporal', () => startWorker(config, app.activities))
  onStop('worker', worker.stop)
  health.watch('worker', worker.problem)

  const server = createGrpcServer({ log, config, internalKey, authenticateKey: authenticateBy(directory) })
  server.add(NotificationServiceService, app.handlers, { public: ['unsubscribe'] })
  server.add(ChannelServiceService, app.channelHandlers, { public: ['handleSlackInteraction'] })
  await startWebhooks({
    ...{ config, log, health, onStop, reach, server, tickets, db: mongo.db, temporal: temporal.client },
    directory: createDirectoryReader(directory, 'notification'),
  })
  await server.listen(config.GRPC_HOST, config.GRPC_PORT)
  onStop('gRPC', () => server.stop())
})
