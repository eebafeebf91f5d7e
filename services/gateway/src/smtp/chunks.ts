import type { Readable } from 'node:stream'

/** Bytes in one message of the stream to the ticket service. */
export const CHUNK_BYTES = 64 * 1024

/** The mail is larger than it may be. */
export class MailTooLarge extends Error {}

/**
 * The mail in chunks of one size, no faster than they are taken. The source is left alone when reading ends
 * early: SMTP has to hear the sender out.
 * @throws MailTooLarge as soon as there is a byte too many
 */
export async function* chunksOf(source: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let buffered: Buffer[] = []
  let size = 0
  let total = 0
  for await (const part of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    total += part.length
    if (total > maxBytes) throw new MailTooLarge(`More than ${maxBytes} bytes`)
    buffered.push(part)
    size += part.length
    if (size < CHUNK_BYTES) continue
    const whole = Buffer.concat(buffered, size)
    const even = size - (size % CHUNK_BYTES)
    for (let at = 0; at < even; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES)
    const rest = whole.subarray(even)
    buffered = rest.length > 0 ? [rest] : []
    size = rest.length
  }
  if (size > 0) yield Buffer.concat(buffered, size)
}
