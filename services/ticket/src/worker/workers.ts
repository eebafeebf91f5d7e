import { STICKY_WAIT_MS, workerTracing } from '@onus/kit/temporal'
import { OPERATIONS_QUEUE, TICKETS_QUEUE } from '@onus/workflows-contract'
import type {
  DrainActivities,
  OperationActivities,
  TicketActivities,
  TicketLocalActivities,
} from '@onus/workflows-ticket/activities'
import type { LeavingActivities } from '@onus/workflows-ticket/leaving'
import type { RepublishActivities } from '@onus/workflows-ticket/republish'
import type { DataConverter } from '@temporalio/common'
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker'

/** The module that exports the workflows of this worker. */
export const WORKFLOWS = new URL(import.meta.resolve('@onus/workflows-ticket/bundle')).pathname

export interface TicketWorkerOptions {
  connection: NativeConnection
  namespace: string
  /** Before the names of the task queues. */
  prefix: string
  bundle: { code: string }
  /** Encrypts what Temporal keeps; the clients' own must be the same. */
  dataConverter?: DataConverter
  /** Makes the worker one version of a worker deployment. */
  versioning?: Pick<WorkerOptions, 'workerDeploymentOptions'>
  activities: TicketLocalActivities & TicketActivities
  /** Ticket workflows kept in memory; each takes some 100 KiB. Default 1000. */
  maxCachedWorkflows?: number
  /** Time for running activities when the process stops. Default 10 s. */
  shutdownGraceMs?: number
}

type CommonOptions = Omit<TicketWorkerOptions, 'activities' | 'maxCachedWorkflows'>

/** The worker of the tickets' workflows. */
export async function createTicketWorker(options: TicketWorkerOptions): Promise<Worker> {
  return await Worker.create({
    ...(await common(options)),
    taskQueue: `${options.prefix}${TICKETS_QUEUE}`,
    activities: options.activities,
    maxCachedWorkflows: options.maxCachedWorkflows ?? 1000,
    maxConcurrentWorkflowTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 100,
    maxConcurrentActivityTaskExecutions: 100,
  })
}

/** The worker of operations over many tickets. */
export async function createOperationsWorker(
  options: CommonOptions & {
    activities: OperationActivities & Partial<LeavingActivities> & Partial<RepublishActivities>
  },
): Promise<Worker> {
  return await Worker.create({
    ...(await common(options)),
    taskQueue: `${options.prefix}${OPERATIONS_QUEUE}`,
    activities: options.activities,
    maxCachedWorkflows: 20,
    maxConcurrentActivityTaskExecutions: 4,
  })
}

/** The worker of drains: by itself, so that no other operation keeps a ticket from who is free. */
export async function createDrainWorker(
  options: Omit<CommonOptions, 'bundle'> & { activities: DrainActivities },
): Promise<Worker> {
  const { connection, namespace, prefix, activities, dataConverter, versioning } = options
  return await Worker.create({
    connection,
    namespace,
    taskQueue: `${prefix}${OPERATIONS_QUEUE}-drains`,
    activities,
    shutdownGraceTime: options.shutdownGraceMs ?? 10_000,
    maxConcurrentActivityTaskExecutions: 8,
    ...versioning,
    ...(dataConverter && { dataConverter }),
    ...(await workerTracing('ticket-worker', { bundled: true })),
  })
}

async function common(options: CommonOptions) {
  const { connection, namespace, bundle, dataConverter, versioning, shutdownGraceMs = 10_000 } = options
  return {
    ...versioning,
    connection,
    namespace,
    workflowBundle: bundle,
    shutdownGraceTime: shutdownGraceMs,
    stickyQueueScheduleToStartTimeout: STICKY_WAIT_MS,
    ...(dataConverter && { dataConverter }),
    ...(await workerTracing('ticket-worker', { bundled: true })),
  }
}
