import type { CallContext } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type {
  AddMessageRequest,
  AddMessageResponse,
  CreateTicketRequest,
  ExecuteRequest,
  NextToSolveRequest,
  NextToSolveResponse,
  Ticket,
  UpdateTicketRequest,
} from '@onus/proto/onus/v1/ticket'
import type { Command, CommandEnvelope, TicketVerb, TicketView } from '@onus/workflows-contract'
import type { TicketAccess } from '../commands/access.ts'
import {
  type AddedMessage,
  type AddMessageDeps,
  addAgentMessage,
  addContactMessage,
  keepNote,
  takeAttachments,
} from '../commands/add-message.ts'
import type { AttachmentAccess } from '../commands/attachment-access.ts'
import { createTicket } from '../commands/create-ticket.ts'
import { authorityOf, commandIdOf } from '../commands/identity.ts'
import type { NextToSolve } from '../commands/to-solve.ts'
import { isId } from '../domain/fields.ts'
import { requireMayCreate } from '../domain/visibility.ts'
import type { TicketDocument } from '../store/log.ts'
import { toMessage, toTicket, toTicketAfter } from './convert.ts'
import { readCommand, readNewMessage, readNewTicket, readUpdate } from './requests.ts'

export interface CommandHandlerDeps extends AddMessageDeps {
  access: TicketAccess
  attachmentAccess: AttachmentAccess
  nextToSolve: NextToSolve
}

