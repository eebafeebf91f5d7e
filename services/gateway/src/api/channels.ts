import { z } from '@hono/zod-openapi'
import { line, text, timestamp } from './common.ts'

const kind = z.enum(['fcm', 'apns', 'web_push'])

const subscription = z
  .looseObject({
    endpoint: line(1, 2048),
    keys: z.looseObject({ p256dh: line(1, 200), auth: line(1, 100) }),
  })
  .openapi('PushSubscription', {
    description: 'What `PushManager.subscribe()` gives a browser, as `toJSON()`.',
  })

export const deviceRegistration = z
  .strictObject({
    kind,
    token: line(1, 4096).optional().openapi({
      description: 'Of `fcm`: the registration token; of `apns`: the device token, hexadecimal.',
    }),
    subscription: subscription.optional().openapi({ description: 'Of `web_push`.' }),
    name: line(1, 200).optional().openapi({ description: 'What the agent calls the device.' }),
    app: line(1, 200).optional().openapi({ description: 'Which app runs there, and in which version.' }),
  })
  .openapi('DeviceRegistration', {
    example: { kind: 'fcm', token: 'dGhpcyBpcyBub3QgYSB0b2tlbg:APA91b', name: 'My phone', app: 'Onus 1.4.0' },
  })

export const device = z
  .object({
    id: z.string(),
    kind,
    name: z.string().optional(),
    app: z.string().optional(),
    tokenHint: z
      .string()
      .openapi({ description: 'To tell devices apart by; the token itself is never shown.' }),
    createdAt: timestamp,
    renewedAt: timestamp,
  })
  .openapi('Device')

export const devicePage = z
  .object({ items: z.array(device), nextCursor: z.null() })
  .openapi('DevicePage', { description: 'All of them: there are at most 20.' })

export const deviceTest = z
  .object({
    state: z.enum(['sent', 'gone', 'failed']).openapi({
      description:
        '`gone`: the device does not exist any more, and was removed. `failed`: it may still be reached later.',
    }),
    error: z.string().optional().openapi({ description: 'What the push service said.' }),
  })
  .openapi('DeviceTest', { example: { state: 'sent' } })

const STAYS = 'Left out: stays; null: back to what the installation provides.'

export const pushChange = z
  .strictObject({
    fcm: z
      .strictObject({
        serviceAccount: z
          .union([z.record(z.string(), z.unknown()), text(1, 20_000)])
          .openapi({ description: 'The key file of the service account, as Google gives it.' }),
      })
      .nullish()
      .openapi({ description: `Firebase Cloud Messaging. ${STAYS}` }),
    apns: z
      .strictObject({
        keyId: line(1, 100),
        teamId: line(1, 100),
        key: text(1, 5000).openapi({ description: 'The `.p8` file, as Apple gives it.' }),
        topic: line(1, 200).openapi({ description: 'The app’s bundle id.' }),
        production: z.boolean().optional().openapi({ default: true }),
      })
      .nullish()
      .openapi({ description: `Apple Push Notification service. ${STAYS}` }),
    webPush: z
      .strictObject({ publicKey: line(1, 200), privateKey: line(1, 200), subject: line(1, 300) })
      .nullish()
      .openapi({
        description: `A VAPID key pair. ${STAYS} Browsers that subscribed with another key have to subscribe again.`,
      }),
    pushShowsText: z
      .boolean()
      .optional()
      .openapi({ description: 'A locked screen may show a ticket’s subject and text. At first it may not.' }),
  })
  .openapi('PushIntegrationChange', { example: { pushShowsText: false } })

export const push = z
  .object({
    kinds: z.array(kind).openapi({ description: 'The kinds of devices that can be reached.' }),
    webPush: z.object({
      publicKey: z
        .string()
        .openapi({ description: 'The `applicationServerKey` of a browser’s subscription.' }),
      generated: z.boolean().openapi({ description: 'Onus made the key pair by itself.' }),
      subject: z.string().optional(),
    }),
    pushShowsText: z.boolean(),
    updatedAt: timestamp.optional(),
    fcm: z
      .object({ projectId: z.string(), clientEmail: z.string(), privateKeyId: z.string() })
      .optional()
      .openapi({ description: 'For admins.' }),
    apns: z
      .object({ keyId: z.string(), teamId: z.string(), topic: z.string(), production: z.boolean() })
      .optional()
      .openapi({ description: 'For admins.' }),
  })
  .openapi('PushIntegration')
