import { workerTracing } from '@onus/kit/temporal'
import { OPERATIONS_QUEUE, TICKETS_QUEUE } from '@onus/workflows-contract'
import type {
  OperationActivities,
  TicketActivities,
  TicketLocalActivities,
} from '@onus/workflows-ticket/activities'
import { type NativeConnection, Worker } from '@temporalio/worker'

/** The module that exports the workflows of this worker. */
export const WORKFLOWS = new URL(import.meta.resolve('@onus/workflows-ticket/bundle')).pathname

export interface TicketWorkersOptions {
  connection: NativeConnection
  namespace: string
  /** Before the names of the task queues. */
  prefix: string
  bundle: { code: string }
  activities: TicketLocalActivities & TicketActivities
  operations: OperationActivities
  /** Ticket workflows kept in memory; each takes some 100 KiB. Default 1000. */
  maxCachedWorkflows?: number
  /** Time for running activities when the process stops. Default 10 s. */
  shutdownGraceMs?: number
}

/** The workers of tickets and of operations over many tickets. */
export async function createTicketWorkers(options: TicketWorkersOptions): Promise<Worker[]> {
  const {
    connection,
    namespace,
    prefix,
    bundle,
    maxCachedWorkflows = 1000,
    shutdownGraceMs = 10_000,
  } = options
  const common = {
    connection,
    namespace,
    workflowBundle: bundle,
    shutdownGraceTime: shutdownGraceMs,
    ...(await workerTracing('ticket-worker', { bundled: true })),
  }
  return await Promise.all([
    Worker.create({
      ...common,
      taskQueue: `${prefix}${TICKETS_QUEUE}`,
      activities: options.activities,
      maxCachedWorkflows,
      maxConcurrentWorkflowTaskExecutions: 100,
      maxConcurrentLocalActivityExecutions: 100,
      maxConcurrentActivityTaskExecutions: 100,
    }),
    Worker.create({
      ...common,
      taskQueue: `${prefix}${OPERATIONS_QUEUE}`,
      activities: options.operations,
      maxCachedWorkflows: 20,
      maxConcurrentActivityTaskExecutions: 4,
    }),
  ])
}
