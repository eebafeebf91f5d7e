import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { PushCredentials } from '../sinks/push/index.ts'
import { readJson, writeJson } from './memory.ts'

const providersSchema = z.object({
  slackSigningSecret: z.string().min(32),
  fcm: z.object({
    projectId: z.string(),
    clientEmail: z.string(),
    privateKeyId: z.string(),
    privateKey: z.string(),
    publicKey: z.string(),
  }),
  apns: z.object({
    keyId: z.string(),
    teamId: z.string(),
    topic: z.string(),
    privateKey: z.string(),
    publicKey: z.string(),
  }),
})
/** Keys that our services and the receivers share: what Google, Apple and Slack would give out. */
export type ProviderKeys = z.infer<typeof providersSchema>

const pem = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
})

/** Keys of one data directory: made once, the same at every start. */
export function loadProviderKeys(file: string): ProviderKeys {
  const found = readJson(file, providersSchema)
  if (found) return found
  const made = makeProviderKeys()
  writeJson(file, made)
  return made
}

export function makeProviderKeys(): ProviderKeys {
  return {
    slackSigningSecret: randomBytes(16).toString('hex'),
    fcm: {
      projectId: 'onus-local',
      clientEmail: 'onus@onus-local.iam.gserviceaccount.example',
      privateKeyId: randomBytes(20).toString('hex'),
      ...pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
    },
    apns: {
      keyId: 'LOCALKEY01',
      teamId: 'LOCALTEAM1',
      topic: 'dev.onus.local',
      ...pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    },
  }
}

/** What the receiver of push messages needs of them. */
export const receiverCredentials = ({ fcm, apns }: ProviderKeys): PushCredentials => ({
  fcm: [fcm].map(({ projectId, clientEmail, privateKeyId, publicKey }) => ({
    projectId,
    clientEmail,
    privateKeyId,
    publicKey,
  })),
  apns: [apns].map(({ keyId, teamId, topic, publicKey }) => ({ keyId, teamId, topics: [topic], publicKey })),
})

/** Environment of the notification service that connects every account to the receivers. */
export function providerEnv(
  keys: ProviderKeys,
  { pushUrl, apnsUrl }: { pushUrl: string; apnsUrl: string },
): Record<string, string> {
  const { fcm, apns } = keys
  return {
    SLACK_SIGNING_SECRET: keys.slackSigningSecret,
    FCM_URL: pushUrl,
    FCM_TOKEN_URL: `${pushUrl}/token`,
    FCM_SERVICE_ACCOUNT: JSON.stringify({
      type: 'service_account',
      project_id: fcm.projectId,
      private_key_id: fcm.privateKeyId,
      private_key: fcm.privateKey,
      client_email: fcm.clientEmail,
    }),
    APNS_URL: apnsUrl,
    APNS_SANDBOX_URL: apnsUrl,
    APNS_KEY: apns.privateKey,
    APNS_KEY_ID: apns.keyId,
    APNS_TEAM_ID: apns.teamId,
    APNS_TOPIC: apns.topic,
    CHANNELS_ALLOW_LOOPBACK: 'true',
    // The receivers take more than Slack and mail servers do; so does a trial with thousands of tickets.
    NOTICE_RATE_EMAIL: '500:1000',
    NOTICE_RATE_SLACK_CHANNEL: '100:200',
    NOTICE_RATE_SLACK_WORKSPACE: '500:1000',
  }
}
