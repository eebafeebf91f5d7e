import type { Actor } from '@onus/workflows-contract'
import type { Collection, Db } from 'mongodb'

/** Name of the collection of messages. A message is shown once the ticket's log refers to it. */
export const MESSAGES = 'messages'
/** Name of the collection that says which ticket a mail's `Message-ID` belongs to. */
export const MAIL_IDS = 'mail_ids'

/** What a message says about a file that came with it. */
export interface AttachmentInfo {
  id: string
  name: string
  contentType: string
  /** Bytes. */
  size: number
}

/** What threading needs of a message that came or went by mail. */
export interface MailFacts {
  /** With its angle brackets, as it stands in the header. */
  messageId?: string
  inReplyTo?: string
  references?: string[]
  from?: string
  to?: string[]
  cc?: string[]
  subject?: string
}

/** What became of an answer that goes out by mail. */
export interface Delivery {
  state: 'planned' | 'retrying' | 'sent' | 'failed'
  attempts: number
  nextAttemptAt?: string
  error?: string
  sentAt?: string
}

export interface StoredMessage {
  /** `<accountId>:<ticketId>:<messageId>` */
  _id: string
  accountId: string
  ticketId: string
  messageId: string
  author: Actor
  kind: 'public' | 'note'
  body: string
  /** Sanitized. */
  html?: string
  attachments: AttachmentInfo[]
  createdAt: string
  mail?: MailFacts
  delivery?: Delivery
}

export type NewMessage = Omit<StoredMessage, '_id'>

export const messageKey = (accountId: string, ticketId: string, messageId: string): string =>
  `${accountId}:${ticketId}:${messageId}`

export const mailIdKey = (accountId: string, mailMessageId: string): string => `${accountId}:${mailMessageId}`

interface MailIdDocument {
  _id: string
  accountId: string
  ticketId: string
  messageId: string
}

export class MessageStore {
  readonly #messages: Collection<StoredMessage>
  readonly #mailIds: Collection<MailIdDocument>

  constructor(db: Db) {
    this.#messages = db.collection<StoredMessage>(MESSAGES)
    this.#mailIds = db.collection<MailIdDocument>(MAIL_IDS)
  }

  /** Keeps a message; the same id again changes nothing, so that a repeat is harmless. */
  async keep(message: NewMessage): Promise<void> {
    const _id = messageKey(message.accountId, message.ticketId, message.messageId)
    await this.#messages.updateOne({ _id }, { $setOnInsert: { _id, ...message } }, { upsert: true })
  }

  /** The messages with these ids, in the order of the ids; unknown ones are left out. */
  async findMany(accountId: string, ticketId: string, messageIds: string[]): Promise<StoredMessage[]> {
    if (messageIds.length === 0) return []
    const keys = messageIds.map((id) => messageKey(accountId, ticketId, id))
    const found = await this.#messages.find({ _id: { $in: keys } }).toArray()
    const byKey = new Map(found.map((message) => [message._id, message]))
    return keys.flatMap((key) => byKey.get(key) ?? [])
  }

  /** Those of some messages of many tickets that there are. */
  async findOfMany(
    accountId: string,
    tickets: readonly { ticketId: string; messageIds: readonly string[] }[],
  ): Promise<StoredMessage[]> {
    const keys = tickets.flatMap(({ ticketId, messageIds }) =>
      messageIds.map((id) => messageKey(accountId, ticketId, id)),
    )
    return keys.length === 0 ? [] : await this.#messages.find({ _id: { $in: keys } }).toArray()
  }

  /** False when there is no such message. */
  async setDelivery(
    accountId: string,
    ticketId: string,
    messageId: string,
    delivery: Delivery,
    mailMessageId?: string,
  ): Promise<boolean> {
    const { matchedCount } = await this.#messages.updateOne(
      { _id: messageKey(accountId, ticketId, messageId) },
      { $set: { delivery, ...(mailMessageId !== undefined && { 'mail.messageId': mailMessageId }) } },
    )
    return matchedCount > 0
  }

  /** Remembers under which `Message-ID` a message went out or came in; the first one to say so stays. */
  async keepMailId(
    accountId: string,
    mailMessageId: string,
    ticketId: string,
    messageId: string,
  ): Promise<void> {
    const _id = mailIdKey(accountId, mailMessageId)
    await this.#mailIds.updateOne(
      { _id },
      { $setOnInsert: { _id, accountId, ticketId, messageId } },
      { upsert: true },
    )
  }

  async findByMailId(
    accountId: string,
    mailMessageId: string,
  ): Promise<{ ticketId: string; messageId: string } | null> {
    const found = await this.#mailIds.findOne({ _id: mailIdKey(accountId, mailMessageId) })
    return found && { ticketId: found.ticketId, messageId: found.messageId }
  }
}
