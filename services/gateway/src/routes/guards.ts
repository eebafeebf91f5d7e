import { problems } from '@onus/kit/problems'
import type { TicketVerb } from '@onus/workflows-contract'
import type { TicketApi } from '../clients.ts'
import type { OperationContext } from '../http/operation/operation.ts'

/**
 * Permission is checked before validation. The services check it when they are called; these guards ask
 * for the cases in which a request is refused for its form and no service would ever be called.
 */

/** Whether the caller may do `verb` to the ticket; their refusal otherwise. */
export const ticketGuard =
  (ticket: TicketApi, verb: TicketVerb | ((body: unknown) => TicketVerb)) =>
  async (context: OperationContext, params: { id: string }, body: unknown): Promise<void> => {
    const asked = typeof verb === 'string' ? verb : verb(body)
    await ticket.checkAccess({ ticketId: params.id, verb: asked }, context.call)
  }

/** Owners, admins and keys for setting up. */
export const setupGuard = ({ caller }: OperationContext): void => {
  const byRole = caller.role === 'owner' || caller.role === 'admin'
  if (!byRole && !caller.scopes.includes('setup:write'))
    throw problems.forbidden('do this: it needs the role owner or admin')
}

/** What only a person has: presence, preferences, tickets to solve. */
export const personGuard = ({ caller }: OperationContext): void => {
  if (caller.type !== 'agent') throw problems.forbidden('do this: it needs an agent')
}

/** A key without an agent writes tickets only if its scopes say so. */
export const writerGuard = ({ caller }: OperationContext): void => {
  if (caller.type === 'api_client' && !caller.scopes.includes('tickets:write'))
    throw problems.forbidden('create tickets: the key needs the scope tickets:write')
}

/** Agents make keys for themselves; a key without an agent makes keys only if it may set up. */
export const keyGuard = ({ caller }: OperationContext): void => {
  if (caller.type === 'api_client' && !caller.scopes.includes('setup:write'))
    throw problems.forbidden('create keys: the key needs the scope setup:write')
}

/** Handing in mail is writing as a contact. */
export const mailGuard = ({ caller }: OperationContext): void => {
  const byRole = caller.role === 'owner' || caller.role === 'admin'
  if (!byRole && !caller.scopes.includes('contact:write')) throw problems.forbidden('hand mail in')
}

/** A key without an agent reads tickets only if its scopes say so. */
export const readerGuard = ({ caller }: OperationContext): void => {
  const reads = caller.scopes.includes('tickets:read') || caller.scopes.includes('tickets:write')
  if (caller.type === 'api_client' && !reads)
    throw problems.forbidden('read tickets: the key needs the scope tickets:read')
}
