import type { Role } from './model.ts'

/**
 * Who may do what, in one place. Rows are the verbs of the product's contract, columns the relation of
 * the caller to the ticket. Everything that asks "may they?" asks {@link decideAccess}.
 */

/** Verbs on one ticket. */
export const TICKET_VERBS = [
  'see',
  'claim',
  'answer',
  'note',
  'assign',
  'transfer',
  'release',
  'take_over',
  'return',
  'resolve',
  'reopen',
  'postpone',
  'spam',
  'update',
  'close',
  'delete',
  'write_as_contact',
] as const
export type TicketVerb = (typeof TICKET_VERBS)[number]

/** How the caller stands to a ticket. */
export interface Standing {
  role: Role | 'api_client' | 'operator'
  /** Active member of the ticket's department (the only active agent is a member of every department). */
  member: boolean
  /** Holds the ticket. */
  responsible: boolean
  /** The department's `membersMayTakeOver`. */
  membersMayTakeOver: boolean
  scopes: readonly string[]
  /** False for a suspended or removed agent: they may do nothing. */
  active: boolean
}

/** `hidden` is answered 404, `forbidden` 403. */
export type Access = 'allowed' | 'forbidden' | 'hidden'

const MEMBER_VERBS: ReadonlySet<TicketVerb> = new Set([
  'see',
  'claim',
  'answer',
  'note',
  'assign',
  'transfer',
  'return',
  'resolve',
  'reopen',
  'postpone',
  'spam',
  'update',
])

/**
 * Decides one cell of the table. A key without an agent (`api_client`) has what its scopes name:
 * `tickets:read` to see, `tickets:write` for the commands that need no person, `contact:write` to write
 * as the contact.
 */
export function decideAccess(verb: TicketVerb, who: Standing): Access {
  if (!who.active || who.role === 'operator') return 'hidden'
  if (who.role === 'api_client') return apiClientAccess(verb, who.scopes)
  const everything = who.role === 'owner' || who.role === 'admin'
  if (!everything && !who.member && !who.responsible) return 'hidden'
  if (verb === 'write_as_contact')
    return everything || who.scopes.includes('contact:write') ? 'allowed' : 'forbidden'
  if (everything) return 'allowed'
  if (verb === 'see') return 'allowed'
  if (verb === 'release') return who.responsible ? 'allowed' : 'forbidden'
  if (verb === 'take_over') return who.member && who.membersMayTakeOver ? 'allowed' : 'forbidden'
  return who.member && MEMBER_VERBS.has(verb) ? 'allowed' : 'forbidden'
}

/** Commands that put the caller's own person on the ticket; a key without an agent has none. */
const PERSONAL_VERBS: ReadonlySet<TicketVerb> = new Set(['claim', 'answer', 'take_over'])

function apiClientAccess(verb: TicketVerb, scopes: readonly string[]): Access {
  const reads = scopes.includes('tickets:read') || scopes.includes('tickets:write')
  if (verb === 'write_as_contact') {
    if (scopes.includes('contact:write')) return 'allowed'
    return reads ? 'forbidden' : 'hidden'
  }
  if (!reads) return 'hidden'
  if (verb === 'see') return 'allowed'
  if (PERSONAL_VERBS.has(verb)) return 'forbidden'
  return scopes.includes('tickets:write') ? 'allowed' : 'forbidden'
}
