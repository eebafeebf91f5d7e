import type { KafkaConfig } from '@onus/kit/config'
import type { DirectoryReader } from '@onus/kit/directory'
import type { GrpcServer } from '@onus/kit/grpc'
import { createSubscriber, ensureTopics, readToEnd, TOPICS } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import { ensureIndexes } from '@onus/kit/mongo'
import type { ServiceContext } from '@onus/kit/service'
import { WebhookServiceService } from '@onus/proto/onus/v1/webhooks'
import type { Client } from '@temporalio/client'
import type { Db } from 'mongodb'
import type { NotificationConfig } from '../config.ts'
import type { WorkerConfig } from '../temporal/worker.ts'
import { createWebhooks, type WebhooksDeps } from './index.ts'
import { WEBHOOK_QUERIES } from './queries.ts'
import { createWake } from './waker.ts'
import { startWebhookWorker } from './worker.ts'

export interface StartDeps {
  config: WorkerConfig &
    KafkaConfig &
    Pick<NotificationConfig, 'ONUS_INTERNAL_KEY' | 'WEBHOOK_ALLOW_LOOPBACK'>
  log: Logger
  health: ServiceContext['health']
  onStop: ServiceContext['onStop']
  reach: ServiceContext['reach']
  server: Pick<GrpcServer, 'add'>
  db: Db
  temporal: Client
  directory: DirectoryReader
  tickets: WebhooksDeps['tickets']
}

/** Topics whose events webhooks can subscribe to. */
const EVENT_TOPICS = [TOPICS.ticketEvents, TOPICS.notificationEvents, TOPICS.directoryEvents]

/** Everything about webhooks: their RPCs, the worker that delivers, the consumer that gives it work. */
export async function startWebhooks(deps: StartDeps): Promise<void> {
  const { config, log, health, onStop, reach, server, db, temporal, directory, tickets } = deps
  const webhooks = createWebhooks({
    ...{ log, db, directory, tickets },
    clock: () => new Date(),
    readTopic: (topic, handle, options) => readToEnd(config, log, topic, handle, options),
    wake: createWake(temporal, config.TEMPORAL_TASK_QUEUE_PREFIX ?? ''),
    internalKey: config.ONUS_INTERNAL_KEY.reveal(),
    allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK,
  })
  onStop('webhook connections', webhooks.close)
  const [worker] = await Promise.all([
    reach('temporal', () => startWebhookWorker(config, webhooks.drain)),
    reach('mongodb', () => ensureIndexes(db, WEBHOOK_QUERIES)),
    reach('kafka', () => ensureTopics(config, log, EVENT_TOPICS)),
  ])
  onStop('webhook worker', worker.stop)
  health.watch('webhook worker', worker.problem)

  // From the beginning: a partition without a committed place must not lose what came while nobody read it.
  // Events from before a webhook was made are none of its business anyway.
  const subscriber = createSubscriber(
    config,
    { groupId: 'webhooks', topics: EVENT_TOPICS, fromBeginning: true, onPoison: 'park', concurrency: 4 },
    log,
  )
  onStop('webhook intake', () => subscriber.close())
  health.watch('webhook intake', () => subscriber.problem())
  const consuming = subscriber.run(webhooks.intake)
  consuming.catch((err) => log.error({ err }, 'events are not consumed for webhooks'))

  server.add(WebhookServiceService, webhooks.handlers)
}
