import type { Collection, Db } from 'mongodb'
import type { ApnsKey, PushChange, ServiceAccount, VapidKeys } from '../domain/push-credentials.ts'
import { makeVapidKeys } from '../domain/push-credentials.ts'
import type { SealedText, SecretBox } from './secrets.ts'

/** What push messages of an account are sent with. */
export interface PushConnections {
  fcm?: ServiceAccount | undefined
  apns?: ApnsKey | undefined
  webPush: VapidKeys
  /** Onus made the VAPID pair by itself. */
  generated: boolean
  /** A locked screen may show a ticket's subject and text. */
  showsText: boolean
  /** Absent while the account lives on what the installation provides. */
  updatedAt?: string | undefined
}

/** What the installation provides to accounts that connected nothing. */
export interface PushFallback {
  fcm?: ServiceAccount | undefined
  apns?: ApnsKey | undefined
  webPush?: VapidKeys | undefined
  /** Of pairs that are made here. */
  subject: string
}

/** What accounts connected to for push. */
export interface PushIntegrations {
  /** Makes and keeps a VAPID pair when there is none. */
  connections(accountId: string): Promise<PushConnections>
  set(accountId: string, change: PushChange, at: string): Promise<PushConnections>
  delete(accountId: string): Promise<boolean>
}

interface PushDocument {
  /** The account. */
  _id: string
  fcm?: SealedText
  apns?: SealedText
  webPush?: SealedText
  showsText: boolean
  updatedAt: string
}

interface VapidDocument {
  /** The account. */
  _id: string
  keys: SealedText
}

/** Push integrations in MongoDB; all that was given is encrypted as a whole. */
export function createPushIntegrations(db: Db, box: SecretBox, fallback: PushFallback): PushIntegrations {
  const integrations: Collection<PushDocument> = db.collection('push_integrations')
  const pairs: Collection<VapidDocument> = db.collection('vapid_keys')

  const seal = (accountId: string, value: object) => box.seal(JSON.stringify(value), accountId)
  const open = <T>(accountId: string, sealed: SealedText | undefined): T | undefined =>
    sealed && (JSON.parse(box.open(sealed, accountId)) as T)

  /** One pair for ever: browsers subscribe with it, and take messages of no other. */
  async function ownPair(accountId: string): Promise<VapidKeys> {
    const found = await pairs.findOne({ _id: accountId })
    const kept = open<VapidKeys>(accountId, found?.keys)
    if (kept) return kept
    const made = makeVapidKeys(fallback.subject)
    try {
      await pairs.insertOne({ _id: accountId, keys: seal(accountId, made) })
      return made
    } catch (error) {
      // Somebody was faster; whose pair is kept is everybody's.
      const theirs = open<VapidKeys>(accountId, (await pairs.findOne({ _id: accountId }))?.keys)
      if (theirs) return theirs
      throw error
    }
  }

  async function read(accountId: string, document: PushDocument | null): Promise<PushConnections> {
    const given = open<VapidKeys>(accountId, document?.webPush) ?? fallback.webPush
    return {
      fcm: open<ServiceAccount>(accountId, document?.fcm) ?? fallback.fcm,
      apns: open<ApnsKey>(accountId, document?.apns) ?? fallback.apns,
      webPush: given ?? (await ownPair(accountId)),
      generated: given === undefined,
      showsText: document?.showsText ?? false,
      updatedAt: document?.updatedAt,
    }
  }

  return {
    connections: async (accountId) => read(accountId, await integrations.findOne({ _id: accountId })),
    async set(accountId, change, at) {
      const before = await integrations.findOne({ _id: accountId })
      const part = (name: 'fcm' | 'apns' | 'webPush') => {
        const given = change[name]
        const sealed = given === undefined ? before?.[name] : given && seal(accountId, given)
        return sealed ? { [name]: sealed } : {}
      }
      const document: PushDocument = {
        _id: accountId,
        ...part('fcm'),
        ...part('apns'),
        ...part('webPush'),
        showsText: change.showsText ?? before?.showsText ?? false,
        updatedAt: at,
      }
      await integrations.replaceOne({ _id: accountId }, document, { upsert: true })
      return read(accountId, document)
    },
    async delete(accountId) {
      const { deletedCount } = await integrations.deleteOne({ _id: accountId })
      return deletedCount === 1
    },
  }
}
