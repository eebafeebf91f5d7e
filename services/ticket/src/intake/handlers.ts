import type { Clock } from '@onus/kit/clock'
import type { Handlers } from '@onus/kit/grpc'
import type { TicketServiceService } from '@onus/proto/onus/v1/ticket'
import type { Client } from '@temporalio/client'
import type { Db } from 'mongodb'
import { acceptMail } from './accept-mail.ts'
import type { ResolveAddress } from './addresses.ts'
import { MailStore } from './store/mails.ts'
import { getUnreadableMail, listUnreadableMails, retryUnreadableMail } from './unreadable.ts'

export interface MailHandlersDeps {
  db: Db
  temporal: Client
  /** Task queue of mail intake, with the installation's prefix. */
  taskQueue: string
  /** See `createResolveAddress`. */
  resolveAddress: ResolveAddress
  /** Largest raw mail in bytes; default 25 MiB. */
  maxMailBytes?: number
  clock: Clock
}

export const DEFAULT_MAX_MAIL_BYTES = 26_214_400

export type MailHandlers = Pick<
  Handlers<typeof TicketServiceService>,
  'acceptMail' | 'listUnreadableMails' | 'getUnreadableMail' | 'retryUnreadableMail'
>

/** The RPCs of mail intake; beside those of `createApp` they make the ticket service whole. */
export function createMailHandlers(deps: MailHandlersDeps): MailHandlers {
  const mails = new MailStore(deps.db, deps.maxMailBytes ?? DEFAULT_MAX_MAIL_BYTES)
  return {
    acceptMail: (request, ctx) => acceptMail({ ...deps, mails }, request, ctx),
    listUnreadableMails: (request, ctx) => listUnreadableMails(mails, request, ctx),
    getUnreadableMail: (request, ctx) => getUnreadableMail(mails, request, ctx),
    retryUnreadableMail: (request, ctx) => retryUnreadableMail({ ...deps, mails }, request, ctx),
  }
}
