import { createRequire } from 'node:module'
import { workflowBundle } from '@onus/kit/bundle'
import { temporalConnectionOptions, temporalDataConverter, workerTracing } from '@onus/kit/temporal'
import { WEBHOOKS_QUEUE, type WebhookLaneInput } from '@onus/workflows-notice/webhook-lane-contract'
import { Context } from '@temporalio/activity'
import { NativeConnection, Worker } from '@temporalio/worker'
import type { WorkerConfig, WorkerHandle } from '../temporal/worker.ts'
import type { createLane } from './lane.ts'

/** Module of the workflows of this queue. */
export const WEBHOOK_WORKFLOWS = createRequire(import.meta.url).resolve('@onus/workflows-notice/webhook-lane')

/** Webhooks that are sent to at the same time: they wait for receivers most of it. */
const WEBHOOKS_AT_ONCE = 200
const GRACE_MS = 12_000
const HEARTBEAT_MS = 4_000

/** Runs the workflows and activities of the `webhooks` queue. */
export async function startWebhookWorker(
  config: WorkerConfig,
  drain: ReturnType<typeof createLane>,
): Promise<WorkerHandle> {
  const [connection, bundle, tracing] = await Promise.all([
    NativeConnection.connect(temporalConnectionOptions(config)),
    workflowBundle(WEBHOOK_WORKFLOWS, config.ONUS_CACHE_DIR),
    workerTracing('notification', { bundled: true }),
  ])
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: `${config.TEMPORAL_TASK_QUEUE_PREFIX}${WEBHOOKS_QUEUE}`,
    workflowBundle: bundle,
    activities: { drain: drainActivity(drain) },
    maxConcurrentActivityTaskExecutions: WEBHOOKS_AT_ONCE,
    maxConcurrentWorkflowTaskExecutions: 10,
    maxCachedWorkflows: 200,
    shutdownGraceTime: GRACE_MS,
    ...temporalDataConverter(config),
    ...tracing,
  })
  let broken: string | null = null
  const running = worker.run().catch((error: Error) => {
    broken = `the worker of webhooks stopped: ${error.message}`
  })
  return {
    problem: () => broken,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
      await connection.close()
    },
  }
}

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
