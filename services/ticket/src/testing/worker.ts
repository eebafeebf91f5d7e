import type { DirectoryReader } from '@onus/kit/directory'
import { workerTracing, workflowInterceptorModules } from '@onus/kit/temporal'
import { bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import type { Db } from 'mongodb'
import { createTicketLog } from '../store/log.ts'
import { MessageStore } from '../store/messages.ts'
import { createCommit } from '../worker/commit.ts'
import { createLoad, createRecall } from '../worker/load.ts'
import { noRules } from '../worker/testing/rules.ts'
import { WORKFLOWS } from '../worker/workers.ts'

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }

let bundled: ReturnType<typeof bundleWorkflowCode> | undefined

/** The workflow code, bundled once for all workers of a test file. */
function bundle() {
  if (!bundled) {
    Runtime.install({ shutdownSignals: [], logger: silent })
    bundled = bundleWorkflowCode({
      workflowsPath: WORKFLOWS,
      workflowInterceptorModules: workflowInterceptorModules(),
      logger: silent,
    })
  }
  return bundled
}

/**
 * Runs the real ticket workflows on a queue, with a directory in memory, without rules, and with events that
 * go nowhere. Gives the function that stops it.
 */
export async function runTicketWorker(options: {
  db: Db
  directory: DirectoryReader
  taskQueue: string
  TEMPORAL_ADDRESS: string
  TEMPORAL_NAMESPACE: string
}): Promise<() => Promise<void>> {
  const { db, directory, taskQueue } = options
  const workflowBundle = await bundle()
  const connection = await NativeConnection.connect({ address: options.TEMPORAL_ADDRESS })
  const deps = {
    log: createTicketLog(db),
    directory: (accountId: string) => directory.snapshot(accountId),
    rules: noRules,
    messages: new MessageStore(db),
    events: { tryPublish: async () => true, publish: async () => {} },
  }
  const worker = await Worker.create({
    connection,
    namespace: options.TEMPORAL_NAMESPACE,
    taskQueue,
    workflowBundle,
    activities: { commit: createCommit(deps), load: createLoad(deps), recall: createRecall(deps) },
    ...(await workerTracing('ticket-test', { bundled: true })),
  })
  const running = worker.run()
  return async () => {
    worker.shutdown()
    await running
    await connection.close()
  }
}
