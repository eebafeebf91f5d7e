import { createHash } from 'node:crypto'
import { firstField, MAX_HEADER_BYTES, messageId, parseHeader, splitMail } from './headers.ts'

/**
 * Fields that say which mail it is. Trace fields (`Received`, `Delivered-To`, `DKIM-Signature`, spam
 * scores, ...) differ between two deliveries of one mail, so none of them is here; nor are `To` and `Cc`,
 * which lists and forwarders rewrite.
 */
const SIGNIFICANT = [
  'message-id',
  'date',
  'from',
  'subject',
  'in-reply-to',
  'references',
  'content-type',
  'content-transfer-encoding',
] as const

/**
 * Identity of a mail's content, computed while it streams by: the significant header fields, unfolded, and
 * the body with its line ends made equal and without the last of them. The same mail delivered twice, by
 * whatever way, has the same identity; the same `Message-ID` on another content has another one.
 */
export class MailIdentity {
  #hash = createHash('sha256')
  #head: Buffer[] = []
  #headLength = 0
  #inBody = false
  #lineEnds = 0
  #messageId: string | null = null

  update(chunk: Buffer): void {
    if (this.#inBody) {
      this.#body(chunk)
      return
    }
    this.#head.push(chunk)
    this.#headLength += chunk.length
    const seen = Buffer.concat(this.#head, this.#headLength)
    const { header, body } = splitMail(seen)
    if (header.length === seen.length && seen.length <= MAX_HEADER_BYTES) {
      this.#head = [seen]
      return
    }
    this.#header(header)
    this.#body(body)
  }

  /** 64 hexadecimal digits. Call it once, at the end. */
  digest(): string {
    if (!this.#inBody) this.#header(Buffer.concat(this.#head, this.#headLength))
    return this.#hash.digest('hex')
  }

  /** The mail's `Message-ID`, with angle brackets; known after {@link digest}. */
  get messageId(): string | null {
    return this.#messageId
  }

  #header(block: Buffer): void {
    this.#inBody = true
    this.#head = []
    const fields = parseHeader(block)
    this.#messageId = messageId(firstField(fields, 'message-id'))
    const lines = SIGNIFICANT.flatMap((name) => {
      const value = firstField(fields, name)
      return value === null ? [] : [`${name}:${value}\n`]
    })
    if (lines.length === 0) this.#hash.update(block)
    for (const line of lines) this.#hash.update(line)
    this.#hash.update('\n')
  }

  /** Line ends are held back until something follows them, which at the end is never. */
  #body(chunk: Buffer): void {
    const text = chunk.toString('latin1').replaceAll('\r', '')
    let end = text.length
    while (end > 0 && text[end - 1] === '\n') end--
    if (end > 0) {
      this.#hash.update('\n'.repeat(this.#lineEnds))
      this.#hash.update(text.slice(0, end), 'latin1')
      this.#lineEnds = 0
    }
    this.#lineEnds += text.length - end
  }
}

/** Identity of a mail that is in memory. */
export function mailIdentity(raw: Buffer): string {
  const identity = new MailIdentity()
  identity.update(raw)
  return identity.digest()
}
