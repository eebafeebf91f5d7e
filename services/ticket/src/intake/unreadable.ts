import { requireRole } from '@onus/kit/caller'
import { encodeCursor } from '@onus/kit/cursor'
import type { CallContext } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type {
  DownloadAttachmentResponse,
  GetUnreadableMailRequest,
  ListUnreadableMailsRequest,
  ListUnreadableMailsResponse,
  RetryUnreadableMailRequest,
  RetryUnreadableMailResponse,
  UnreadableMail,
} from '@onus/proto/onus/v1/ticket'
import { z } from 'zod'
import { readPage } from '../reads/page.ts'
import { type AcceptMailDeps, startIntake } from './accept-mail.ts'
import type { MailStore, StoredMail } from './store/mails.ts'

const PLACE = z.object({ receivedAt: z.string(), key: z.string() })

/** Mails that could not be read, for those who can do something about it. */
export async function listUnreadableMails(
  mails: MailStore,
  { page }: ListUnreadableMailsRequest,
  { caller }: CallContext,
): Promise<ListUnreadableMailsResponse> {
  requireRole(caller, 'owner', 'admin')
  const { limit, after } = readPage(page, PLACE)
  const found = await mails.unreadable(caller.accountId, limit + 1, after)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(unreadableMail),
    ...(found.length > limit &&
      last && { nextCursor: encodeCursor({ receivedAt: last.receivedAt, key: last._id }) }),
  }
}

/** One of them, byte by byte as it came. */
export async function* getUnreadableMail(
  mails: MailStore,
  { id }: GetUnreadableMailRequest,
  { caller }: CallContext,
): AsyncGenerator<DownloadAttachmentResponse> {
  requireRole(caller, 'owner', 'admin')
  const mail = await mails.find(caller.accountId, id)
  if (mail?.state !== 'unreadable') throw problems.notFound('unreadable mail', id)
  const head = { id, name: `${id}.eml`, contentType: 'message/rfc822', size: mail.size }
  yield { part: { $case: 'head', value: head } }
  for await (const chunk of mails.readRaw(mail)) yield { part: { $case: 'chunk', value: chunk } }
}

/**
 * Reads it once more: what failed may have been put right meanwhile. Where it goes is planned anew, since the
 * plan may be why it could not become a ticket.
 */
export async function retryUnreadableMail(
  deps: AcceptMailDeps,
  { id }: RetryUnreadableMailRequest,
  ctx: CallContext,
): Promise<RetryUnreadableMailResponse> {
  const { caller } = ctx
  requireRole(caller, 'owner', 'admin')
  const mail = await deps.mails.find(caller.accountId, id)
  if (mail?.state !== 'unreadable') throw problems.notFound('unreadable mail', id)
  await deps.mails.begin(caller.accountId, id)
  await startIntake(deps, mail, ctx, { again: true })
  return { intakeId: id }
}

function unreadableMail(mail: StoredMail): UnreadableMail {
  return {
    id: mail.mailId,
    receivedAt: mail.receivedAt,
    from: mail.envelope.from,
    to: mail.envelope.to,
    size: mail.size,
    error: mail.error ?? '',
    departmentId: mail.departmentId,
  }
}
