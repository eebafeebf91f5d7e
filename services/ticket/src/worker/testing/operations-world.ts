import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import { NOTIFICATIONS_QUEUE, OPERATIONS_QUEUE, WANT_SIGNAL } from '@onus/workflows-contract'
import type { DrainPageInput, DrainPageResult, SweepPageInput } from '@onus/workflows-ticket/activities'
import type { MovedPage } from '@onus/workflows-ticket/leaving'
import type { WorkflowHandle } from '@temporalio/client'
import type proto from '@temporalio/proto'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { createDrainWorker, createOperationsWorker, WORKFLOWS } from '../workers.ts'
import { startTimeSkipping, type TimeSkippingServer } from './time-skipping.ts'

const CHILDREN = fileURLToPath(new URL('./children.ts', import.meta.url))
const BUNDLES = join(tmpdir(), 'onus-test-bundles')
const PATIENCE_MS = 300_000

type History = proto.temporal.api.history.v1.IHistory

/** The workers of operations on a server that skips time, with pages that a life says itself. */
export class OperationsWorld {
  readonly server: TimeSkippingServer
  movePage: (input: SweepPageInput) => Promise<MovedPage> = async () => NOTHING
  sweepPage: (input: SweepPageInput) => Promise<{ tickets: number; after?: string }> = async () => ({
    tickets: 0,
  })
  drainPage: (input: DrainPageInput) => Promise<DrainPageResult> = async () => ({
    given: 0,
    more: false,
    waiting: false,
  })
  /** Pages that were asked for since the life began. */
  asked = 0
  #workers: Worker[] = []
  #running: Promise<unknown> = Promise.resolve()

  private constructor(server: TimeSkippingServer) {
    this.server = server
  }

  /** Needs `TEMPORAL_TEST_SERVER`, the path of the test server. */
  static async start(): Promise<OperationsWorld> {
    Runtime.install({ logger: new DefaultLogger('ERROR') })
    const server = await startTimeSkipping()
    const world = new OperationsWorld(server)
    const { nativeConnection: connection, namespace } = server
    const common = { connection, namespace, prefix: '', shutdownGraceMs: 100 }
    const counted = <I, O>(work: (input: I) => Promise<O>) => {
      return async (input: I): Promise<O> => {
        world.asked += 1
        return await work(input)
      }
    }
    world.#workers = [
      await createOperationsWorker({
        ...common,
        bundle: await workflowBundle(WORKFLOWS, BUNDLES),
        activities: {
          sweepPage: counted((input) => world.sweepPage(input)),
          movePage: counted((input) => world.movePage(input)),
          countHeld: async () => [{ departmentId: 'billing', tickets: 6 }],
          reportOffboarding: async () => {},
          republish: counted(async () => 3),
        },
      }),
      await createDrainWorker({
        ...common,
        activities: { drainPage: counted((input) => world.drainPage(input)) },
      }),
      // Time is not skipped while a notice waits for its worker.
      await Worker.create({
        ...{ connection, namespace, taskQueue: NOTIFICATIONS_QUEUE, shutdownGraceTime: 100 },
        workflowBundle: await workflowBundle(CHILDREN, BUNDLES),
        ...(await workerTracing('children', { bundled: true })),
      }),
    ]
    world.#running = Promise.all(world.#workers.map((worker) => worker.run()))
    return world
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers) worker.shutdown()
    await this.#running
    await this.server.stop()
  }

  /** Begins a life of a workflow. */
  async begin(type: string, id: string, input: object): Promise<WorkflowHandle> {
    this.asked = 0
    return await this.server.client.workflow.start(type, {
      workflowId: `${type}:acme:${id}`,
      taskQueue: OPERATIONS_QUEUE,
      args: [input],
    })
  }

  want = (handle: WorkflowHandle, wanted: string, version: number): Promise<void> =>
    handle.signal(WANT_SIGNAL, { wanted, version })

  async inDays(days: number): Promise<string> {
    return new Date((await this.server.currentTimeMs()) + days * 86_400_000).toISOString()
  }

  async until(what: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS
    while (!(await what())) {
      if (Date.now() > end) throw new Error('It did not happen in time')
      await sleep(20)
    }
  }

  /** Lets time go on until the life is over. */
  async ended(handle: WorkflowHandle): Promise<void> {
    await this.until(async () => {
      if ((await handle.describe()).status.name !== 'RUNNING') return true
      await this.server.sleep('1 day')
      return false
    })
    await handle.result()
  }

  /** The histories of all runs, in order. */
  async histories(handle: WorkflowHandle, first: string): Promise<History[]> {
    const found: History[] = []
    let runId: string | undefined = first
    while (runId) {
      const history = await this.server.client.workflow.getHandle(handle.workflowId, runId).fetchHistory()
      found.push(history)
      runId =
        history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined
    }
    return found
  }
}

export const NOTHING: MovedPage = { tickets: 0, moved: 0, failures: 0, given: {} }
