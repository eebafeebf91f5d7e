import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadProviderKeys, providerEnv } from '@onus/deploy-local/stack/providers'
import { channelSettings, readConfig } from '@onus/notification/config'
import { expect, it } from 'vitest'

it('the keys that the embedded stack gives the notification service are ones that it takes', () => {
  const keys = loadProviderKeys(join(mkdtempSync(join(tmpdir(), 'onus-wiring-')), 'providers.json'))
  const config = readConfig({
    ONUS_INTERNAL_KEY: 'k'.repeat(32),
    MONGODB_URI: 'mongodb://localhost',
    KAFKA_BROKERS: 'localhost:9092',
    TEMPORAL_ADDRESS: 'localhost:7233',
    TICKET_ADDRESS: 'localhost:1',
    DIRECTORY_ADDRESS: 'localhost:2',
    SMTP_URL: 'smtp://localhost:25',
    MAIL_DOMAIN: 'onus.localhost',
    NOTIFICATION_FROM: 'Onus <notifications@onus.localhost>',
    ...providerEnv(keys, { pushUrl: 'http://127.0.0.1:1', apnsUrl: 'http://127.0.0.1:2' }),
  })
  expect(channelSettings(config)).toMatchObject({
    slack: { signingSecret: keys.slackSigningSecret },
    fcmUrl: 'http://127.0.0.1:1',
    apnsUrl: 'http://127.0.0.1:2',
    push: { fcm: { projectId: keys.fcm.projectId }, apns: { topic: keys.apns.topic, production: true } },
    allowLoopback: true,
  })
})
