import proto, { type temporal } from '@temporalio/proto'

const { History } = proto.temporal.api.history.v1
type History = temporal.api.history.v1.IHistory

/** A history as JSON, without the name of the machine that made it; bytes are base64, large numbers digits. */
export function writeHistory(history: History): string {
  const plain = History.toObject(History.fromObject(history), { bytes: String, longs: String })
  return `${JSON.stringify(plain, (key, value) => (key === 'identity' ? '' : value), 1)}\n`
}

/** Reads back what {@link writeHistory} wrote. */
export const readHistory = (json: string): History => History.fromObject(JSON.parse(json))
