import proto, { type temporal } from '@temporalio/proto'

const { History } = proto.temporal.api.history.v1
type History = temporal.api.history.v1.IHistory

/** What a history says of the machine that made it is nobody's business. */
const PRIVATE: ReadonlySet<string> = new Set(['identity', 'stackTrace'])

function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, PRIVATE.has(key) ? '' : withoutMachine(inner)]),
  )
}

/** A history as JSON: bytes are base64, 64-bit numbers are decimal digits. */
export const writeHistory = (history: History): string =>
  `${JSON.stringify(withoutMachine(History.toObject(History.fromObject(history), { bytes: String, longs: String })), null, 1)}\n`

/** Reads back what {@link writeHistory} wrote. */
export const readHistory = (json: string): History => History.fromObject(JSON.parse(json))
