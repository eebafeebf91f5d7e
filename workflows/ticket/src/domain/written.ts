import { createHash } from 'node:crypto'

/**
 * The id of a message that a rule writes: `<ticketId>-<sequence>-<effect>`, and a digest of what it says. The
 * same decision made again names the same message; another one at its place never finds its text. It is also
 * part of a mail's `Message-ID`.
 */
export function messageIdOf(ticketId: string, sequence: number, effect: number, content: object): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
  return `${ticketId}-${sequence}-${effect}-${digest}`
}
