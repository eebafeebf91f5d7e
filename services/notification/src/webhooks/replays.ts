import { systemCaller } from '@onus/kit/caller'
import { Problem } from '@onus/kit/problems'
import type { TicketClient } from '../delivery/world.ts'
import type { DepartmentsOf } from './departments.ts'
import type { Catalog, PublishedEvent } from './domain/events.ts'
import type { Replay, Webhook } from './domain/model.ts'
import { newDelivery, wants } from './intake.ts'
import type { DeliveryStore, WebhookStore } from './store.ts'

/** Makes deliveries of past events, a page at a time; the place is kept after each. */

export interface ReplayDeps {
  clock: () => Date
  catalog: Catalog
  webhooks: Pick<WebhookStore, 'setReplay'>
  deliveries: Pick<DeliveryStore, 'add'>
  tickets: Pick<TicketClient, 'listEvents'>
  /** With a memory of its own: past events and those of now do not follow each other. */
  departments: () => DepartmentsOf
}

const PAGE = 100

export function createReplays(deps: ReplayDeps) {
  return {
    /** One page of one replay. @returns the replay after it */
    async advance(webhook: Webhook, replay: Replay): Promise<Replay> {
      const caller = systemCaller(webhook.accountId, 'notification')
      const { ticketId, fromSequence, since, until, cursor = '' } = replay
      const page = await deps.tickets
        .listEvents({ page: { limit: PAGE, cursor }, ticketId, fromSequence, since, until }, { caller })
        .catch((error) => {
          // The ticket's account may be gone since.
          if (error instanceof Problem && error.reason === 'not-found')
            return { items: [], nextCursor: undefined }
          throw error
        })
      const departmentsOf = deps.departments()
      const now = deps.clock()
      const made = []
      for (const item of page.items) {
        if (item.time >= until) continue
        const event: PublishedEvent = { ...item, data: JSON.parse(item.data) }
        const departments = () => departmentsOf(webhook.accountId, event)
        if (await wants(webhook, event, deps.catalog, departments))
          made.push(newDelivery(webhook, event, now, replay.id))
      }
      await deps.deliveries.add(made)
      const after: Replay = {
        ...replay,
        deliveries: replay.deliveries + made.length,
        ...(page.nextCursor === undefined ? { state: 'done' as const } : { cursor: page.nextCursor }),
      }
      await deps.webhooks.setReplay(webhook.accountId, webhook.id, after)
      return after
    },
  }
}
