import { stableId } from '@onus/kit/ids'
import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'

interface IdentityDocument {
  _id: string
  accountId: string
  agentId: string
  /** A hash: whose subject it is at the issuer need not be readable here. */
  subject: string
  boundAt: Date
}

/**
 * Which agent an issuer's subject is. Bound once, in both directions: a subject is one agent of an account,
 * and an agent one subject, so that a recycled e-mail address opens nobody else's account.
 */
export class IdentityStore {
  readonly #identities: Collection<IdentityDocument>

  constructor(db: Db) {
    this.#identities = db.collection<IdentityDocument>('identities')
  }

  /** The agents that a subject is bound to, by account. */
  async find(accountIds: string[], issuer: string, subject: string): Promise<Map<string, string>> {
    const ids = accountIds.map((accountId) => subjectKey(accountId, issuer, subject))
    const found = await this.#identities.find({ _id: { $in: ids } }).toArray()
    return new Map(found.map(({ accountId, agentId }) => [accountId, agentId]))
  }

  /** Binds both; false when the agent is somebody else at that issuer already. */
  async bind(
    accountId: string,
    issuer: string,
    subject: string,
    agentId: string,
    now: Date,
  ): Promise<boolean> {
    const document = { accountId, agentId, subject: stableId(subject), boundAt: now }
    const agentKey = stableId('agent', accountId, issuer, agentId)
    try {
      await this.#identities.insertOne({ _id: agentKey, ...document })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      const bound = await this.#identities.findOne({ _id: agentKey })
      if (bound?.subject !== document.subject) return false
    }
    await this.#identities.replaceOne(
      { _id: subjectKey(accountId, issuer, subject) },
      { ...document },
      { upsert: true },
    )
    return true
  }
}

const subjectKey = (accountId: string, issuer: string, subject: string): string =>
  stableId('subject', accountId, issuer, subject)
