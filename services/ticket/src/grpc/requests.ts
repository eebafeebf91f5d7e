import type {
  AddMessageRequest,
  CreateTicketRequest,
  ExecuteRequest,
  UpdateTicketRequest,
} from '@onus/proto/onus/v1/ticket'
import { CHANNELS, type Channel, type Command, PRIORITIES, type Priority } from '@onus/workflows-contract'
import { FieldErrors, LIMITS } from '../domain/fields.ts'

/** From requests to checked values. What is wrong is collected, so that permission can be looked at first. */
export interface Checked<T> {
  value: T
  check: FieldErrors
}

/** Longest idempotency key. */
const MAX_KEY = 255

/** A command's idempotency key; empty for one that wants none. */
function key(check: FieldErrors, value: string): string {
  if (value.length > MAX_KEY) check.add('commandId', `Must have at most ${MAX_KEY} characters.`)
  return value
}

function revision(check: FieldErrors, value: number | undefined): number | undefined {
  if (value !== undefined && value < 1) check.add('expectedRevision', 'Must be a revision, 1 or more.')
  return value
}

export interface CheckedTicket {
  key: string
  subject: string
  body: string
  channel: Channel
  contact: { email?: string; name?: string }
  departmentId?: string
  tags: string[]
  priority: Priority
  fields: Record<string, unknown>
  dueAt?: string
}

export function readNewTicket(request: CreateTicketRequest): Checked<CheckedTicket> {
  const check = new FieldErrors()
  const { email, name } = request.contact ?? {}
  if (!email && !name) check.add('contact', 'Must have an email or a name.')
  const value: CheckedTicket = {
    key: key(check, request.commandId),
    subject: check.line('subject', request.subject, LIMITS.subject),
    body: check.text('body', request.body, LIMITS.body),
    channel: check.oneOf('channel', request.channel, CHANNELS),
    contact: {
      ...(email && { email: check.email('contact.email', email) }),
      ...(name && { name: check.line('contact.name', name, LIMITS.name) }),
    },
    tags: check.tags('tags', request.tags),
    priority: request.priority === '' ? 'normal' : check.oneOf('priority', request.priority, PRIORITIES),
    fields: withoutNull(check.fields('fields', request.fields ?? {})),
    ...(request.departmentId !== undefined && {
      departmentId: check.line('departmentId', request.departmentId, LIMITS.name),
    }),
    ...(request.dueAt !== undefined && { dueAt: check.moment('dueAt', request.dueAt) }),
  }
  return { value, check }
}

/** A field that is set to null on a new ticket is one that it does not have. */
const withoutNull = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

export interface CheckedCommand {
  key: string
  command: Command
  /** A note that comes with the command. */
  note?: string
  expectedRevision?: number
}

/** A responsibility or status command. Null when the request names none. */
export function readCommand(request: ExecuteRequest): Checked<CheckedCommand> | null {
  const check = new FieldErrors()
  const read = commandOf(check, request)
  if (!read) return null
  const expectedRevision = revision(check, request.expectedRevision)
  const value = { key: key(check, request.commandId), ...read, ...(expectedRevision && { expectedRevision }) }
  return { value, check }
}

function commandOf(
  check: FieldErrors,
  { command }: ExecuteRequest,
): { command: Command; note?: string } | null {
  switch (command?.$case) {
    case 'claim':
    case 'release':
    case 'resolve':
    case 'reopen':
    case 'close':
    case 'spam':
    case 'delete':
      return { command: { type: command.$case } }
    case 'assign':
      return {
        command: { type: 'assign', agentId: check.line('agentId', command.value.agentId, LIMITS.name) },
      }
    case 'transfer': {
      const { departmentId, agentId, note } = command.value
      return {
        command: {
          type: 'transfer',
          departmentId: check.line('departmentId', departmentId, LIMITS.name),
          ...(agentId !== undefined && { agentId: check.line('agentId', agentId, LIMITS.name) }),
        },
        ...(note && { note: check.text('note', note, LIMITS.body) }),
      }
    }
    case 'takeOver':
      return {
        command: { type: 'take_over', reason: check.line('reason', command.value.reason, LIMITS.reason) },
      }
    case 'return': {
      const { note } = command.value
      return { command: { type: 'return' }, ...(note && { note: check.text('note', note, LIMITS.body) }) }
    }
    case 'postpone':
      return { command: { type: 'postpone', until: check.moment('until', command.value.until) } }
    case undefined:
      return null
  }
}

export interface CheckedUpdate {
  key: string
  command: Extract<Command, { type: 'update' }>
  expectedRevision?: number
}

export function readUpdate(request: UpdateTicketRequest): Checked<CheckedUpdate> {
  const check = new FieldErrors()
  const { tags, priority, fields, dueAt } = request
  if (!tags && priority === undefined && !fields && dueAt === undefined) {
    check.add('tags', 'Must have at least one of tags, priority, fields and dueAt.')
  }
  const expectedRevision = revision(check, request.expectedRevision)
  const value: CheckedUpdate = {
    key: key(check, request.commandId),
    command: {
      type: 'update',
      ...(tags && { tags: check.tags('tags', tags.tags) }),
      ...(priority !== undefined && { priority: check.oneOf('priority', priority, PRIORITIES) }),
      ...(fields && { fields: check.fields('fields', fields) }),
      ...(dueAt !== undefined && { dueAt: dueAt === '' ? null : check.moment('dueAt', dueAt) }),
    },
    ...(expectedRevision && { expectedRevision }),
  }
  return { value, check }
}

export interface CheckedMessage {
  key: string
  author: 'agent' | 'contact'
  kind: 'public' | 'note'
  body: string
  attachmentIds: string[]
  expectedRevision?: number
}

export function readNewMessage(request: AddMessageRequest): Checked<CheckedMessage> {
  const check = new FieldErrors()
  const author = check.oneOf('author', request.author, ['agent', 'contact'] as const)
  const kind = check.oneOf('kind', request.kind, ['public', 'note'] as const)
  if (author === 'contact' && kind === 'note') check.add('kind', 'A contact writes no notes.')
  if (request.attachmentIds.length > LIMITS.attachments) {
    check.add('attachmentIds', `Must have at most ${LIMITS.attachments} attachments.`)
  }
  const expectedRevision = revision(check, request.expectedRevision)
  const value: CheckedMessage = {
    key: key(check, request.commandId),
    author,
    kind,
    body: check.text('body', request.body, LIMITS.body),
    attachmentIds: [...new Set(request.attachmentIds)],
    ...(expectedRevision && { expectedRevision }),
  }
  return { value, check }
}
