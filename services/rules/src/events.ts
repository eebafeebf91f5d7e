import { fromRecord } from '@onus/kit/cloudevents'
import type { ReceivedRecord } from '@onus/kit/kafka'
import { ENTRY_TYPES, type Entry } from '@onus/workflows-contract'
import { z } from 'zod'
import type { HistoryStore, PastEntry } from './store/history.ts'

/** Consumers of the history share their work under this name. */
export const HISTORY_GROUP = 'onus-rules-history'

const holder = z.looseObject({ departmentId: z.string(), agentId: z.string().nullable() })
const data = z.looseObject({
  accountId: z.string().min(1),
  ticketId: z.string().min(1),
  sequence: z.int().positive(),
  at: z.iso.datetime(),
  type: z.string().min(1),
  actor: z.looseObject({ type: z.string() }),
  cause: z.looseObject({ type: z.string() }),
  from: z.union([holder, z.string()]).optional(),
  to: z.union([holder, z.string()]).optional(),
  revision: z.int().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
})

/** What a record says of a ticket's past. @throws for what is no event of a ticket */
export function pastEntry(record: ReceivedRecord): PastEntry | null {
  const { accountId, ticketId, ...entry } = data.parse(fromRecord(record).data)
  // Types of later versions say nothing here.
  return (ENTRY_TYPES as readonly string[]).includes(entry.type)
    ? { accountId, ticketId, entry: entry as Entry }
    : null
}

/** Keeps what a batch of events says; whatever comes again changes nothing. */
export const keepHistory =
  (history: HistoryStore) =>
  async (records: readonly ReceivedRecord[]): Promise<void> => {
    await history.add(records.flatMap((record) => pastEntry(record) ?? []))
  }
