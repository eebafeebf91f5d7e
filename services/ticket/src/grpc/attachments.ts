import type { Clock } from '@onus/kit/clock'
import type { CallContext } from '@onus/kit/grpc'
import { newId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type {
  Attachment,
  DownloadAttachmentRequest,
  DownloadAttachmentResponse,
  UploadAttachmentRequest,
} from '@onus/proto/onus/v1/ticket'
import type { TicketAccess } from '../commands/access.ts'
import { type AttachmentAccess, uploaderOf } from '../commands/attachment-access.ts'
import { FieldErrors, isId } from '../domain/fields.ts'
import { requireMayUpload } from '../domain/visibility.ts'
import { type AttachmentStore, attachmentInfo } from '../store/attachments.ts'
import { toAttachment } from './convert.ts'

export interface AttachmentHandlerDeps {
  access: TicketAccess
  attachments: AttachmentStore
  attachmentAccess: AttachmentAccess
  clock: Clock
}

const MAX_NAME = 255
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(\s*;[^\r\n]{0,200})?$/

/** The RPCs that carry files. */
export function attachmentHandlers(deps: AttachmentHandlerDeps) {
  const { access, attachments, attachmentAccess, clock } = deps
  return {
    async uploadAttachment(
      parts: AsyncIterable<UploadAttachmentRequest>,
      ctx: CallContext,
    ): Promise<Attachment> {
      const { caller } = ctx
      requireMayUpload(caller, await access.directory(caller))
      const iterator = parts[Symbol.asyncIterator]()
      const { name, contentType } = readHead(await iterator.next())
      const stored = await attachments.keep(
        {
          accountId: caller.accountId,
          attachmentId: newId(),
          name,
          contentType,
          uploadedBy: uploaderOf(caller),
          createdAt: clock().toISOString(),
        },
        chunksOf(iterator),
      )
      return toAttachment(attachmentInfo(stored))
    },

    async *downloadAttachment(
      request: DownloadAttachmentRequest,
      ctx: CallContext,
    ): AsyncGenerator<DownloadAttachmentResponse> {
      const { caller } = ctx
      const { attachmentId } = request
      const stored = isId(attachmentId) ? await attachments.find(caller.accountId, attachmentId) : null
      if (!stored || !(await attachmentAccess.maySee(caller, stored))) {
        throw problems.notFound('attachment', attachmentId)
      }
      yield { part: { $case: 'head', value: toAttachment(attachmentInfo(stored)) } }
      for await (const value of attachments.read(stored)) yield { part: { $case: 'chunk', value } }
    },
  }
}

function readHead(first: IteratorResult<UploadAttachmentRequest>): { name: string; contentType: string } {
  const part = first.done ? undefined : first.value.part
  if (part?.$case !== 'head') {
    throw problems.invalid([{ field: 'head', message: 'Must come first, before the bytes.' }])
  }
  const check = new FieldErrors()
  const name = check.line('name', part.value.name, MAX_NAME)
  const contentType = part.value.contentType.trim() || 'application/octet-stream'
  if (!MEDIA_TYPE.test(contentType)) check.add('contentType', 'Must be a media type, for example text/plain.')
  check.throwIfAny()
  return { name, contentType }
}

async function* chunksOf(rest: AsyncIterator<UploadAttachmentRequest>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await rest.next()
    if (next.done) return
    const { part } = next.value
    if (part?.$case !== 'chunk') {
      throw problems.invalid([{ field: 'chunk', message: 'Only bytes may follow the head.' }])
    }
    yield part.value
  }
}
