import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Collection, Db } from 'mongodb'
import type { Logger } from './logging.ts'

/** An encrypted text, as it lies in the database. */
export interface SealedText {
  iv: string
  tag: string
  data: string
}

/** Keeps other services' tokens unreadable in the database and its backups. */
export interface SecretBox {
  /** `owner` is bound to the text: it opens for nobody else. */
  seal(text: string, owner: string): SealedText
  /** @throws when it was sealed by none of the keys, or the text was changed or moved. */
  open(sealed: SealedText, owner: string): string
  /** Sealed by the first key; null when it is already. */
  renew(sealed: SealedText, owner: string): SealedText | null
}

/**
 * AES-256-GCM with keys derived from the installation's own.
 * @param installationKeys one, or several with commas: the first one seals, all of them open
 */
export function createSecretBox(installationKeys: string): SecretBox {
  const keys = installationKeys
    .split(',')
    .filter(Boolean)
    .map((key) => Buffer.from(hkdfSync('sha256', key, '', 'onus integration tokens', 32)))
  const [first] = keys
  if (!first) throw new Error('there is no key to seal with')
  const openWith = (key: Buffer, sealed: SealedText, owner: string): string => {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.iv, 'base64'), {
      authTagLength: 16,
    })
    decipher.setAAD(Buffer.from(owner)).setAuthTag(Buffer.from(sealed.tag, 'base64'))
    const data = Buffer.from(sealed.data, 'base64')
    return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')
  }
  const opens = (key: Buffer, sealed: SealedText, owner: string): boolean => {
    try {
      openWith(key, sealed, owner)
      return true
    } catch {
      return false
    }
  }
  const box: SecretBox = {
    seal(text, owner) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', first, iv).setAAD(Buffer.from(owner))
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return {
        iv: iv.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
        data: data.toString('base64'),
      }
    },
    open(sealed, owner) {
      const key = keys.find((each) => opens(each, sealed, owner)) ?? first
      return openWith(key, sealed, owner)
    },
    renew(sealed, owner) {
      return opens(first, sealed, owner) ? null : box.seal(box.open(sealed, owner), owner)
    },
  }
  return box
}

/** Where sealed texts lie, and to whom they are bound. */
export interface SealedPlace {
  collection: string
  /** @param path from the document to the sealed text */
  ownerOf(document: { _id: string }, path: readonly (string | number)[]): string
}

const PAGE = 200
const EVERY_MS = 3_600_000

/**
 * Renews what older keys sealed, now and every hour: a process that still had the old key first may have sealed
 * something after the last look. Answers what ends it.
 */
export function keepSecretsRenewed(
  db: Db,
  box: SecretBox,
  places: readonly SealedPlace[],
  log: Logger,
): () => Promise<void> {
  const look = () =>
    renewSecrets(db, box, places).then(
      (renewed) => renewed > 0 && log.info({ renewed }, 'secrets were sealed by the new key'),
      (error) => log.warn({ err: error }, 'secrets could not be sealed by the new key yet'),
    )
  let looking = look()
  const timer = setInterval(() => {
    looking = looking.then(look)
  }, EVERY_MS)
  return async () => {
    clearInterval(timer)
    await looking
  }
}

/**
 * Seals what older keys sealed by the first one, so that they can be taken away. What is changed meanwhile is left
 * to the next time; answers how many texts were renewed.
 */
export async function renewSecrets(db: Db, box: SecretBox, places: readonly SealedPlace[]): Promise<number> {
  let renewed = 0
  for (const place of places) {
    const documents = db.collection<{ _id: string }>(place.collection)
    for (let last = ''; ; ) {
      const page = await documents
        .find({ _id: { $gt: last } })
        .sort({ _id: 1 })
        .limit(PAGE)
        .toArray()
      for (const document of page) renewed += await renewDocument(documents, document, box, place)
      last = page.at(-1)?._id ?? last
      if (page.length < PAGE) break
    }
  }
  return renewed
}

async function renewDocument(
  documents: Collection<{ _id: string }>,
  document: { _id: string },
  box: SecretBox,
  { ownerOf }: SealedPlace,
): Promise<number> {
  let renewed = 0
  for (const [path, sealed] of sealedIn(document)) {
    const fresh = box.renew(sealed, ownerOf(document, path))
    if (!fresh) continue
    const at = path.join('.')
    const { modifiedCount } = await documents.updateOne(
      { _id: document._id, [`${at}.data`]: sealed.data },
      { $set: { [at]: fresh } },
    )
    renewed += modifiedCount
  }
  return renewed
}

/** Every sealed text in a document, with the way to it. */
function sealedIn(value: unknown, path: (string | number)[] = []): [(string | number)[], SealedText][] {
  if (value === null || typeof value !== 'object' || value instanceof Date) return []
  if (isSealed(value)) return [[path, value]]
  return Object.entries(value).flatMap(([name, inner]) => sealedIn(inner, [...path, name]))
}

const isSealed = (value: object): value is SealedText =>
  Object.keys(value).length === 3 &&
  ['iv', 'tag', 'data'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string')
