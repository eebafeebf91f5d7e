import { idParams } from '../api/common.ts'
import { attachment } from '../api/tickets.ts'
import type { Clients, Download } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { attachmentJson } from '../mapping/tickets.ts'
import { readUpload, type Upload } from './upload.ts'

const TAG = 'Attachments'
const BINARY = { type: 'string', format: 'binary' }

/** Files of messages: uploaded first, then named by the message. */
export function attachmentRoutes({ ticket }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'uploadAttachment',
      method: 'post',
      path: '/attachments',
      tag: TAG,
      summary: 'Upload a file for a message',
      description:
        'As a form with the field `file`, or as bytes with the name in `Content-Disposition: attachment; filename="…"`.',
      door: 'account',
      raw: {
        limit: 'attachment',
        mediaTypes: {
          'multipart/form-data': {
            description: 'A form with one file.',
            schema: { type: 'object', properties: { file: BINARY }, required: ['file'] },
          },
          'application/octet-stream': { description: 'The bytes.', schema: BINARY },
        },
        parse: readUpload,
      },
      answers: {
        201: { description: 'The attachment.', schema: attachment, headers: { Location: 'Its path.' } },
      },
      refusals: ['not-found'],
      async handle({ body }, { call }) {
        const { name, contentType, bytes } = body as unknown as Upload
        const kept = await ticket.uploadAttachment({ name, contentType }, bytes, call)
        return {
          status: 201,
          body: attachmentJson(kept),
          headers: { location: `/api/v1/attachments/${kept.id}` },
        }
      },
    }),
    operation({
      id: 'downloadAttachment',
      method: 'get',
      path: '/attachments/{id}',
      tag: TAG,
      summary: 'Download a file',
      description: 'Always as a download and never to be shown in place, whatever its type says.',
      door: 'account',
      params: idParams,
      answers: {
        200: { description: 'The bytes, with the type that they were uploaded with.', mediaType: '*/*' },
      },
      async handle({ params }, { call }) {
        return downloadResponse(await ticket.downloadAttachment({ attachmentId: params.id }, call))
      },
    }),
  ]
}

/** A file from a stranger: saved under a harmless name, never rendered, never sniffed. */
export function downloadResponse({ head, content }: Download): Response {
  const safeType = /^[\w.+-]+\/[\w.+-]+$/.test(head.contentType)
    ? head.contentType
    : 'application/octet-stream'
  return new Response(content, {
    status: 200,
    headers: {
      'content-type': safeType,
      'content-length': String(head.size),
      'content-disposition': contentDisposition(head.name),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    },
  })
}

/** RFC 6266: an ASCII name for old clients, and the whole name in UTF-8. */
export function contentDisposition(name: string): string {
  const plain =
    name
      .toWellFormed()
      .replace(/[\p{Cc}/\\]/gu, '_')
      .slice(0, 200) || 'attachment'
  const ascii = plain.replace(/[^\x20-\x7e]|["%]/g, '_')
  const utf8 = encodeURIComponent(plain).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${utf8}`
}
