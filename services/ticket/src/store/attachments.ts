import { Problem } from '@onus/kit/problems'
import { Binary, type Collection, type Db } from 'mongodb'
import type { AttachmentInfo } from './messages.ts'

/** Bytes of one stored chunk. */
const CHUNK_BYTES = 256 * 1024

interface ChunkDocument {
  /** `<key>:<n>`, n from 0, so that every chunk is found by its `_id`. */
  _id: string
  data: Binary
}

/**
 * Bytes in chunks whose ids follow from the key. (GridFS finds its chunks by a second index, which not
 * every store that we run on has.)
 */
export class ChunkStore {
  readonly #chunks: Collection<ChunkDocument>

  constructor(db: Db, collection: string) {
    this.#chunks = db.collection<ChunkDocument>(collection)
  }

  /**
   * Keeps all bytes and says how many there were. The same key again replaces what is there; nothing is
   * left of a source that fails or is longer than `maxBytes`. @throws payload-too-large
   */
  async write(key: string, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, maxBytes: number) {
    let size = 0
    let count = 0
    let buffered: Uint8Array[] = []
    let bufferedBytes = 0
    const flush = async () => {
      const data = new Binary(Buffer.concat(buffered, bufferedBytes))
      const _id = `${key}:${count++}`
      buffered = []
      bufferedBytes = 0
      await this.#chunks.replaceOne({ _id }, { data }, { upsert: true })
    }
    try {
      for await (const part of source) {
        size += part.length
        if (size > maxBytes) throw new Problem('payload-too-large', `At most ${maxBytes} bytes are taken.`)
        for (let offset = 0; offset < part.length; ) {
          const piece = part.subarray(offset, offset + CHUNK_BYTES - bufferedBytes)
          buffered.push(piece)
          bufferedBytes += piece.length
          offset += piece.length
          if (bufferedBytes === CHUNK_BYTES) await flush()
        }
      }
      if (bufferedBytes > 0) await flush()
    } catch (error) {
      await this.#chunks.deleteMany({ _id: { $in: chunkIds(key, count) } })
      throw error
    }
    return { size, chunks: count }
  }

  async *read(key: string, chunks: number): AsyncGenerator<Uint8Array> {
    for (const _id of chunkIds(key, chunks)) {
      const chunk = await this.#chunks.findOne({ _id })
      if (!chunk) throw new Error(`Chunk ${_id} is missing.`)
      yield chunk.data.buffer
    }
  }
}

const chunkIds = (key: string, chunks: number): string[] =>
  Array.from({ length: chunks }, (_, n) => `${key}:${n}`)

export interface StoredAttachment {
  /** `<accountId>:<attachmentId>` */
  _id: string
  accountId: string
  attachmentId: string
  name: string
  contentType: string
  size: number
  chunks: number
  /** `<caller type>:<caller id>`; sees it until a message refers to it. */
  uploadedBy: string
  createdAt: string
  /** Tickets with a message that refers to it: whoever sees one of them sees it. */
  ticketIds: string[]
}

export const attachmentInfo = ({
  attachmentId,
  name,
  contentType,
  size,
}: StoredAttachment): AttachmentInfo => ({
  id: attachmentId,
  name,
  contentType,
  size,
})

export type NewAttachment = Pick<
  StoredAttachment,
  'accountId' | 'attachmentId' | 'name' | 'contentType' | 'uploadedBy' | 'createdAt'
>

/** Files that came with messages. One is there as soon as all of its bytes are. */
export class AttachmentStore {
  readonly #attachments: Collection<StoredAttachment>
  readonly #chunks: ChunkStore
  readonly #maxBytes: number

  constructor(db: Db, maxBytes: number) {
    this.#attachments = db.collection<StoredAttachment>('attachments')
    this.#chunks = new ChunkStore(db, 'attachment_chunks')
    this.#maxBytes = maxBytes
  }

  /** Keeps a file; the same id again replaces it. @throws payload-too-large */
  async keep(
    attachment: NewAttachment,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    ticketId?: string,
  ): Promise<StoredAttachment> {
    const _id = attachmentKey(attachment.accountId, attachment.attachmentId)
    const { size, chunks } = await this.#chunks.write(_id, source, this.#maxBytes)
    const document = { _id, ...attachment, size, chunks, ticketIds: ticketId ? [ticketId] : [] }
    await this.#attachments.replaceOne({ _id }, document, { upsert: true })
    return document
  }

  async find(accountId: string, attachmentId: string): Promise<StoredAttachment | null> {
    return await this.#attachments.findOne({ _id: attachmentKey(accountId, attachmentId) })
  }

  /** Those that exist, in the order of the ids. */
  async findMany(accountId: string, ids: string[]): Promise<StoredAttachment[]> {
    if (ids.length === 0) return []
    const keys = ids.map((id) => attachmentKey(accountId, id))
    const found = await this.#attachments.find({ _id: { $in: keys } }).toArray()
    const byKey = new Map(found.map((attachment) => [attachment._id, attachment]))
    return keys.flatMap((key) => byKey.get(key) ?? [])
  }

  /** Says that a message of this ticket refers to them. */
  async link(accountId: string, ids: string[], ticketId: string): Promise<void> {
    for (const id of ids) {
      await this.#attachments.updateOne(
        { _id: attachmentKey(accountId, id) },
        { $addToSet: { ticketIds: ticketId } },
      )
    }
  }

  read(attachment: StoredAttachment): AsyncGenerator<Uint8Array> {
    return this.#chunks.read(attachment._id, attachment.chunks)
  }
}

const attachmentKey = (accountId: string, attachmentId: string): string => `${accountId}:${attachmentId}`
