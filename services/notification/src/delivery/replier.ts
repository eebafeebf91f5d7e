import { Readable } from 'node:stream'
import { rfc3339 } from '@onus/kit/clock'
import { Problem } from '@onus/kit/problems'
import type {
  Attachment,
  GetMailContextResponse,
  Message,
  MessageDelivery,
  Ticket,
} from '@onus/proto/onus/v1/ticket'
import type { ReplyInput } from '@onus/workflows-contract'
import type { ReplyHead } from '@onus/workflows-notice'
import type { Mailer, MailFile } from '../channels/mailer.ts'
import { REPLY_LIFETIME_MS, retryDelayMs } from '../domain/backoff.ts'
import { asFailure, DeliveryFailure, withoutAddresses } from '../domain/failure.ts'
import { headerText } from '../render/escape.ts'
import { replyMail, replyMessageId } from '../render/reply.ts'
import { AttemptFailed, type AttemptInfo } from './deliverer.ts'
import type { Pace } from './pace.ts'
import type { World } from './world.ts'

export interface ReplierDeps {
  world: World
  mailer: Mailer
  pace: Pace
  mailDomain: string
  /** Sender of answers from a department that has no address. */
  from: { name: string; address: string }
}

interface Conversation {
  context: GetMailContextResponse
  ticket: Ticket
  message: Message
}

/** Sends agents' answers to contacts by mail. What became of each is a state of the message. */
export function createReplier({ world, mailer, pace, mailDomain, from }: ReplierDeps) {
  async function read(input: ReplyInput): Promise<Conversation> {
    const { accountId, ticketId, messageId } = input
    const context = await world.tickets.getMailContext(
      { ticketId, messageIds: [messageId] },
      { caller: world.callerFor(accountId) },
    )
    const { ticket } = context
    const message = context.messages.find(({ id }) => id === messageId)
    if (!ticket || !message) throw new Problem('not-found', `There is no message "${messageId}".`)
    return { context, ticket, message }
  }

  async function report(input: ReplyInput, delivery: MessageDelivery, mailMessageId?: string): Promise<void> {
    const { accountId, ticketId, messageId } = input
    await world.tickets.setMessageDelivery(
      { ticketId, messageId, delivery, mailMessageId },
      { caller: world.callerFor(accountId), retry: true },
    )
  }

  function files(accountId: string, attachments: readonly Attachment[]): MailFile[] {
    return attachments.map(({ id, name, contentType }) => ({
      filename: headerText(name),
      contentType,
      content: Readable.from(chunksOf(accountId, id)),
    }))
  }

  async function* chunksOf(accountId: string, attachmentId: string): AsyncGenerator<Uint8Array> {
    const parts = world.tickets.downloadAttachment(
      { attachmentId },
      { caller: world.callerFor(accountId), deadlineMs: 5 * 60_000 },
    )
    for await (const { part } of parts) if (part?.$case === 'chunk') yield part.value
  }

  async function send(input: ReplyInput, { context, ticket, message }: Conversation): Promise<void> {
    const address = ticket.contact?.email
    if (!address) throw new DeliveryFailure('recipient', 'The contact has no e-mail address.')
    const view = await world.directory.snapshot(input.accountId)
    const department = view.department(ticket.departmentId)
    const sender = department?.addresses[0]
    const mail = replyMail({ ticket, message, thread: context.mailMessageIds }, mailDomain)
    await mailer.send({
      ...mail,
      from: { name: headerText(department?.name ?? from.name), address: sender ?? from.address },
      to: { name: headerText(ticket.contact?.name ?? ''), address },
      attachments: files(input.accountId, message.attachments),
    })
  }

  return {
    /** Makes the answer's Message-ID known before it leaves. */
    async announce(input: ReplyInput): Promise<ReplyHead> {
      const { ticket, message } = await read(input)
      const mailMessageId = replyMessageId(message.id, ticket.id, mailDomain)
      await report(input, message.delivery ?? { state: 'planned', attempts: 0 }, mailMessageId)
      return { departmentId: ticket.departmentId, number: ticket.number }
    },

    /** @throws AttemptFailed after the message knows of it */
    async send(input: ReplyInput, info: AttemptInfo): Promise<'sent' | 'failed'> {
      const began = world.clock().getTime()
      try {
        const conversation = await read(input)
        const done = conversation.message.delivery?.state
        if (done === 'sent' || done === 'failed') return done
        if (!info.sentBefore) {
          await pace.turn([{ of: 'email' }])
          await send(input, conversation)
        }
        info.onSent()
      } catch (thrown) {
        const failure = replyFailure(thrown)
        const durationMs = world.clock().getTime() - began
        const delayMs = failure.waited
          ? (failure.retryAfterMs ?? 0)
          : retryDelayMs({ ...info, durationMs, retryAfterMs: failure.retryAfterMs })
        const over = failure.permanent || info.elapsedMs + delayMs > REPLY_LIFETIME_MS
        const nextAttemptAt = over ? undefined : rfc3339(new Date(world.clock().getTime() + delayMs))
        const state = over ? 'failed' : 'retrying'
        await report(input, { state, attempts: info.number, error: failure.message, nextAttemptAt })
        throw new AttemptFailed(failure.message, over ? undefined : delayMs)
      }
      await report(input, { state: 'sent', attempts: info.number, sentAt: rfc3339(world.clock()) })
      return 'sent'
    },

    async giveUp(input: ReplyInput & { error: string }): Promise<void> {
      const message = await read(input).then(
        (conversation) => conversation.message,
        (error) => (isGone(error) ? null : Promise.reject(error)),
      )
      if (!message) return
      const { state, attempts = 0 } = message.delivery ?? {}
      if (state === 'sent' || state === 'failed') return
      await report(input, { state: 'failed', attempts, error: withoutAddresses(input.error) })
    },
  }
}

function replyFailure(thrown: unknown): DeliveryFailure {
  if (isGone(thrown)) return new DeliveryFailure('message', 'The message is gone.', { cause: thrown })
  return asFailure(thrown)
}

const isGone = (thrown: unknown): boolean => thrown instanceof Problem && thrown.reason === 'not-found'
