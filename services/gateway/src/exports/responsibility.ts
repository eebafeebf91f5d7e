import type { ResponsibilityInterval } from '@onus/proto/onus/v1/ticket'
import { stringify } from 'csv-stringify/sync'
import { actorJson } from '../mapping/common.ts'

/** Intervals as lines of text, a part at a time: as fast as they are read, and no faster. */

export const NDJSON_TYPE = 'application/x-ndjson'
export const CSV_TYPE = 'text/csv'

/** One interval as it is exported. */
export function intervalJson({ ticketId, ticketNumber, responsibility }: ResponsibilityInterval) {
  if (!responsibility) throw new Error('an interval without its responsibility')
  const { departmentId, agentId = null, revision, since, until = null, actor, cause, reason } = responsibility
  return {
    ticketId,
    ticketNumber,
    departmentId,
    agentId,
    revision,
    since,
    until,
    actor: actorJson(actor),
    cause: cause ?? {},
    ...(reason !== undefined && { reason }),
  }
}

const COLUMNS = [
  ...['ticketId', 'ticketNumber', 'departmentId', 'agentId', 'revision', 'since', 'until'],
  ...['actorType', 'actorId', 'actorName', 'cause', 'reason'],
]

function csvRow(interval: ResponsibilityInterval): string[] {
  const value = intervalJson(interval)
  const { actor, cause, reason } = value
  return [
    ...[value.ticketId, value.ticketNumber, value.departmentId, value.agentId ?? '', String(value.revision)],
    ...[value.since, value.until ?? '', actor.type, actor.id ?? '', actor.name ?? ''],
    ...[String((cause as { type?: unknown }).type ?? ''), reason ?? ''],
  ]
}

/** Cells that a spreadsheet would take for a formula are made text by an apostrophe before them. */
const csv = (rows: string[][]): string =>
  stringify(rows, { escape_formulas: true, record_delimiter: 'windows' })

export const ndjsonLines = (parts: AsyncIterable<ResponsibilityInterval[]>): ReadableStream<Uint8Array> =>
  lines(parts, '', (part) => part.map((each) => `${JSON.stringify(intervalJson(each))}\n`).join(''))

export const csvLines = (parts: AsyncIterable<ResponsibilityInterval[]>): ReadableStream<Uint8Array> =>
  lines(parts, csv([COLUMNS]), (part) => csv(part.map(csvRow)))

/** Reads the next part only when somebody takes it; a reader who leaves ends the reading. */
function lines(
  parts: AsyncIterable<ResponsibilityInterval[]>,
  head: string,
  write: (part: ResponsibilityInterval[]) => string,
): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let begun = false
  return new ReadableStream({
    async pull(controller) {
      if (!begun) {
        begun = true
        if (head !== '') return controller.enqueue(encoder.encode(head))
      }
      const next = await iterator.next()
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(write(next.value)))
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}
