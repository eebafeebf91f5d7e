import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db, Filter } from 'mongodb'
import type { Waiting } from './domain/lanes.ts'
import { type Delivery, type Health, isOpen, type Replay, type Webhook } from './domain/model.ts'

/** Webhooks and what was, or is to be, delivered to them. */

/** A delivery with what is sent. */
export type FullDelivery = Delivery & { body: string }

/** A place in a list: the last item's time and id. */
export interface Place {
  at: string
  id: string
}

export interface WebhookStore {
  /** All of an account. */
  of(accountId: string): Promise<Webhook[]>
  get(accountId: string, webhookId: string): Promise<Webhook | null>
  /** Keeps a new one; the one that is there under this id stays. */
  add(webhook: Webhook): Promise<Webhook>
  /** Changes these fields; undefined removes one. Null when it is gone. */
  change(accountId: string, webhookId: string, fields: Partial<Webhook>): Promise<Webhook | null>
  setHealth(accountId: string, webhookId: string, health: Health): Promise<void>
  setReplay(accountId: string, webhookId: string, replay: Replay): Promise<void>
  forgetReplays(accountId: string, webhookId: string, replayIds: readonly string[]): Promise<void>
  remove(accountId: string, webhookId: string): Promise<boolean>
  removeAccount(accountId: string): Promise<void>
}

export interface DeliveryStore {
  /** Adds those that are new; the number of them. */
  add(deliveries: readonly FullDelivery[]): Promise<number>
  get(webhookId: string, id: string): Promise<Delivery | null>
  body(id: string): Promise<string | null>
  save(delivery: Delivery): Promise<void>
  /** Open deliveries, oldest first. */
  open(webhookId: string, limit: number): Promise<(Waiting & Delivery)[]>
  /** Everything that waits for a later attempt is due now. */
  hasten(webhookId: string, now: string): Promise<void>
  list(webhookId: string, limit: number, options: { after?: Place; state?: string }): Promise<Delivery[]>
}

interface AccountDocument {
  /** The account. */
  _id: string
  webhooks: Record<string, Webhook>
}

export function createWebhookStore(db: Db): WebhookStore {
  // One small document of an account: it is read for every event, by its `_id`.
  const accounts: Collection<AccountDocument> = db.collection('webhooks')
  const deliveries = db.collection('webhook_deliveries')
  const at = (webhookId: string) => `webhooks.${webhookId}`
  const there = (accountId: string, webhookId: string) =>
    ({ _id: accountId, [at(webhookId)]: { $exists: true } }) as Filter<AccountDocument>

  const of = async (accountId: string): Promise<Webhook[]> => {
    const document = await accounts.findOne({ _id: accountId })
    return Object.values(document?.webhooks ?? {}).sort((a, b) =>
      a.createdAt + a.id < b.createdAt + b.id ? -1 : 1,
    )
  }
  const get = async (accountId: string, webhookId: string): Promise<Webhook | null> =>
    (await of(accountId)).find(({ id }) => id === webhookId) ?? null
  const set = async (accountId: string, webhookId: string, values: Record<string, unknown>) => {
    const given = Object.entries(values).map(([name, value]) => [`${at(webhookId)}.${name}`, value] as const)
    const $set = Object.fromEntries(given.filter(([, value]) => value !== undefined))
    const $unset = Object.fromEntries(
      given.filter(([, value]) => value === undefined).map(([name]) => [name, '']),
    )
    if (given.length === 0) return
    await accounts.updateOne(there(accountId, webhookId), {
      ...(Object.keys($set).length > 0 && { $set }),
      ...(Object.keys($unset).length > 0 && { $unset }),
    } as never)
  }

  return {
    of,
    get,
    async add(webhook) {
      const { accountId, id } = webhook
      const addOnce = () =>
        accounts.updateOne(
          { _id: accountId, [at(id)]: { $exists: false } } as Filter<AccountDocument>,
          { $set: { [at(id)]: webhook } } as never,
          { upsert: true },
        )
      try {
        await addOnce()
      } catch (error) {
        // The account has a document and this webhook already; or somebody made the document at this moment.
        if (!isDuplicateKey(error)) throw error
        await addOnce().catch((again) => {
          if (!isDuplicateKey(again)) throw again
        })
      }
      return (await get(accountId, id)) ?? webhook
    },
    async change(accountId, webhookId, fields) {
      await set(accountId, webhookId, fields)
      return get(accountId, webhookId)
    },
    setHealth: (accountId, webhookId, health) => set(accountId, webhookId, { health }),
    setReplay: (accountId, webhookId, replay) =>
      set(accountId, webhookId, { [`replays.${replay.id}`]: replay }),
    forgetReplays: (accountId, webhookId, replayIds) =>
      set(accountId, webhookId, Object.fromEntries(replayIds.map((id) => [`replays.${id}`, undefined]))),
    async remove(accountId, webhookId) {
      const { matchedCount } = await accounts.updateOne(there(accountId, webhookId), {
        $unset: { [at(webhookId)]: '' },
      } as never)
      await deliveries.deleteMany({ webhookId })
      return matchedCount === 1
    },
    async removeAccount(accountId) {
      const webhooks = await of(accountId)
      await accounts.deleteOne({ _id: accountId })
      for (const { id } of webhooks) await deliveries.deleteMany({ webhookId: id })
    },
  }
}

