import type { CallContext } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type {
  GetMailContextRequest,
  GetMailContextResponse,
  MessageDelivery,
  SetMessageDeliveryRequest,
  SetMessageDeliveryResponse,
} from '@onus/proto/onus/v1/ticket'
import { FieldErrors, isId } from '../domain/fields.ts'
import { publicMessageIds } from '../reads/timeline.ts'
import type { TicketDocument } from '../store/log.ts'
import type { Delivery, MessageStore } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'
import { toMessage, toTicket } from './convert.ts'

export interface MailHandlerDeps {
  tickets: TicketStore
  messages: MessageStore
}

const DELIVERY_STATES = ['planned', 'retrying', 'sent', 'failed'] as const
/** Messages asked for at once. */
const MAX_MESSAGES = 100
/** The newest of a ticket's mails that a thread is built from. */
const MAX_THREAD = 100
const MAX_MESSAGE_ID = 998

/** The RPCs of the notification service, which sends answers out by mail. */
export function mailHandlers({ tickets, messages }: MailHandlerDeps) {
  const find = async (ctx: CallContext, ticketId: string): Promise<TicketDocument> => {
    if (ctx.caller.type !== 'system') throw problems.forbidden('do this from outside the installation')
    const ticket = isId(ticketId) ? await tickets.find(ctx.caller.accountId, ticketId) : null
    if (!ticket) throw problems.notFound('ticket', ticketId)
    return ticket
  }

  return {
    async setMessageDelivery(
      request: SetMessageDeliveryRequest,
      ctx: CallContext,
    ): Promise<SetMessageDeliveryResponse> {
      const { accountId, ticketId } = await find(ctx, request.ticketId)
      const check = new FieldErrors()
      const { messageId, mailMessageId } = request
      const delivery = readDelivery(check, request.delivery)
      if (mailMessageId !== undefined && (mailMessageId === '' || mailMessageId.length > MAX_MESSAGE_ID)) {
        check.add('mailMessageId', `Must have 1 to ${MAX_MESSAGE_ID} characters.`)
      }
      check.throwIfAny()
      const set = await messages.setDelivery(accountId, ticketId, messageId, delivery, mailMessageId)
      if (!set) throw problems.notFound('message', messageId)
      if (mailMessageId !== undefined) {
        await messages.keepMailId(accountId, mailMessageId, ticketId, messageId)
      }
      return {}
    },

    async getMailContext(request: GetMailContextRequest, ctx: CallContext): Promise<GetMailContextResponse> {
      const ticket = await find(ctx, request.ticketId)
      const { accountId, ticketId } = ticket
      const { messageIds } = request
      if (messageIds.length > MAX_MESSAGES) {
        throw problems.invalid([{ field: 'messageIds', message: `Must have at most ${MAX_MESSAGES} ids.` }])
      }
      const thread = (await publicMessageIds(tickets, ticket)).slice(-MAX_THREAD)
      const [asked, mails] = await Promise.all([
        messages.findMany(accountId, ticketId, messageIds),
        messages.findMany(accountId, ticketId, thread),
      ])
      return {
        ticket: toTicket(ticket),
        messages: asked.map(toMessage),
        mailMessageIds: mails.flatMap((message) => message.mail?.messageId ?? []),
      }
    },
  }
}

function readDelivery(check: FieldErrors, given: MessageDelivery | undefined): Delivery {
  const { state, attempts, nextAttemptAt, error, sentAt } = given ?? { state: '', attempts: 0 }
  if (attempts < 0) check.add('delivery.attempts', 'Must not be negative.')
  return {
    state: check.oneOf('delivery.state', state, DELIVERY_STATES),
    attempts,
    ...(nextAttemptAt && { nextAttemptAt: check.moment('delivery.nextAttemptAt', nextAttemptAt) }),
    ...(error && { error: error.slice(0, 1000) }),
    ...(sentAt && { sentAt: check.moment('delivery.sentAt', sentAt) }),
  }
}
