import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import { problems } from '@onus/kit/problems'
import type { Page } from '@onus/proto/onus/v1/common'
import type { z } from 'zod'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

export interface PageRequest<T> {
  limit: number
  /** The place after which the page begins; absent on the first one. */
  after?: T
}

/** A page request. @throws invalid-request for a limit out of bounds, or a cursor of another list */
export function readPage<T>(page: Page | undefined, schema: z.ZodType<T>): PageRequest<T> {
  const limit = page?.limit || DEFAULT_LIMIT
  if (limit < 1 || limit > MAX_LIMIT) {
    throw problems.invalid([{ field: 'limit', message: `Must be 1 to ${MAX_LIMIT}.` }])
  }
  return page?.cursor ? { limit, after: decodeCursor(page.cursor, schema) } : { limit }
}

/** The items of a page, and the cursor of the next when there was one more than asked. */
export function pageOf<T>(
  found: T[],
  limit: number,
  place: (last: T) => unknown,
): { items: T[]; nextCursor?: string } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return found.length > limit && last ? { items, nextCursor: encodeCursor(place(last)) } : { items }
}
