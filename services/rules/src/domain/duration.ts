import { Duration } from 'luxon'

const MAX_MS = 10 * 366 * 24 * 3600 * 1000
const ISO =
  /^P(?=\d|T\d)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?$/

export const DURATION_REMEDY =
  'Give an ISO 8601 duration above zero and up to 10 years, for example "PT30M" or "P2D".'

/** Whether a text is an ISO 8601 duration above zero. */
export function isDuration(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 60 || !ISO.test(value)) return false
  const ms = Duration.fromISO(value).toMillis()
  return Number.isFinite(ms) && ms > 0 && ms <= MAX_MS
}
