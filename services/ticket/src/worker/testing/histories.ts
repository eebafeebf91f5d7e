import proto from '@temporalio/proto'

const { History } = proto.temporal.api.history.v1
type History = proto.temporal.api.history.v1.IHistory

/** Where the recorded histories are, one directory for each version that was released. */
export const HISTORIES = new URL('../../../../../workflows/histories/', import.meta.url)
/** The same of the operations over many tickets. */
export const OPERATION_HISTORIES = new URL(
  '../../../../../workflows/ticket/operations/histories/',
  import.meta.url,
)

/** What a history says of the machine that made it is nobody's business. */
const MACHINE: ReadonlySet<string> = new Set(['identity', 'stackTrace'])

/** A history as JSON: bytes are base64, 64-bit numbers are decimal digits. */
export function writeHistory(history: History): string {
  const plain = History.toObject(History.fromObject(history), { bytes: String, longs: String })
  return `${JSON.stringify(plain, (key, value) => (MACHINE.has(key) ? '' : value), 1)}\n`
}

/** Reads back what {@link writeHistory} wrote. */
export const readHistory = (json: string): History => History.fromObject(JSON.parse(json))
