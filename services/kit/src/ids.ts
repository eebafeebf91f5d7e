import { createHash } from 'node:crypto'
import { v7 } from 'uuid'

/** A new id that sorts by time: a UUID version 7 without dashes (32 hexadecimal digits). */
export const newId = (): string => v7().replaceAll('-', '')

/**
 * The same parts always give the same id (32 hexadecimal digits), other parts another one. For effects
 * that must have one identity however often they are tried.
 */
export const stableId = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
