import type { AcceptBounceRequest, AcceptBounceResponse } from '@onus/proto/onus/v1/notification'

/** Where what comes back to notices goes. */
export interface BounceDoor {
  /** The notices' mail domain. */
  domain: string
  notification: {
    acceptBounce(request: AcceptBounceRequest, options: { deadlineMs: number }): Promise<AcceptBounceResponse>
  }
}

const LOCAL_PART = /^bounce\+([0-9a-f]{32})$/i
/** What a report says stands in its beginning; the rest is the mail that came back. */
const MOST_BYTES = 256 * 1024
const DEADLINE_MS = 15_000

/** The notice whose own return address this is; null for every other address. */
export function noticeOf(address: string, { domain }: BounceDoor): string | null {
  const at = address.lastIndexOf('@')
  if (address.slice(at + 1).toLowerCase() !== domain.toLowerCase()) return null
  return LOCAL_PART.exec(address.slice(0, at))?.[1]?.toLowerCase() ?? null
}

/** Reads the mail to its end, and hands its beginning to the notices that it came back to. */
export async function takeBounce(
  stream: AsyncIterable<Buffer>,
  noticeIds: readonly string[],
  { notification }: BounceDoor,
): Promise<string> {
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    if (size < MOST_BYTES) kept.push(chunk)
    size += chunk.length
  }
  const mail = Buffer.concat(kept).subarray(0, MOST_BYTES)
  const kinds = await Promise.all(
    noticeIds.map((noticeId) => notification.acceptBounce({ noticeId, mail }, { deadlineMs: DEADLINE_MS })),
  )
  return kinds.map(({ kind }) => kind).join(' ')
}
