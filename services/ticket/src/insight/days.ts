import { newId } from '@onus/kit/ids'
import type { LogDocument } from '@onus/workflows-contract'
import type { Collection, Db } from 'mongodb'
import { type Day, daysOf, zoneOf } from './calendar.ts'
import {
  addMeasure,
  addTally,
  emptyTally,
  readTally,
  type StoredTally,
  storedTally,
  type Tally,
} from './tally.ts'

/**
 * The figures of days, counted from the log. What was counted is kept in one document for an account's day,
 * with the moment up to which it was counted, so that nobody reads the same part of the log twice. These
 * documents can be thrown away at any time: whoever asks next counts again.
 */
export interface DayDocument {
  /** `<accountId>:<day>:<timeZone>` */
  _id: string
  accountId: string
  start: string
  end: string
  /** Everything in the log from `start` to here (not included) is in the tally. */
  through: string
  tally: StoredTally
  /** Another one with each change: who read an older one may not write. */
  token: string
}

/**
 * A command's document is in the log so soon after the moment that it has. What comes later than half of
 * that makes its day be counted again; see {@link DayStore.forget}.
 */
export const SETTLED_MS = 10 * 60_000
export const LATE_MS = SETTLED_MS / 2
/** A day that is not over is written again after so long. */
const KEPT_AGAIN_MS = 5 * 60_000

interface Gap {
  from: string
  to: string
  days: Counted[]
}

interface Counted {
  day: Day
  document: DayDocument
  /** Counted now: what is certain to be whole, and what is too young for that. */
  settled: Tally
  young: Tally
}

export class DayStore {
  readonly #days: Collection<DayDocument>
  readonly #log: Collection<LogDocument>
  /** Moment of the first document of an account's log; it does not change. */
  readonly #begins = new Map<string, string>()

  constructor(db: Db) {
    this.#days = db.collection('insight_days')
    this.#log = db.collection('log')
  }

  /** The figures of each day from one to another (both included) on which there can be any. */
  async read(
    accountId: string,
    timeZone: string,
    period: { since: string; until: string },
    now: Date,
  ): Promise<Map<string, Tally>> {
    const begin = await this.#begin(accountId)
    const days = daysOf(period.since, period.until, timeZone).filter(
      ({ start, end }) => begin !== null && end > begin && Date.parse(start) < now.getTime() + SETTLED_MS,
    )
    // The documents are there before the log is read: what comes late takes them away.
    const documents = await this.#open(accountId, zoneOf(timeZone), days)
    const counted = days.flatMap((day, at): Counted[] => {
      const document = documents[at]
      return document ? [{ day, document, settled: emptyTally(), young: emptyTally() }] : []
    })
    for (const gap of gapsOf(counted)) await this.#count(accountId, gap, now)
    return new Map(
      counted.map(({ day, document, settled, young }) => {
        const tally = readTally(document.tally)
        addTally(tally, settled)
        addTally(tally, young)
        return [day.day, tally]
      }),
    )
  }

  /** A document with this moment came late: its days are counted again. */
  async forget(accountId: string, at: string): Promise<void> {
    await this.#days.deleteMany({ accountId, end: { $gt: at }, start: { $lte: at } })
  }

  /** Counts what is not counted yet, one day after the other, and keeps each as soon as it is whole. */
  async #count(accountId: string, { from, to, days }: Gap, now: Date): Promise<void> {
    const settled = new Date(now.getTime() - SETTLED_MS).toISOString()
    const found = this.#log
      .find({ accountId, at: { $gte: from, $lt: to } })
      .project<Pick<LogDocument, 'at' | 'measures'>>({ _id: 0, at: 1, measures: 1 })
      .sort({ at: 1, _id: 1 })
      .batchSize(2000)
    let current = 0
    try {
      for await (const { at, measures = [] } of found) {
        for (let day = days[current]; day && at >= day.day.end; day = days[++current])
          await this.#keep(day, settled)
        const day = days[current]
        if (!day) break
        for (const measure of measures) addMeasure(at < settled ? day.settled : day.young, measure)
      }
    } finally {
      await found.close()
    }
    for (const day of days.slice(current)) await this.#keep(day, settled)
  }

  async #keep({ day, document, settled }: Counted, until: string): Promise<void> {
    const through = until < day.end ? until : day.end
    const further = Date.parse(through) - Date.parse(document.through)
    if (further <= 0 || (through !== day.end && further < KEPT_AGAIN_MS)) return
    const tally = readTally(document.tally)
    addTally(tally, settled)
    await this.#days.updateOne(
      { _id: document._id, token: document.token },
      { $set: { through, tally: storedTally(tally), token: newId() } },
    )
  }

  /** The documents of these days, in their order; those that are not there yet are made, empty. */
  async #open(
    accountId: string,
    timeZone: string,
    days: readonly Day[],
  ): Promise<(DayDocument | undefined)[]> {
    const idOf = ({ day }: Day) => `${accountId}:${day}:${timeZone}`
    const found = await this.#find(days.map(idOf))
    const missing = days.filter((day) => !found.has(idOf(day)))
    if (missing.length > 0) {
      const tally = storedTally(emptyTally())
      const documents = missing.map((day) => {
        const { start, end } = day
        return { _id: idOf(day), accountId, start, end, through: start, tally, token: newId() }
      })
      // Others may make them at the same time: the first ones stay.
      await this.#days.bulkWrite(
        documents.map(({ _id, ...document }) => ({
          updateOne: { filter: { _id }, update: { $setOnInsert: document }, upsert: true },
        })),
        { ordered: false },
      )
      for (const [_id, document] of await this.#find(missing.map(idOf))) found.set(_id, document)
    }
    return days.map((day) => found.get(idOf(day)))
  }

  async #find(ids: string[]): Promise<Map<string, DayDocument>> {
    if (ids.length === 0) return new Map()
    const documents = await this.#days.find({ _id: { $in: ids } }).toArray()
    return new Map(documents.map((document) => [document._id, document]))
  }

  async #begin(accountId: string): Promise<string | null> {
    const known = this.#begins.get(accountId)
    if (known !== undefined) return known
    const [first] = await this.#log
      .find({ accountId })
      .project<{ at: string }>({ _id: 0, at: 1 })
      .sort({ at: 1, _id: 1 })
      .limit(1)
      .toArray()
    // One that begins may still get an earlier document.
    if (first && Date.parse(first.at) < Date.now() - SETTLED_MS) this.#begins.set(accountId, first.at)
    return first?.at ?? null
  }
}

/** What is to be counted, in as few stretches as possible. */
function gapsOf(counted: readonly Counted[]): Gap[] {
  const gaps: Gap[] = []
  for (const each of counted) {
    const { through, end } = each.document
    if (through >= end) continue
    const last = gaps.at(-1)
    if (last && last.to === through) {
      last.to = end
      last.days.push(each)
    } else gaps.push({ from: through, to: end, days: [each] })
  }
  return gaps
}
