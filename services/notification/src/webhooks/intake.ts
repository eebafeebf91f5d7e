import { fromRecord } from '@onus/kit/cloudevents'
import { newId, stableId } from '@onus/kit/ids'
import type { ReceivedRecord } from '@onus/kit/kafka'
import type { DepartmentsOf } from './departments.ts'
import { LIFETIME_MS } from './domain/attempt.ts'
import {
  accountOf,
  type Catalog,
  namedByRule,
  type PublishedEvent,
  structured,
  subscribes,
} from './domain/events.ts'
import type { Webhook } from './domain/model.ts'
import type { DeliveryStore, FullDelivery, WebhookStore } from './store.ts'

/** Makes deliveries of events: one for each webhook that wants the event, however often the event comes. */

export interface IntakeDeps {
  clock: () => Date
  catalog: Catalog
  webhooks: Pick<WebhookStore, 'of' | 'removeAccount'>
  deliveries: Pick<DeliveryStore, 'add'>
  departmentsOf: DepartmentsOf
  /** Makes the webhook's lane look; returns when that is certain. */
  wake(accountId: string, webhookId: string): Promise<void>
}

/** A delivery to be made; its id is that of the event and the webhook, and of the replay that asked for it. */
export function newDelivery(
  webhook: Pick<Webhook, 'id' | 'accountId'>,
  event: PublishedEvent,
  now: Date,
  replayId?: string,
): FullDelivery {
  return {
    id: stableId(webhook.id, event.id, ...(replayId === undefined ? [] : [replayId])),
    accountId: webhook.accountId,
    webhookId: webhook.id,
    order: newId(),
    eventId: event.id,
    type: event.type,
    subject: event.subject,
    ...(event.sequence !== undefined && { sequence: event.sequence }),
    state: 'pending',
    attempts: 0,
    nextAttemptAt: now.toISOString(),
    createdAt: now.toISOString(),
    deadline: new Date(now.getTime() + LIFETIME_MS).toISOString(),
    ...(replayId !== undefined && { replayId }),
    body: structured(event),
  }
}

/** Whether a webhook gets an event by its subscription: the type, and the department if it names one. */
export async function wants(
  webhook: Webhook,
  event: PublishedEvent,
  catalog: Catalog,
  departments: () => Promise<string[]>,
): Promise<boolean> {
  if (!subscribes(webhook, event.type, catalog)) return false
  return webhook.departmentId === undefined || (await departments()).includes(webhook.departmentId)
}

export function createIntake(deps: IntakeDeps): (record: ReceivedRecord) => Promise<void> {
  return async (record) => {
    if (record.value === null) return
    const event: PublishedEvent = fromRecord(record)
    const accountId = accountOf(event.source)
    const webhooks = await deps.webhooks.of(accountId)
    if (webhooks.length === 0) return
    let found: Promise<string[]> | undefined
    const departments = () => (found ??= deps.departmentsOf(accountId, event))
    // Of an event in two versions a rule's webhook gets one.
    const named = deps.catalog.usual.has(event.type) ? namedByRule(event) : new Set<string>()
    const wanting: Webhook[] = []
    for (const webhook of webhooks) {
      if (!webhook.active || event.time < webhook.activeSince) continue
      if (named.has(webhook.id) || (await wants(webhook, event, deps.catalog, departments)))
        wanting.push(webhook)
    }
    if (wanting.length > 0) {
      const now = deps.clock()
      await deps.deliveries.add(wanting.map((webhook) => newDelivery(webhook, event, now)))
      await Promise.all(wanting.map(({ id }) => deps.wake(accountId, id)))
    }
    if (event.type === 'dev.onus.account.deleted.v1') await deps.webhooks.removeAccount(accountId)
  }
}
