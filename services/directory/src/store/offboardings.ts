import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'

/** How far an off-boarding is; written often, so it is kept beside the account. */
export interface OffboardingProgress {
  tickets?: number
  byDepartment?: { departmentId: string; tickets: number }[]
  moved: number
  givenBack: number
}

type ProgressDocument = OffboardingProgress & { _id: string }

/** The progress of off-boardings. Only the operation itself writes it, one report after the other. */
export class OffboardingStore {
  readonly #progress: Collection<ProgressDocument>

  constructor(db: Db) {
    this.#progress = db.collection<ProgressDocument>('offboardings')
  }

  async save(accountId: string, offboardingId: string, progress: OffboardingProgress): Promise<void> {
    const _id = `${accountId}:${offboardingId}`
    try {
      await this.#progress.updateOne({ _id }, { $set: progress }, { upsert: true })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      await this.#progress.updateOne({ _id }, { $set: progress })
    }
  }

  async find(accountId: string, offboardingId: string): Promise<OffboardingProgress | null> {
    return this.#progress.findOne({ _id: `${accountId}:${offboardingId}` }, { projection: { _id: 0 } })
  }
}
