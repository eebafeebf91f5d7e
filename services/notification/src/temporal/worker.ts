import { createRequire } from 'node:module'
import { workflowBundle } from '@onus/kit/bundle'
import {
  STICKY_WAIT_MS,
  type TemporalSettings,
  temporalConnectionOptions,
  temporalDataConverter,
  type VersioningSettings,
  workerTracing,
  workerVersioning,
} from '@onus/kit/temporal'
import { NOTIFICATIONS_QUEUE } from '@onus/workflows-contract'
import type { NoticeActivities } from '@onus/workflows-notice'
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker'

export interface WorkerHandle {
  /** What only a restart helps against, or null. */
  problem(): string | null
  /** Takes no new work, lets what runs end within the grace time, and disconnects. */
  stop(): Promise<void>
}

export interface WorkerConfig extends TemporalSettings, VersioningSettings {
  TEMPORAL_TASK_QUEUE_PREFIX: string
  /** Where built workflows are kept. */
  ONUS_CACHE_DIR: string
}

/** Module of the workflows of this queue. */
export const WORKFLOWS = createRequire(import.meta.url).resolve('@onus/workflows-notice/workflows')

/** Deliveries wait for others most of the time. */
const DELIVERIES_AT_ONCE = 100
const GRACE_MS = 12_000

/** What a worker of this service runs. */
export interface WorkerWork {
  /** Without the prefix of the installation. */
  queue: string
  /** Module of its workflows. */
  workflows: string
  /** What it is called when it stops by itself. */
  name: string
  options: Pick<
    WorkerOptions,
    | 'activities'
    | 'maxConcurrentActivityTaskExecutions'
    | 'maxConcurrentWorkflowTaskExecutions'
    | 'maxCachedWorkflows'
  >
}

/** Runs the workflows and activities of the `notifications` queue. */
export const startWorker = (config: WorkerConfig, activities: NoticeActivities): Promise<WorkerHandle> =>
  runWorker(config, {
    queue: NOTIFICATIONS_QUEUE,
    workflows: WORKFLOWS,
    name: 'the worker',
    options: {
      activities: { ...activities },
      maxConcurrentActivityTaskExecutions: DELIVERIES_AT_ONCE,
      maxCachedWorkflows: 500,
    },
  })

/** Runs one worker on a connection of its own. */
export async function runWorker(
  config: WorkerConfig,
  { queue, workflows, name, options }: WorkerWork,
): Promise<WorkerHandle> {
  const [connection, bundle, tracing] = await Promise.all([
    NativeConnection.connect(temporalConnectionOptions(config)),
    workflowBundle(workflows, config.ONUS_CACHE_DIR),
    workerTracing('notification', { bundled: true }),
  ])
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: `${config.TEMPORAL_TASK_QUEUE_PREFIX}${queue}`,
    workflowBundle: bundle,
    shutdownGraceTime: GRACE_MS,
    stickyQueueScheduleToStartTimeout: STICKY_WAIT_MS,
    ...options,
    ...temporalDataConverter(config),
    ...workerVersioning(config),
    ...tracing,
  })
  let broken: string | null = null
  const running = worker.run().catch((error: Error) => {
    broken = `${name} stopped: ${error.message}`
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
