import { decideAccess, type TicketVerb } from '@onus/workflows-contract/permissions'
import type { Directory } from '../api/queries.ts'
import type { Department, Me, Ticket } from '../api/types.ts'
import { isEnded } from './ended.ts'

/** What the reader may do with a ticket as it is; the services decide again, by the same table. */
export type Rights = (verb: TicketVerb) => boolean

export function rightsOf(me: Me, ticket: Ticket, directory: Directory): Rights {
  const department = directory.department(ticket.departmentId)
  const member = directory.activeMembers(ticket.departmentId).some(({ id }) => id === me.id)
  const mine = ticket.agentId === me.id
  const ended = isEnded(ticket)
  const may = (verb: TicketVerb) =>
    decideAccess(verb, {
      role: me.role,
      member,
      responsible: mine,
      membersMayTakeOver: department?.membersMayTakeOver ?? false,
      scopes: me.scopes,
      active: me.status === 'active',
    }) === 'allowed'
  const possible: Partial<Record<TicketVerb, boolean>> = {
    claim: ticket.agentId === null && member && !ended,
    assign: !ended,
    transfer: !ended,
    release: ticket.agentId !== null && !ended,
    take_over: ticket.agentId !== null && !mine && member && !ended,
    return: !ended,
    resolve: ticket.status !== 'resolved' && !ended,
    postpone: ticket.status !== 'resolved' && !ended,
    reopen: ticket.status === 'resolved' || ticket.status === 'closed' || ticket.status === 'spam',
    close: !ended,
    spam: !ended,
    delete: ticket.status !== 'deleted',
  }
  return (verb) => (possible[verb] ?? true) && may(verb)
}

/** Whether the reader may write down what a contact said elsewhere: every active agent may. */
export const mayCreate = (me: Me): boolean => me.status === 'active'

/** The departments that a new ticket of the reader may go to; the one to begin with is the first. */
export function departmentsToCreateIn(me: Me, { departments, activeMembers }: Directory): Department[] {
  const isOwn = ({ id }: Department) => activeMembers(id).some((each) => each.id === me.id)
  const own = departments.filter(isOwn)
  // Who is in no department still has somebody on the phone.
  if (me.role === 'agent' && own.length > 0) return own
  return [...own, ...departments.filter((each) => !isOwn(each))]
}

/** What an agent's reply will do to the responsibility, said before it is sent. */
export type ReplyEffect = 'takes' | 'mine' | 'others' | 'refused' | 'none'

export function replyEffect(me: Me, ticket: Ticket, directory: Directory): ReplyEffect {
  if (ticket.agentId === me.id) return 'mine'
  if (ticket.agentId !== null)
    return directory.department(ticket.departmentId)?.onlyOwnerAnswers ? 'refused' : 'others'
  return directory.activeMembers(ticket.departmentId).some(({ id }) => id === me.id) ? 'takes' : 'none'
}
