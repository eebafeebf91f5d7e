import { systemCaller } from '@onus/kit/caller'
import { parseConfig } from '@onus/kit/config'
import { createGrpcClient, createGrpcServer } from '@onus/kit/grpc'
import { createPublisher, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { createSecretBox, keepSecretsRenewed } from '@onus/kit/secret-box'
import { runService } from '@onus/kit/service'
import { temporalWhenNeeded } from '@onus/kit/temporal'
import { AuditServiceService } from '@onus/proto/onus/v1/audit'
import { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { TicketServiceClient } from '@onus/proto/onus/v1/ticket'
import { createApp } from './app.ts'
import { directoryConfig } from './config.ts'
import { SEALED_PLACES } from './grpc/entry.ts'
import { drainLane } from './outbox/drains.ts'
import { eventLane } from './outbox/events.ts'
import { operationLane } from './outbox/operations.ts'
import { sweepLane } from './outbox/sweeps.ts'
import { QUERIES } from './store/queries.ts'

await runService('directory', async ({ log, health, onStop, reach }) => {
  const config = parseConfig(directoryConfig)
  const internalKey = config.ONUS_INTERNAL_KEY

  const mongo = await reach('mongodb', () =>
    connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE }),
  )
  onStop('mongodb', mongo.close)
  health.check('mongodb', mongo.ping)
  await reach('mongodb', () => ensureIndexes(mongo.db, QUERIES))

  // Neither a broker nor a Temporal server is needed to answer: what they are to be told waits for them.
  const publisher = createPublisher(config, log)
  onStop('kafka', () => publisher.close())
  const temporal = temporalWhenNeeded(config)
  onStop('temporal', temporal.close)

  const tickets = createGrpcClient(TicketServiceClient, config.TICKET_ADDRESS, { config, internalKey })
  onStop('ticket', () => tickets.close())

  const app = createApp({
    db: mongo.db,
    log,
    internalKey,
    lanes: [
      eventLane(publisher, () => ensureTopics(config, log, [TOPICS.directoryEvents], 10_000)),
      sweepLane(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
      operationLane(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
      drainLane(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX),
    ],
    async hasTickets(accountId, departmentId) {
      const page = { limit: 1, cursor: '' }
      const { items } = await tickets.listTickets(
        { page, departmentId, statuses: [], unassigned: false },
        { caller: systemCaller(accountId, 'directory') },
      )
      return items.length > 0
    },
    async heldTickets(accountId, agentId) {
      const caller = systemCaller(accountId, 'directory')
      return (await tickets.countHeld({ agentId }, { caller })).byDepartment
    },
  })
  onStop('secrets', keepSecretsRenewed(mongo.db, createSecretBox(internalKey.reveal()), SEALED_PLACES, log))
  app.start()
  onStop('outbox', () => app.stop())

  const server = createGrpcServer({ log, config, internalKey, authenticateKey: app.authenticateKey })
  server.add(DirectoryServiceService, app.handlers)
  server.add(AuditServiceService, app.audit)
  await server.listen(config.GRPC_HOST, config.GRPC_PORT)
  onStop('gRPC', () => server.stop())
})
