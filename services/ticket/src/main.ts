import { systemClock } from '@onus/kit/clock'
import { parseConfig } from '@onus/kit/config'
import { createDirectoryReader } from '@onus/kit/directory'
import { createGrpcClient, createGrpcServer } from '@onus/kit/grpc'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { runService } from '@onus/kit/service'
import { connectTemporal } from '@onus/kit/temporal'
import { DirectoryServiceClient } from '@onus/proto/onus/v1/directory'
import { InsightServiceService } from '@onus/proto/onus/v1/insight'
import { RuleValueServiceService } from '@onus/proto/onus/v1/rule_values'
import { TicketServiceService } from '@onus/proto/onus/v1/ticket'
import { INTAKE_QUEUE, OPERATIONS_QUEUE, TICKETS_QUEUE } from '@onus/workflows-contract'
import { createApp } from './app.ts'
import { ticketConfig } from './config.ts'
import { keyAuthenticator } from './grpc/authenticate.ts'
import { createMailHandlers, createResolveAddress, INTAKE_QUERIES } from './intake/index.ts'
import { QUERIES } from './store/queries.ts'

await runService('ticket', async ({ log, health, onStop, reach }) => {
  const config = parseConfig(ticketConfig)
  const queue = (name: string) => `${config.TEMPORAL_TASK_QUEUE_PREFIX}${name}`

  const mongo = await reach('mongodb', () =>
    connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE }),
  )
  onStop('mongodb', mongo.close)
  health.check('mongodb', mongo.ping)
  await reach('mongodb', () => ensureIndexes(mongo.db, { ...QUERIES, ...INTAKE_QUERIES }))

  const temporal = await reach('temporal', () => connectTemporal(config))
  onStop('temporal', temporal.close)
  health.check('temporal', temporal.ping)

  const directory = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, {
    config,
    internalKey: config.ONUS_INTERNAL_KEY,
  })
  onStop('directory client', () => directory.close())
  health.check('directory', () => directory.connected(1500))

  const app = createApp({
    db: mongo.db,
    temporal: temporal.client,
    taskQueue: queue(TICKETS_QUEUE),
    operationsQueue: queue(OPERATIONS_QUEUE),
    directory: createDirectoryReader(directory, 'ticket'),
    clock: systemClock,
    maxAttachmentBytes: config.MAX_ATTACHMENT_BYTES,
  })
  const mail = createMailHandlers({
    db: mongo.db,
    temporal: temporal.client,
    taskQueue: queue(INTAKE_QUEUE),
    resolveAddress: createResolveAddress(directory),
    maxMailBytes: config.MAX_MAIL_BYTES,
    clock: systemClock,
  })

  const server = createGrpcServer({
    log,
    config,
    internalKey: config.ONUS_INTERNAL_KEY,
    authenticateKey: keyAuthenticator(directory),
  })
  server.add(TicketServiceService, { ...app.handlers, ...mail })
  server.add(RuleValueServiceService, app.ruleValues)
  server.add(InsightServiceService, app.insight)
  await server.listen(config.GRPC_HOST, config.GRPC_PORT)
  onStop('grpc', () => server.stop())
})
