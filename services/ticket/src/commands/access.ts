import type { Caller } from '@onus/kit/caller'
import type { DirectoryReader, DirectoryView } from '@onus/kit/directory'
import { problems } from '@onus/kit/problems'
import type { TicketVerb } from '@onus/workflows-contract'
import { isId } from '../domain/fields.ts'
import { accessTo } from '../domain/visibility.ts'
import type { TicketDocument } from '../store/log.ts'
import type { TicketStore } from '../store/tickets.ts'

/** A ticket that the caller may see, and the directory that said so. */
export interface Seen {
  ticket: TicketDocument
  directory: DirectoryView
}

/** The door in front of every single ticket: what one may not see is not found. */
export class TicketAccess {
  readonly #tickets: Pick<TicketStore, 'find'>
  readonly #directory: DirectoryReader

  constructor(tickets: Pick<TicketStore, 'find'>, directory: DirectoryReader) {
    this.#tickets = tickets
    this.#directory = directory
  }

  /** The account's directory as it is now. @throws forbidden for an operator, who has no account */
  async directory(caller: Caller): Promise<DirectoryView> {
    if (caller.accountId === '') throw problems.forbidden('work with tickets without an account')
    return await this.#directory.snapshot(caller.accountId)
  }

  /** @throws not-found for what is hidden, forbidden for what may be seen and not done */
  async require(caller: Caller, ticketId: string, verb: TicketVerb = 'see'): Promise<Seen> {
    if (!isId(ticketId) || caller.accountId === '') throw problems.notFound('ticket', ticketId)
    const [ticket, directory] = await Promise.all([
      this.#tickets.find(caller.accountId, ticketId),
      this.directory(caller),
    ])
    if (!ticket) throw problems.notFound('ticket', ticketId)
    const access = accessTo(verb, caller, directory, ticket)
    if (access === 'hidden') throw problems.notFound('ticket', ticketId)
    if (access === 'forbidden') throw problems.forbidden(`${phrase(verb)} this ticket`)
    return { ticket, directory }
  }
}

const PHRASES: Partial<Record<TicketVerb, string>> = {
  take_over: 'take over',
  note: 'write a note on',
  write_as_contact: 'write as the contact on',
  spam: 'mark as spam',
}

const phrase = (verb: TicketVerb): string => PHRASES[verb] ?? verb
