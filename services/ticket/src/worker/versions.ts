import type { EntryType } from '@onus/workflows-contract'

/** One major version of an event: what its data is, made of the data of the first version. */
export interface EventVersion {
  major: number
  data(first: Record<string, unknown>): Record<string, unknown>
}

/** Versions in which an event is sent side by side, the oldest first. */
export type EventVersions = Partial<Record<EntryType, readonly EventVersion[]>>

/** What an event is sent as unless the table says otherwise. */
export const FIRST_VERSION: readonly EventVersion[] = [{ major: 1, data: (first) => first }]

/**
 * The events that are sent in other versions than the first, or in several. Each version has its schema in
 * `proto/events`; docs/integrate/versions.md says how one is introduced and how one ends.
 */
export const EVENT_VERSIONS: EventVersions = {}
