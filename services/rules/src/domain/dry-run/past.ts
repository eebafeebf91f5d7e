import type { Entry } from '@onus/workflows-contract'

/** What is known of a past ticket: its timeline, in order. */
export interface PastTicket {
  accountId: string
  ticketId: string
  entries: readonly Entry[]
}

/** What customers wrote and who they are: not in events, and gone with the ticket. */
export interface PastTexts {
  /** `subject`, `contact.email`, `contact.name` and `fields.<name>`. */
  values: Readonly<Record<string, unknown>>
  /** `body`, `from`, `to` and `cc` by message. */
  messages: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

/** Fields that only {@link PastTexts} knows. */
const WRITTEN = new Set(['subject', 'body', 'from', 'to', 'cc', 'language', 'contact.email', 'contact.name'])

export const isWritten = (field: string): boolean => WRITTEN.has(field) || field.startsWith('fields.')

/** The messages of contacts: those that conditions can ask about. */
export const contactMessages = ({ entries }: PastTicket): string[] =>
  entries.flatMap(({ type, details }) =>
    type === 'message.added' && details?.authorType === 'contact' && typeof details.messageId === 'string'
      ? [details.messageId]
      : [],
  )