/** How long the log of deliveries is kept. */
const KEPT_MS = 30 * 24 * 60 * 60_000

type DeliveryDocument = Omit<FullDelivery, 'id'> & { _id: string; open: boolean; expireAt: Date }

export function createDeliveryStore(db: Db): DeliveryStore {
  const deliveries: Collection<DeliveryDocument> = db.collection('webhook_deliveries')
  const WITHOUT_BODY = { body: 0 } as const
  return {
    async add(many) {
      if (many.length === 0) return 0
      const documents = many.map(({ id, ...rest }) => ({
        _id: id,
        ...rest,
        open: isOpen(rest),
        expireAt: new Date(Date.parse(rest.createdAt) + KEPT_MS),
      }))
      // One by one where one is there already: stores differ in how they report many errors at once.
      const known = await deliveries
        .find({ _id: { $in: documents.map(({ _id }) => _id) } }, { projection: { _id: 1 } })
        .toArray()
      const there = new Set(known.map(({ _id }) => _id))
      const added = documents.filter(({ _id }) => !there.has(_id))
      let count = 0
      for (const document of added) {
        try {
          await deliveries.insertOne(document)
          count++
        } catch (error) {
          if (!isDuplicateKey(error)) throw error
        }
      }
      return count
    },
    async get(webhookId, id) {
      const document = await deliveries.findOne({ _id: id }, { projection: WITHOUT_BODY })
      return document && document.webhookId === webhookId ? toDelivery(document) : null
    },
    async body(id) {
      const document = await deliveries.findOne({ _id: id }, { projection: { body: 1 } })
      return document?.body ?? null
    },
    async save(delivery) {
      const { id, ...fields } = delivery
      const $set = { ...fields, open: isOpen(delivery) }
      const absent = (['error', 'statusCode', 'nextAttemptAt', 'deliveredAt'] as const).filter(
        (name) => delivery[name] === undefined,
      )
      const $unset = Object.fromEntries(absent.map((name) => [name, '']))
      await deliveries.updateOne({ _id: id }, { $set, ...(absent.length > 0 && { $unset }) } as never)
    },
    async open(webhookId, limit) {
      const documents = await deliveries
        .find({ webhookId, open: true }, { projection: WITHOUT_BODY })
        .sort({ order: 1 })
        .limit(limit)
        .toArray()
      return documents.map(toDelivery)
    },
    async hasten(webhookId, now) {
      await deliveries.updateMany(
        { webhookId, open: true, nextAttemptAt: { $gt: now } },
        { $set: { nextAttemptAt: now } },
      )
    },
    async list(webhookId, limit, { after, state }) {
      const filter: Filter<DeliveryDocument> = { webhookId }
      if (state !== undefined) filter.state = state as Delivery['state']
      if (after)
        filter.$or = [
          { createdAt: { $lt: after.at } },
          { createdAt: after.at, _id: { $lt: after.id } },
        ] as Filter<DeliveryDocument>[]
      const documents = await deliveries
        .find(filter, { projection: WITHOUT_BODY })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray()
      return documents.map(toDelivery)
    },
  }
}

function toDelivery(document: DeliveryDocument): Delivery {
  const { _id, open: _open, expireAt: _expireAt, body: _body, ...rest } = document
  return { id: _id, ...rest }
}
