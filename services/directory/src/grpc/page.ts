import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import { problems } from '@onus/kit/problems'
import type { Page } from '@onus/proto/onus/v1/common'
import { z } from 'zod'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** The limit that a page request asks for. */
export function limitOf(page: Page | undefined): number {
  const limit = page?.limit || DEFAULT_LIMIT
  if (limit >= 1 && limit <= MAX_LIMIT) return limit
  throw problems.invalid([{ field: 'limit', message: `Ask for 1 to ${MAX_LIMIT}.` }])
}

/** The place in a list that a page request goes on from. */
export const cursorOf = <T>(page: Page | undefined, schema: z.ZodType<T>): T | undefined =>
  page?.cursor ? decodeCursor(page.cursor, schema) : undefined

export const PLACE = z.object({ createdAt: z.string(), id: z.string() })

/**
 * One page of a list that is in memory, by creation. The cursor is a place and not a number, so that nothing
 * is left out or comes twice when the list changes between two pages.
 */
export function pageOf<T extends { id: string; createdAt: string }>(
  items: readonly T[],
  page: Page | undefined,
): { items: T[]; nextCursor?: string } {
  const limit = limitOf(page)
  const after = cursorOf(page, PLACE)
  const sorted = items.toSorted(byPlace)
  const rest = after ? sorted.filter((item) => byPlace(item, after) > 0) : sorted
  return closePage(rest.slice(0, limit + 1), limit, ({ createdAt, id }) => ({ createdAt, id }))
}

/** Cuts a list that was read one longer than the page, and says where the next page begins. */
export function closePage<T>(
  items: T[],
  limit: number,
  placeOf: (item: T) => unknown,
): { items: T[]; nextCursor?: string } {
  if (items.length <= limit) return { items }
  const kept = items.slice(0, limit)
  return { items: kept, nextCursor: encodeCursor(placeOf(kept.at(-1)!)) }
}

const byPlace = (a: { createdAt: string; id: string }, b: { createdAt: string; id: string }): number =>
  a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0
