import type { Caller } from '@onus/kit/caller'
import { Problem } from '@onus/kit/problems'
import type { StoredAttachment } from '../store/attachments.ts'
import type { TicketAccess } from './access.ts'

/** `uploadedBy` of what this caller uploads. */
export const uploaderOf = (caller: Caller): string => `${caller.type}:${caller.id}`

/** Who may see a file: whoever sees a ticket with a message that has it; before that, its uploader. */
export class AttachmentAccess {
  readonly #access: TicketAccess

  constructor(access: TicketAccess) {
    this.#access = access
  }

  async maySee(caller: Caller, attachment: StoredAttachment): Promise<boolean> {
    if (attachment.accountId !== caller.accountId) return false
    if (caller.type === 'system') return true
    if (attachment.ticketIds.length === 0) return attachment.uploadedBy === uploaderOf(caller)
    for (const ticketId of attachment.ticketIds) {
      if (await this.#sees(caller, ticketId)) return true
    }
    return false
  }

  async #sees(caller: Caller, ticketId: string): Promise<boolean> {
    try {
      await this.#access.require(caller, ticketId)
      return true
    } catch (error) {
      if (error instanceof Problem && error.reason === 'not-found') return false
      throw error
    }
  }
}
