import type { IntakeInput } from '@onus/workflows-contract'

/** What became of a mail: ids only, no text and no address. */
export type IntakeResult =
  /** It began a ticket; `followUpOf` is the other one that it names. */
  | { outcome: 'created'; ticketId: string; followUpOf?: string; automatic?: true }
  /** It is the next message of a ticket. */
  | { outcome: 'added'; ticketId: string; automatic?: true }
  /** Nothing can be made of it; it is kept whole and listed for the admins. */
  | { outcome: 'unreadable' }
  /** Our own mail came back to us; it is kept and makes no ticket. */
  | { outcome: 'own' }

/** What the intake workflow asks of the ticket worker. */
export interface IntakeActivities {
  /** Reads the stored mail and brings it to its ticket. The same mail again does nothing twice. */
  takeIn(input: IntakeInput): Promise<IntakeResult>
}
