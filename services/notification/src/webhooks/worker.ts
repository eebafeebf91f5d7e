import { createRequire } from 'node:module'
import { WEBHOOKS_QUEUE, type WebhookLaneInput } from '@onus/workflows-notice/webhook-lane-contract'
import { Context } from '@temporalio/activity'
import { runWorker, type WorkerConfig, type WorkerHandle } from '../temporal/worker.ts'
import type { createLane } from './lane.ts'

/** Module of the workflows of this queue. */
export const WEBHOOK_WORKFLOWS = createRequire(import.meta.url).resolve('@onus/workflows-notice/webhook-lane')

/** Webhooks that are sent to at the same time: they wait for receivers most of it. */
const WEBHOOKS_AT_ONCE = 200
const HEARTBEAT_MS = 4_000

/** Runs the workflows and activities of the `webhooks` queue. */
export const startWebhookWorker = (
  config: WorkerConfig,
  drain: ReturnType<typeof createLane>,
): Promise<WorkerHandle> =>
  runWorker(config, {
    queue: WEBHOOKS_QUEUE,
    workflows: WEBHOOK_WORKFLOWS,
    name: 'the worker of webhooks',
    options: {
      activities: { drain: drainActivity(drain) },
      maxConcurrentActivityTaskExecutions: WEBHOOKS_AT_ONCE,
      maxConcurrentWorkflowTaskExecutions: 10,
      maxCachedWorkflows: 200,
    },
  })

/** An attempt may take longer than the server waits for a sign, so signs are given beside it. */
const drainActivity = (drain: ReturnType<typeof createLane>) => async (input: WebhookLaneInput) => {
  const context = Context.current()
  const heart = setInterval(() => context.heartbeat(), HEARTBEAT_MS)
  try {
    return await drain(input, { signal: context.cancellationSignal })
  } finally {
    clearInterval(heart)
  }
}