/** The RPCs that change tickets. */
export function commandHandlers(deps: CommandHandlerDeps) {
  const { access, tickets, messages, commands, attachments, attachmentAccess, nextToSolve } = deps

  /** What the command left; the summary gives what no command changes, and is read meanwhile. */
  const send = async (
    ctx: CallContext,
    ticketId: string,
    envelope: Omit<CommandEnvelope, 'authority' | 'traceparent'>,
  ): Promise<Ticket> => {
    const { accountId } = ctx.caller
    const { traceparent } = ctx
    const [ticket, view] = await Promise.all([
      tickets.find(accountId, ticketId),
      commands.execute(
        accountId,
        ticketId,
        { ...envelope, authority: authorityOf(ctx.caller), ...(traceparent && { traceparent }) },
        ctx,
      ),
    ])
    return after(ticket ?? (await tickets.find(accountId, ticketId)), ticketId, view)
  }

  const answer = async (ctx: CallContext, added: AddedMessage): Promise<AddMessageResponse> => {
    const { accountId } = ctx.caller
    const { ticketId, messageId, view } = added
    const [ticket, [message]] = await Promise.all([
      tickets.find(accountId, ticketId),
      messages.findMany(accountId, ticketId, [messageId]),
    ])
    return { message: message && toMessage(message), ticket: after(ticket, ticketId, view) }
  }

  return {
    async createTicket(request: CreateTicketRequest, ctx: CallContext): Promise<Ticket> {
      const { caller, traceparent } = ctx
      const { accountId } = caller
      const directory = await access.directory(caller)
      requireMayCreate(caller, directory)
      const { value, check } = readNewTicket(request)
      check.throwIfAny()
      const { key, body, ...ticket } = value
      if (ticket.departmentId !== undefined && !directory.department(ticket.departmentId)) {
        throw problems.unknownReference([{ field: 'departmentId', message: 'There is no such department.' }])
      }
      const created = await createTicket(
        deps,
        {
          ...ticket,
          accountId,
          commandId: commandIdOf(caller, 'create', '', key),
          authority: authorityOf(caller),
          message: { body, attachments: [] },
          ...(traceparent && { traceparent }),
        },
        ctx,
      )
      const { ticketId, view } = created
      return after(await tickets.find(accountId, ticketId), ticketId, view)
    },

    async execute(request: ExecuteRequest, ctx: CallContext): Promise<Ticket> {
      const { ticketId } = request
      requireTicketId(ctx, ticketId)
      const read = readCommand(request)
      if (!read) {
        await access.require(ctx.caller, ticketId)
        throw problems.invalid([{ field: 'command', message: 'Must name a command.' }])
      }
      const { value, check } = read
      const { command, expectedRevision, note } = value
      if (check.any) {
        await access.require(ctx.caller, ticketId, verbOf(command))
        check.throwIfAny()
      }
      const commandId = commandIdOf(ctx.caller, command.type, ticketId, value.key)
      const envelope = { commandId, command, ...(expectedRevision && { expectedRevision }) }
      if (note !== undefined) {
        const { ticket } = await access.require(ctx.caller, ticketId, verbOf(command))
        const noteMessageId = await keepNote(deps, ctx.caller, ticket, commandId, note)
        Object.assign(envelope, { command: { ...command, noteMessageId } })
      }
      return await send(ctx, ticketId, envelope)
    },

    async updateTicket(request: UpdateTicketRequest, ctx: CallContext): Promise<Ticket> {
      const { ticketId } = request
      requireTicketId(ctx, ticketId)
      const { value, check } = readUpdate(request)
      if (check.any) {
        await access.require(ctx.caller, ticketId, 'update')
        check.throwIfAny()
      }
      const { key, ...envelope } = value
      const commandId = commandIdOf(ctx.caller, 'update', ticketId, key)
      return await send(ctx, ticketId, { commandId, ...envelope })
    },

    async addMessage(request: AddMessageRequest, ctx: CallContext): Promise<AddMessageResponse> {
      const { caller, traceparent } = ctx
      const { value, check } = readNewMessage(request)
      const verb = verbOfMessage(value)
      const seen = await access.require(caller, request.ticketId, verb)
      check.throwIfAny()
      const { ticket } = seen
      const { key, author, kind, body, attachmentIds, expectedRevision } = value
      const given = {
        commandId: commandIdOf(caller, verb, ticket.ticketId, key),
        ...(expectedRevision && { expectedRevision }),
        ...(traceparent && { traceparent }),
      }
      const files = await takeAttachments(attachments, ticket, attachmentIds, (attachment) =>
        attachmentAccess.maySee(caller, attachment),
      )
      if (author === 'agent') {
        return await answer(
          ctx,
          await addAgentMessage(deps, caller, ticket, { ...given, kind, body, attachments: files }, ctx),
        )
      }
      const added = await addContactMessage(
        deps,
        seen,
        { ...given, authority: authorityOf(caller), message: { body, attachments: files } },
        ctx,
      )
      if (added.ticketId !== ticket.ticketId)
        await attachments.link(caller.accountId, attachmentIds, added.ticketId)
      return await answer(ctx, added)
    },

    async nextToSolve(request: NextToSolveRequest, ctx: CallContext): Promise<NextToSolveResponse> {
      const directory = await access.directory(ctx.caller)
      const next = await nextToSolve.next(ctx.caller, directory, request.commandId, ctx)
      if (!next) return {}
      return { ticket: next.view ? toTicketAfter(next.ticket, next.view) : toTicket(next.ticket) }
    },
  }
}

function after(ticket: TicketDocument | null, ticketId: string, view: TicketView): Ticket {
  if (!ticket) throw new Error(`Ticket ${ticketId} has a log and no summary.`)
  return toTicketAfter(ticket, view)
}

/** The verb of the permission table that a command needs. */
const verbOf = (command: Command): TicketVerb => command.type as TicketVerb

/** The same for a message; a request that names none is looked at as if it only wanted to see. */
function verbOfMessage({ author, kind }: { author: string; kind: string }): TicketVerb {
  if (author === 'contact') return 'write_as_contact'
  if (author !== 'agent') return 'see'
  return kind === 'note' ? 'note' : kind === 'public' ? 'answer' : 'see'
}

function requireTicketId({ caller }: CallContext, ticketId: string): void {
  if (!isId(ticketId) || caller.accountId === '') throw problems.notFound('ticket', ticketId)
}
