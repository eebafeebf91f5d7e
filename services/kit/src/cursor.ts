import type { z } from 'zod'
import { Problem } from './problems.ts'

/** Longer ones were not made by us; the limit keeps parsing cheap. */
const MAX_CURSOR = 2048

/** An opaque place in a list. */
export const encodeCursor = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** Reads a cursor back; rubbish is the caller's mistake (`invalid-request`, field `cursor`). */
export function decodeCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parse(cursor))
  if (parsed.success) return parsed.data
  throw new Problem('invalid-request', 'cursor: this is not a cursor of this list.', {
    errors: [{ field: 'cursor', message: 'Use the nextCursor of the page before.' }],
  })
}

function parse(cursor: string): unknown {
  if (cursor.length > MAX_CURSOR) return undefined
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
