import { stableId } from '@onus/kit/ids'
import type { Collection, Db } from 'mongodb'
import type { TicketSeed } from './log.ts'

interface ContactDocument {
  /** `<accountId>:<lower-case e-mail address>`, or `<accountId>:#<id>` for one who has only a name. */
  _id: string
  accountId: string
  id: string
  email?: string
  name?: string
}

/** The customers of an account: one for each e-mail address, in whatever case it is written. */
export class ContactStore {
  readonly #contacts: Collection<ContactDocument>

  constructor(db: Db) {
    this.#contacts = db.collection<ContactDocument>('contacts')
  }

  /**
   * The contact who has this address, made if there is none; a name fills a missing one in and never
   * replaces one. Somebody without an address is a contact of their own, known by `fallbackId`.
   */
  async upsert(
    accountId: string,
    given: { email?: string; name?: string },
    fallbackId: string,
  ): Promise<TicketSeed['contact']> {
    const email = given.email?.trim()
    const name = given.name?.trim() || undefined
    const id = email ? stableId('contact', accountId, email.toLowerCase()) : fallbackId
    const _id = `${accountId}:${email ? email.toLowerCase() : `#${id}`}`
    const document = { _id, accountId, id, ...(email && { email }), ...(name && { name }) }
    const stored = await this.#contacts.findOneAndUpdate(
      { _id },
      { $setOnInsert: document },
      { upsert: true, returnDocument: 'after' },
    )
    if (name && stored && !stored.name) await this.#contacts.updateOne({ _id }, { $set: { name } })
    return {
      id,
      ...(email && { email: stored?.email ?? email }),
      ...((name ?? stored?.name) && { name: name ?? stored?.name }),
    }
  }
}
