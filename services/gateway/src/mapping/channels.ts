import type { z } from '@hono/zod-openapi'
import type { Device, PushIntegration, SetPushIntegrationRequest } from '@onus/proto/onus/v1/channels'
import type { deviceRegistration, pushChange } from '../api/channels.ts'
import { present } from './common.ts'

export const registrationProto = (body: z.output<typeof deviceRegistration>) => {
  const { subscription, ...rest } = body
  return {
    ...rest,
    subscription: subscription && {
      endpoint: subscription.endpoint,
      p256dh: subscription.keys.p256dh,
      auth: subscription.keys.auth,
    },
  }
}

export const deviceJson = ({ id, kind, name, app, tokenHint, createdAt, renewedAt }: Device) =>
  present({ id, kind, name, app, tokenHint, createdAt, renewedAt })

export function pushProto(body: z.output<typeof pushChange>): SetPushIntegrationRequest {
  const { fcm, apns, webPush, pushShowsText } = body
  return {
    fcm: fcm ? { serviceAccount: textOf(fcm.serviceAccount) } : undefined,
    apns: apns ? { ...apns, production: apns.production ?? true } : undefined,
    webPush: webPush ?? undefined,
    pushShowsText,
    remove: [
      ...(fcm === null ? ['fcm'] : []),
      ...(apns === null ? ['apns'] : []),
      ...(webPush === null ? ['web_push'] : []),
    ],
  }
}

/** A key file that was pasted as text, or sent as what it holds. */
const textOf = (file: string | Record<string, unknown>): string =>
  typeof file === 'string' ? file : JSON.stringify(file)

export const pushJson = (integration: PushIntegration) => {
  const { kinds, webPush, pushShowsText, updatedAt, fcm, apns } = integration
  return present({
    kinds,
    webPush: present({
      publicKey: webPush?.publicKey,
      generated: webPush?.generated,
      subject: webPush?.subject,
    }),
    pushShowsText,
    updatedAt,
    fcm: fcm && { projectId: fcm.projectId, clientEmail: fcm.clientEmail, privateKeyId: fcm.privateKeyId },
    apns: apns && { keyId: apns.keyId, teamId: apns.teamId, topic: apns.topic, production: apns.production },
  })
}
