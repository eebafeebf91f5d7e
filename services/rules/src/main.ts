import { systemCaller } from '@onus/kit/caller'
import { parseConfig } from '@onus/kit/config'
import { createDirectoryReader } from '@onus/kit/directory'
import { createGrpcClient, createGrpcServer } from '@onus/kit/grpc'
import { connectMongo } from '@onus/kit/mongo'
import { runService } from '@onus/kit/service'
import { DirectoryServiceClient } from '@onus/proto/onus/v1/directory'
import { RulesServiceService } from '@onus/proto/onus/v1/rules'
import { createApp } from './app.ts'
import { rulesConfig } from './config.ts'
import { keyAuthenticator } from './grpc/authenticate.ts'

await runService('rules', async ({ log, health, onStop }) => {
  const config = parseConfig(rulesConfig)
  const internalKey = config.ONUS_INTERNAL_KEY

  const mongo = await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE })
  onStop('mongodb', mongo.close)
  health.check('mongodb', mongo.ping)

  const caller = systemCaller('', 'rules')
  const directory = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, {
    config,
    internalKey,
    caller,
  })
  onStop('directory', () => directory.close())

  const app = createApp({ db: mongo.db, directory: createDirectoryReader(directory, 'rules') })

  const authenticateKey = keyAuthenticator(directory)
  const server = createGrpcServer({ log, config, internalKey, authenticateKey })
  server.add(RulesServiceService, app.handlers)
  await server.listen(config.GRPC_HOST, config.GRPC_PORT)
  onStop('gRPC', () => server.stop())
})
