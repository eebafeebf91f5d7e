import { newId } from '@onus/kit/ids'
import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'
import { ChunkStore } from '../../store/attachments.ts'

/** Where an accepted mail went; decided once, so that a second try of its intake cannot go elsewhere. */
export type MailPlan =
  | { kind: 'reply'; ticketId: string }
  /** `followUpOf`: the ticket that it seems to answer, and whose sender takes no part in. */
  | { kind: 'create'; followUpOf?: string }

export type MailState =
  /** Stored; its intake is at work. */
  | 'received'
  /** In a ticket. */
  | 'taken'
  | 'unreadable'
  /** Ours, come back. */
  | 'own'

/** One mail on its way into one department. */
export interface StoredMail {
  /** `<accountId>:<mailId>` */
  _id: string
  accountId: string
  mailId: string
  departmentId: string
  /** The department's address that it was sent to. */
  address: string
  /** Identity of its content; the same for every department that it was sent to. */
  identity: string
  /** Key of the raw mail's chunks, and how many there are. */
  raw: string
  chunks: number
  /** Bytes. */
  size: number
  envelope: { from: string; to: string[] }
  receivedAt: string
  state: MailState
  plan?: MailPlan
  /** Why it is unreadable. */
  error?: string
  ticketId?: string
  messageId?: string
  automatic?: true
}

export interface RawMail {
  raw: string
  chunks: number
  size: number
}

/** Of which mail a `Message-ID` is that was accepted and maybe not taken in yet. */
interface Arrival {
  /** `<accountId>:<Message-ID>` */
  _id: string
  mailId: string
}

const mailKey = (accountId: string, mailId: string): string => `${accountId}:${mailId}`
const RAW_CHUNKS = 'mail_chunks'

/** Raw mails, whole, and what became of each. Nothing in here is ever thrown away by the intake. */
export class MailStore {
  readonly #mails: Collection<StoredMail>
  readonly #arrivals: Collection<Arrival>
  readonly #db: Db
  readonly #chunks: ChunkStore
  readonly #maxBytes: number

  constructor(db: Db, maxBytes: number) {
    this.#db = db
    this.#mails = db.collection<StoredMail>('mails')
    this.#arrivals = db.collection<Arrival>('mail_arrivals')
    this.#chunks = new ChunkStore(db, RAW_CHUNKS)
    this.#maxBytes = maxBytes
  }

  /** Keeps the bytes under a new key; {@link insert} makes a mail of them. @throws payload-too-large */
  async keepRaw(accountId: string, source: AsyncIterable<Uint8Array>): Promise<RawMail> {
    const raw = `${accountId}:${newId()}`
    return { raw, ...(await this.#chunks.write(raw, source, this.#maxBytes)) }
  }

  async dropRaw({ raw, chunks }: RawMail): Promise<void> {
    const ids = Array.from({ length: chunks }, (_, n) => `${raw}:${n}`)
    await this.#db.collection<{ _id: string }>(RAW_CHUNKS).deleteMany({ _id: { $in: ids } })
  }

  readRaw({ raw, chunks }: RawMail): AsyncGenerator<Uint8Array> {
    return this.#chunks.read(raw, chunks)
  }

  /** Keeps a new mail; gives the one that is there already, if it came before. */
  async insert(mail: Omit<StoredMail, '_id'>): Promise<StoredMail | null> {
    const _id = mailKey(mail.accountId, mail.mailId)
    try {
      await this.#mails.insertOne({ _id, ...mail })
      return null
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      return await this.#mails.findOne({ _id })
    }
  }

  async find(accountId: string, mailId: string): Promise<StoredMail | null> {
    return await this.#mails.findOne({ _id: mailKey(accountId, mailId) })
  }

  /** Settles where the mail goes; the first plan stays and is given. */
  async settlePlan(accountId: string, mailId: string, plan: MailPlan): Promise<MailPlan> {
    const _id = mailKey(accountId, mailId)
    await this.#mails.updateOne({ _id, plan: { $exists: false } }, { $set: { plan } })
    return (await this.#mails.findOne({ _id }))?.plan ?? plan
  }

  /** For a plan that the ticket refused for good. */
  async replacePlan(accountId: string, mailId: string, plan: MailPlan): Promise<void> {
    await this.#mails.updateOne({ _id: mailKey(accountId, mailId) }, { $set: { plan } })
  }

  /** An unreadable mail is on its way again, as if it had just come. */
  async begin(accountId: string, mailId: string): Promise<void> {
    await this.#mails.updateOne(
      { _id: mailKey(accountId, mailId), state: 'unreadable' },
      { $set: { state: 'received' }, $unset: { plan: '', error: '' } },
    )
  }

  async finish(
    accountId: string,
    mailId: string,
    end: Pick<StoredMail, 'state' | 'plan' | 'error' | 'ticketId' | 'messageId' | 'automatic'>,
  ): Promise<void> {
    await this.#mails.updateOne({ _id: mailKey(accountId, mailId) }, { $set: end })
  }

  /** Unreadable mails of an account, newest first. */
  async unreadable(
    accountId: string,
    limit: number,
    after?: { receivedAt: string; key: string },
  ): Promise<StoredMail[]> {
    return await this.#mails
      .find({
        accountId,
        state: 'unreadable',
        ...(after && {
          receivedAt: { $lte: after.receivedAt },
          $or: [{ receivedAt: { $lt: after.receivedAt } }, { _id: { $lt: after.key } }],
        }),
      })
      .sort({ receivedAt: -1, _id: -1 })
      .limit(limit)
      .toArray()
  }

  /** Remembers that a mail of this `Message-ID` was accepted, so that a fast reply to it can wait for it. */
  async arrived(accountId: string, messageId: string, mailId: string): Promise<void> {
    const _id = `${accountId}:${messageId}`
    await this.#arrivals.updateOne({ _id }, { $setOnInsert: { _id, mailId } }, { upsert: true })
  }

  /** The mails with these Message-IDs that were accepted and are not in a ticket yet. */
  async underWay(accountId: string, messageIds: string[]): Promise<StoredMail[]> {
    if (messageIds.length === 0) return []
    const arrivals = await this.#arrivals
      .find({ _id: { $in: messageIds.map((id) => `${accountId}:${id}`) } })
      .toArray()
    const keys = arrivals.map(({ mailId }) => mailKey(accountId, mailId))
    const mails = await this.#mails.find({ _id: { $in: keys } }).toArray()
    return mails.filter(({ state }) => state === 'received')
  }
}
