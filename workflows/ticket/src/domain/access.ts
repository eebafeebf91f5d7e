import {
  type Access,
  type Command,
  type CommandEnvelope,
  decideAccess,
  type Holder,
  ROLES,
  type Standing,
  type TicketVerb,
} from '@onus/workflows-contract'
import { type DirectoryFacts, mayHold } from './facts.ts'

/** The verb of the permission table that a command needs; the others are the system's own. */
const VERBS: Record<Exclude<Command['type'], 'create' | 'tick' | 'recheck'>, TicketVerb> = {
  claim: 'claim',
  answer: 'answer',
  note: 'note',
  contact_reply: 'write_as_contact',
  assign: 'assign',
  transfer: 'transfer',
  release: 'release',
  take_over: 'take_over',
  return: 'return',
  resolve: 'resolve',
  reopen: 'reopen',
  close: 'close',
  spam: 'spam',
  delete: 'delete',
  postpone: 'postpone',
  update: 'update',
}

type Envelope = Pick<CommandEnvelope, 'command' | 'authority'>

/** Whether this command may be given to a ticket with this holder, by facts of now. */
export function mayCommand(envelope: Envelope, holder: Holder, directory: DirectoryFacts): Access {
  const { command, authority } = envelope
  const { actor } = authority
  if (actor.type === 'system') return 'allowed'
  if (command.type === 'tick' || command.type === 'recheck') return 'forbidden'
  if (command.type === 'create') return mayCreate(envelope, directory)
  // A contact's own mail: the intake knows that they take part in the ticket.
  if (actor.type === 'contact') return command.type === 'contact_reply' ? 'allowed' : 'hidden'
  return decideAccess(VERBS[command.type], standing(authority, holder, directory))
}

/** How a caller stands to a ticket: role and membership as they are now, not as the request says. */
export function standing(
  authority: CommandEnvelope['authority'],
  holder: Holder,
  directory: DirectoryFacts,
): Standing {
  const { actor } = authority
  const department = directory.department(holder.departmentId)
  const common = {
    membersMayTakeOver: department?.membersMayTakeOver ?? false,
    scopes: authority.scopes ?? [],
  }
  if (actor.type === 'api_client')
    return { ...common, role: 'api_client', member: false, responsible: false, active: true }
  const agent = actor.id === undefined ? undefined : directory.agent(actor.id)
  return {
    ...common,
    role: ROLES.find((role) => role === agent?.role) ?? 'agent',
    member: agent !== undefined && mayHold(directory, agent.id, holder.departmentId),
    responsible: agent !== undefined && agent.id === holder.agentId,
    active: actor.type === 'agent' && agent?.status === 'active',
  }
}

/** Every active agent may write a ticket to any department; a key needs the scope. */
function mayCreate({ authority }: Envelope, directory: DirectoryFacts): Access {
  const { actor, scopes = [] } = authority
  if (actor.type === 'contact') return 'allowed'
  if (actor.type === 'api_client') return scopes.includes('tickets:write') ? 'allowed' : 'forbidden'
  return actor.id !== undefined && directory.agent(actor.id)?.status === 'active' ? 'allowed' : 'forbidden'
}
