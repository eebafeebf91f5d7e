import { z } from '@hono/zod-openapi'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { UNSUBSCRIBE_HEADERS, unsubscribePage } from '../static/unsubscribe.ts'

const TAG = 'Notifications'

const query = z.strictObject({
  // Well within what a request line may hold.
  token: z
    .string()
    .regex(/^[\w.-]{1,3000}$/, 'Must be the token of a notice’s link, as it stands there.')
    .openapi({ description: 'Stands in the notice’s own link.' }),
})
const page = {
  description: 'A page in the recipient’s language.',
  mediaType: 'text/html',
  schema: z.string(),
}

/** Turns notices off from a mail, without a key (RFC 8058). Looking changes nothing: scanners follow links. */
export function unsubscribeRoutes({ notification }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'lookAtUnsubscribe',
      method: 'get',
      path: '/unsubscribe',
      tag: TAG,
      summary: 'Ask whether to turn notices off',
      door: 'public',
      query,
      answers: { 200: page },
      refusals: ['invalid-request', 'unavailable', 'internal'],
      async handle({ query: { token } }, { call }) {
        const found = await notification.unsubscribe({ token, look: true }, call)
        return new Response(unsubscribePage(found, token), { headers: UNSUBSCRIBE_HEADERS })
      },
    }),
    operation({
      id: 'unsubscribe',
      method: 'post',
      path: '/unsubscribe',
      tag: TAG,
      summary: 'Turn off exactly the notices that a link names',
      description:
        'What mail programs do for `List-Unsubscribe-Post: List-Unsubscribe=One-Click`. Whatever the body holds; the same again is no change.',
      door: 'public',
      query,
      answers: { 200: page },
      refusals: ['invalid-request', 'unavailable', 'internal'],
      async handle({ query: { token } }, { call }) {
        const done = await notification.unsubscribe({ token, look: false }, call)
        return new Response(unsubscribePage(done, token), { headers: UNSUBSCRIBE_HEADERS })
      },
    }),
  ]
}
