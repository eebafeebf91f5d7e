import type { Caller } from '@onus/kit/caller'
import { newId, stableId } from '@onus/kit/ids'
import type { Actor, Authority } from '@onus/workflows-contract'

/** Who a caller is, for ids: the same key of two callers is two commands. */
const callerKey = (caller: Caller): string => `${caller.type}:${caller.id}`

/**
 * The id of a command: made of the caller's idempotency key, so that a repeat is the same command, and of
 * who sends it what to, so that equal keys of others, or for something else, are not. Without a key every
 * call is a new command.
 */
export function commandIdOf(caller: Caller, what: string, target: string, key: string): string {
  return key === '' ? newId() : stableId('command', caller.accountId, callerKey(caller), what, target, key)
}

/** The id of the ticket that this command creates. */
export const createdTicketId = (accountId: string, commandId: string): string =>
  stableId('ticket', accountId, commandId)

/** The id of the message that this command brings. */
export const messageIdOf = (ticketId: string, commandId: string): string =>
  stableId('message', ticketId, commandId)

/** Who the timeline says did it. */
export function actorOf(caller: Caller): Actor {
  if (caller.type === 'agent') return { type: 'agent', id: caller.id, name: caller.name }
  if (caller.type === 'api_client') return { type: 'api_client', id: caller.id, name: caller.name }
  return { type: 'system', name: caller.name }
}

/** With what right a caller commands; whether it suffices is decided from the facts of that moment. */
export function authorityOf(caller: Caller): Authority {
  return {
    actor: actorOf(caller),
    ...(caller.role && { role: caller.role }),
    ...(caller.scopes.length > 0 && { scopes: caller.scopes }),
  }
}
