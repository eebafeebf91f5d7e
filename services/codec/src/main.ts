import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runService } from '@onus/kit/service'
import { EncryptionCodec, parseCodecKeys } from '@onus/kit/temporal'
import { createCodecApp } from './app.ts'
import { createAuthorize } from './authorize.ts'
import { readConfig } from './config.ts'

await runService('codec', async ({ log, onStop }) => {
  const config = readConfig()
  const {
    CODEC_OIDC_ISSUER: issuer,
    CODEC_OIDC_AUDIENCE: audience = '',
    CODEC_OIDC_ALLOW: allow = [],
  } = config
  const app = createCodecApp({
    codec: new EncryptionCodec(parseCodecKeys(config.TEMPORAL_CODEC_KEYS.reveal())),
    authorize: createAuthorize({
      operatorKey: config.ONUS_OPERATOR_KEY,
      oidc: issuer === undefined ? undefined : { issuer, audience, allow },
    }),
    origins: config.CODEC_UI_ORIGINS,
    namespace: config.TEMPORAL_NAMESPACE,
    log,
  })
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.HTTP_PORT, config.HTTP_HOST, resolve)
  })
  onStop('HTTP', () => new Promise<void>((resolve) => server.close(() => resolve())))
  log.info({ port: (server.address() as AddressInfo).port }, 'listening')
})
