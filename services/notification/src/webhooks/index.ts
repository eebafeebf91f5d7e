import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { ReceivedRecord } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import { createGuardedFetch } from '@onus/kit/net'
import { eventSchemas } from '@onus/proto/events'
import type { WebhookServiceService } from '@onus/proto/onus/v1/webhooks'
import type { Db } from 'mongodb'
import type { TicketClient } from '../delivery/world.ts'
import { createSecretBox } from '../store/secrets.ts'
import { createDepartments } from './departments.ts'
import { type Catalog, catalogOf } from './domain/events.ts'
import { createWebhookHandlers } from './handlers.ts'
import { createIntake } from './intake.ts'
import { createLane } from './lane.ts'
import { createReplays, type TopicReader } from './replays.ts'
import { createSender } from './sender.ts'
import { createDeliveryStore, createWebhookStore } from './store.ts'
import type { Wake } from './waker.ts'

export interface WebhooksDeps {
  clock: () => Date
  log: Logger
  db: Db
  directory: DirectoryReader
  tickets: Pick<TicketClient, 'getTicket' | 'getResponsibilityAt' | 'listEvents'>
  wake: Wake
  /** Reads what topics still have, for replays. */
  readTopic: TopicReader
  /** Encrypts the secrets. */
  internalKey: string
  /** Lets webhooks lead to this machine itself. */
  allowLoopback: boolean
  /** Default: the types that have a schema. */
  catalog?: Catalog
}

export interface Webhooks {
  handlers: Handlers<typeof WebhookServiceService>
  /** Takes one record of a topic of events. */
  intake(record: ReceivedRecord): Promise<void>
  drain: ReturnType<typeof createLane>
  close(): Promise<void>
}

/** Puts webhooks together; connects to nothing by itself. */
export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { clock, log, db, tickets, wake, allowLoopback } = deps
  const catalog = deps.catalog ?? catalogOf(eventSchemas().keys())
  const guardedFetch = createGuardedFetch({ allowLoopback, timeoutMs: 10_000 })
  const webhooks = createWebhookStore(db)
  const deliveries = createDeliveryStore(db)
  const box = createSecretBox(deps.internalKey)
  const sender = createSender(guardedFetch, clock)
  const replays = createReplays({
    clock,
    catalog,
    webhooks,
    deliveries,
    tickets,
    readTopic: deps.readTopic,
    departments: () => createDepartments(tickets),
  })
  return {
    handlers: createWebhookHandlers({
      ...{ clock, catalog, webhooks, deliveries, box, sender, tickets, wake, allowLoopback },
      directory: deps.directory,
    }),
    intake: createIntake({
      ...{ clock, catalog, webhooks, deliveries, wake },
      departmentsOf: createDepartments(tickets),
    }),
    drain: createLane({ clock, log, webhooks, deliveries, box, sender, replays }),
    close: () => guardedFetch.close(),
  }
}
