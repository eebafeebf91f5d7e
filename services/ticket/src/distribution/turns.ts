import { isDuplicateKey } from '@onus/kit/mongo'
import type { Turns } from '@onus/workflows-ticket/domain/distribution'
import type { Collection, Db } from 'mongodb'

/** Whose turn it is in a department: one document, replaced only by who has read its last revision. */
export interface TurnsDocument extends Turns {
  /** `<accountId>:<departmentId>` */
  _id: string
  /** Number of changes. */
  rev: number
  /** The last choices, by the decision that they were made for: made again, it gets the same one. */
  given: { decision: string; agentId: string }[]
  /** Since when tickets wait here for somebody who can get them; null: none do. */
  backlogSince: number | null
}

const REMEMBERED = 50

const turnsKey = (accountId: string, departmentId: string): string => `${accountId}:${departmentId}`

export class TurnsStore {
  readonly #turns: Collection<TurnsDocument>

  constructor(db: Db) {
    this.#turns = db.collection<TurnsDocument>('turns')
  }

  /** The department's turns; revision 0 when nobody had one yet. */
  async read(accountId: string, departmentId: string): Promise<TurnsDocument> {
    const _id = turnsKey(accountId, departmentId)
    return (await this.#turns.findOne({ _id })) ?? { _id, rev: 0, given: [], backlogSince: null }
  }

  /** Those of these departments that have a backlog. */
  async withBacklog(accountId: string, departmentIds: readonly string[]): Promise<string[]> {
    const _ids = departmentIds.map((id) => turnsKey(accountId, id))
    const documents = await this.#turns.find({ _id: { $in: _ids } }).toArray()
    const waiting = new Set(
      documents.filter(({ backlogSince }) => backlogSince !== null).map(({ _id }) => _id),
    )
    return departmentIds.filter((id) => waiting.has(turnsKey(accountId, id)))
  }

  /** Takes a turn; false when somebody else took one since it was read. */
  async take(read: TurnsDocument, turns: Turns, decision: string, agentId: string): Promise<boolean> {
    const given = [...read.given, { decision, agentId }].slice(-REMEMBERED)
    return await this.#replace(read, { ...read, ...turns, given })
  }

  /** Says that tickets wait here, or that none do. */
  async markBacklog(read: TurnsDocument, since: number | null): Promise<boolean> {
    return await this.#replace(read, { ...read, backlogSince: since })
  }

  async #replace({ _id, rev }: TurnsDocument, turns: TurnsDocument): Promise<boolean> {
    const { _id: _, ...fields } = { ...turns, rev: rev + 1 }
    if (rev > 0) {
      const { matchedCount } = await this.#turns.replaceOne({ _id, rev }, fields)
      return matchedCount === 1
    }
    try {
      await this.#turns.insertOne({ _id, ...fields })
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }
}
