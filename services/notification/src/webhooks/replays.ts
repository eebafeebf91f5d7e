import { systemCaller } from '@onus/kit/caller'
import { fromRecord } from '@onus/kit/cloudevents'
import { type Places, type ReadOptions, type ReadResult, type ReceivedRecord, TOPICS } from '@onus/kit/kafka'
import { Problem } from '@onus/kit/problems'
import { z } from 'zod'
import type { TicketClient } from '../delivery/world.ts'
import type { DepartmentsOf } from './departments.ts'
import { accountOf, type Catalog, isTicketEvent, type PublishedEvent, subscribes } from './domain/events.ts'
import type { Replay, Webhook } from './domain/model.ts'
import { newDelivery, wants } from './intake.ts'
import type { DeliveryStore, FullDelivery, WebhookStore } from './store.ts'

/**
 * Makes deliveries of past events, a page at a time; the place is kept after each. Those of tickets are made of
 * the tickets' own history, however old it is; the others are read from their topics, as far as those go back.
 */

/** Reads a topic to its end, or for a while. */
export type TopicReader = (
  topic: string,
  handle: (record: ReceivedRecord) => void | Promise<void>,
  options: ReadOptions,
) => Promise<ReadResult>

export interface ReplayDeps {
  clock: () => Date
  catalog: Catalog
  webhooks: Pick<WebhookStore, 'setReplay'>
  deliveries: Pick<DeliveryStore, 'add'>
  tickets: Pick<TicketClient, 'listEvents'>
  readTopic: TopicReader
  /** With a memory of its own: past events and those of now do not follow each other. */
  departments: () => DepartmentsOf
}

const PAGE = 100
/** One page of a topic takes about so long. */
const READ_MS = 5_000
/** A record is written after its event happened, by a clock that may be a little slow. */
const EARLIER_MS = 5 * 60_000
const MOST_TOGETHER = 200

const placeSchema = z.strictObject({ topic: z.string(), from: z.record(z.string(), z.string()).optional() })
const IN_TOPIC = 'topic:'

interface Page {
  made: number
  /** Undefined: there is no more. */
  cursor: string | undefined
}

const inTopic = (topic: string, from?: Places): string => IN_TOPIC + JSON.stringify({ topic, from })

export function createReplays(deps: ReplayDeps) {
  const { catalog, deliveries } = deps

  /** Topics besides the tickets' that have something of what the webhook subscribes to. */
  function topicsOf(webhook: Webhook): string[] {
    const wanted = [...catalog.all].filter(
      (type) => !isTicketEvent(type) && subscribes(webhook, type, catalog),
    )
    const ofNotices = (type: string) => type.startsWith('dev.onus.notification.')
    return [
      ...(wanted.some(ofNotices) ? [TOPICS.notificationEvents] : []),
      ...(wanted.some((type) => !ofNotices(type)) ? [TOPICS.directoryEvents] : []),
    ]
  }

  async function ofTickets(webhook: Webhook, replay: Replay): Promise<Page> {
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
      if (await wants(webhook, event, catalog, departments))
        made.push(newDelivery(webhook, event, now, replay.id))
    }
    await deliveries.add(made)
    if (page.nextCursor !== undefined) return { made: made.length, cursor: page.nextCursor }
    const [topic] = ticketId === undefined ? topicsOf(webhook) : []
    return { made: made.length, cursor: topic && inTopic(topic) }
  }

  async function ofTopic(webhook: Webhook, replay: Replay, cursor: string): Promise<Page> {
    const { topic, from } = placeSchema.parse(JSON.parse(cursor.slice(IN_TOPIC.length)))
    const { since, until, subject, fromSequence = 1 } = replay
    const now = deps.clock()
    let made = 0
    let batch: FullDelivery[] = []
    const keep = async () => {
      made += batch.length
      await deliveries.add(batch)
      batch = []
    }
    const handle = async (record: ReceivedRecord) => {
      if (record.value === null) return
      const event: PublishedEvent = fromRecord(record)
      if (accountOf(event.source) !== webhook.accountId || event.time >= until) return
      if (since !== undefined && event.time < since) return
      if (subject !== undefined && (event.subject !== subject || (event.sequence ?? 1) < fromSequence)) return
      if (!subscribes(webhook, event.type, catalog)) return
      batch.push(newDelivery(webhook, event, now, replay.id))
      if (batch.length >= MOST_TOGETHER) await keep()
    }
    const begin = since === undefined ? undefined : new Date(Date.parse(since) - EARLIER_MS)
    const { rest } = await deps.readTopic(topic, handle, {
      forMs: READ_MS,
      ...(from ? { from } : begin && { since: begin }),
    })
    await keep()
    if (rest) return { made, cursor: inTopic(topic, rest) }
    const topics = topicsOf(webhook)
    const next = topics[topics.indexOf(topic) + 1]
    return { made, cursor: next && inTopic(next) }
  }

  return {
    /** One page of one replay. @returns the replay after it */
    async advance(webhook: Webhook, replay: Replay): Promise<Replay> {
      const [first] = topicsOf(webhook)
      const cursor = replay.cursor ?? (replay.subject !== undefined && first ? inTopic(first) : undefined)
      const nothing = replay.subject !== undefined && cursor === undefined
      const page = nothing
        ? { made: 0, cursor: undefined }
        : cursor?.startsWith(IN_TOPIC)
          ? await ofTopic(webhook, replay, cursor)
          : await ofTickets(webhook, replay)
      const after: Replay = {
        ...replay,
        deliveries: replay.deliveries + page.made,
        ...(page.cursor === undefined ? { state: 'done' as const } : { cursor: page.cursor }),
      }
      await deps.webhooks.setReplay(webhook.accountId, webhook.id, after)
      return after
    },
  }
}
