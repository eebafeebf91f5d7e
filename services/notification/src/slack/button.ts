/** What a button of ours carries: it comes back in what Slack signs. */
export interface ButtonValue {
  accountId: string
  ticketId: string
  /** The language of the message that it stands in. */
  locale: string
}

export const CLAIM_ACTION = 'claim_ticket'
export const OPEN_ACTION = 'open_ticket'

/** A button's value: at most 2000 characters there. */
export const buttonValue = ({ accountId, ticketId, locale }: ButtonValue): string =>
  JSON.stringify({ a: accountId, t: ticketId, l: locale })

/** Undefined for what is no value of ours. */
export function readButtonValue(text: unknown): ButtonValue | undefined {
  if (typeof text !== 'string' || text.length > 2000) return undefined
  try {
    const { a, t, l } = JSON.parse(text) as Record<string, unknown>
    if (typeof a !== 'string' || typeof t !== 'string' || !a || !t) return undefined
    return { accountId: a, ticketId: t, locale: typeof l === 'string' ? l : 'en' }
  } catch {
    return undefined
  }
}
