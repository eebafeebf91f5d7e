import { z } from '@hono/zod-openapi'
import { problems } from '@onus/kit/problems'
import { email, emptyBody, idParams, pageQuery, toPage } from '../api/common.ts'
import { unreadableMailPage } from '../api/tickets.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { pageJson } from '../mapping/common.ts'
import { unreadableMailJson } from '../mapping/tickets.ts'
import { downloadResponse } from './attachments.ts'
import { mailGuard, setupGuard } from './guards.ts'

const TAG = 'Inbound mail'
const RAW_MAIL = { type: 'string', format: 'binary', minLength: 1 }

/** Mail that comes over HTTP instead of SMTP, and mail that nobody could read. */
export function inboundRoutes({ ticket }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'acceptMail',
      method: 'post',
      path: '/inbound/email',
      tag: TAG,
      summary: 'Hand in a raw mail',
      description:
        'Answered only when the mail is kept and its intake is certain. The same mail twice is one message.',
      door: 'account',
      query: z.strictObject({
        to: z
          .array(email)
          .min(1, 'Give the address of a department.')
          .max(100)
          .openapi({ description: 'The envelope’s recipients: addresses of departments.' }),
        from: email.optional().openapi({ description: 'The envelope’s sender; left out for a bounce.' }),
      }),
      raw: {
        limit: 'mail',
        mediaTypes: {
          'message/rfc822': { description: 'The mail.', schema: RAW_MAIL },
          'application/octet-stream': {
            description: 'The mail, from who cannot name its type.',
            schema: RAW_MAIL,
          },
        },
        parse: async (bytes) => {
          if (bytes.byteLength === 0)
            throw problems.invalid([{ field: 'body', message: 'Missing; send the raw mail.' }])
          return bytes
        },
      },
      guard: mailGuard,
      answers: {
        202: {
          description: 'The mail is kept; one intake for each department.',
          schema: z.object({ intakeIds: z.array(z.string()) }).openapi('AcceptedMail'),
        },
      },
      refusals: ['unknown-reference', 'not-found'],
      async handle({ query, body }, context) {
        const envelope = { from: query.from ?? '', to: query.to }
        const { intakeIds } = await ticket.acceptMail(envelope, body as unknown as Uint8Array, context.call)
        return { status: 202, body: { intakeIds } }
      },
    }),
    operation({
      id: 'listUnreadableMails',
      method: 'get',
      path: '/inbound/unreadable',
      tag: TAG,
      summary: 'List mails that could not be read, newest first',
      door: 'account',
      query: pageQuery,
      guard: setupGuard,
      answers: { 200: { description: 'A page of mails.', schema: unreadableMailPage } },
      async handle({ query }, { call }) {
        const found = await ticket.listUnreadableMails({ page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, unreadableMailJson) }
      },
    }),
    operation({
      id: 'retryUnreadableMail',
      method: 'post',
      path: '/inbound/unreadable/{id}/retry',
      tag: TAG,
      summary: 'Read such a mail once more',
      description: 'It becomes a ticket or a message, or is listed here again with what is wrong with it.',
      door: 'account',
      params: idParams,
      body: emptyBody,
      bodyOptional: true,
      guard: setupGuard,
      answers: {
        202: {
          description: 'Its intake is under way again.',
          schema: z.object({ intakeId: z.string() }).openapi('RetriedMail'),
        },
      },
      async handle({ params }, { call }) {
        const { intakeId } = await ticket.retryUnreadableMail({ id: params.id }, call)
        return { status: 202, body: { intakeId } }
      },
    }),
    operation({
      id: 'downloadUnreadableMail',
      method: 'get',
      path: '/inbound/unreadable/{id}',
      tag: TAG,
      summary: 'Download such a mail as it came',
      door: 'account',
      params: idParams,
      answers: { 200: { description: 'The raw mail.', mediaType: 'message/rfc822' } },
      async handle({ params }, { call }) {
        return downloadResponse(await ticket.getUnreadableMail({ id: params.id }, call))
      },
    }),
  ]
}
