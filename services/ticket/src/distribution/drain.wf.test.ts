import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowBundle } from '@onus/kit/bundle'
import { DRAIN_WORKFLOW, type DrainWake, WAKE_DRAIN } from '@onus/workflows-contract'
import type { DrainPageInput, DrainPageResult } from '@onus/workflows-ticket/activities'
import { DefaultLogger, Runtime, type Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTimeSkipping, type TimeSkippingServer } from '../worker/testing/time-skipping.ts'
import { createDrainWorker, createOperationsWorker, WORKFLOWS } from '../worker/workers.ts'

let server: TimeSkippingServer
let workers: Worker[] = []
let running: Promise<void>[] = []
let drainPage: (input: DrainPageInput) => Promise<DrainPageResult>
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  server = await startTimeSkipping()
  const common = {
    connection: server.nativeConnection,
    namespace: server.namespace,
    prefix: '',
    shutdownGraceMs: 100,
  }
  workers = [
    await createOperationsWorker({
      ...common,
      bundle: await workflowBundle(WORKFLOWS, join(tmpdir(), 'onus-test-bundles')),
      activities: {} as never,
    }),
    await createDrainWorker({ ...common, activities: { drainPage: (input) => drainPage(input) } }),
  ]
  running = workers.map((worker) => worker.run())
}, 120_000)
afterAll(async () => {
  for (const worker of workers) worker.shutdown()
  await Promise.all(running)
  await server?.stop()
})

const wake = (departmentId: string, because: DrainWake['because']) =>
  server.client.workflow.signalWithStart(DRAIN_WORKFLOW, {
    workflowId: `drain:acme:${departmentId}`,
    taskQueue: 'operations',
    signal: WAKE_DRAIN,
    signalArgs: [{ because }],
    args: [{ accountId: 'acme', departmentId }],
  })

const later = async (ms: number): Promise<string> =>
  new Date((await server.currentTimeMs()) + ms).toISOString()
const until = async (what: () => boolean | Promise<boolean>) => {
  const end = Date.now() + 20_000
  while (!(await what())) {
    if (Date.now() > end) throw new Error('It did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

it('looks until nothing waits, and ends', async () => {
  const asked: string[][] = []
  drainPage = async ({ because }) => {
    asked.push(because)
    return asked.length < 3
      ? { given: 50, more: true, waiting: true }
      : { given: 1, more: false, waiting: false }
  }
  const handle = await wake('busy', 'room')
  await handle.result()
  expect(asked).toEqual([['room'], [], []])
})

it('looks again when the hours begin, or before, when it is woken', async () => {
  const asked: { because: string[]; at: number }[] = []
  const opens = await later(3 * 3600_000)
  drainPage = async ({ because }) => {
    asked.push({ because, at: await server.currentTimeMs() })
    if (asked.length < 3) return { given: 0, more: false, waiting: true, lookAgainAt: opens }
    return { given: 2, more: false, waiting: false }
  }
  const handle = await wake('closed', 'backlog')
  await until(() => asked.length === 1)
  await wake('closed', 'directory')
  await until(() => asked.length === 2)
  await server.sleep('4h')
  await handle.result()
  expect(asked.map(({ because }) => because)).toEqual([['backlog'], ['directory'], []])
  expect(asked[1]!.at).toBeLessThan(Date.parse(opens))
  expect(asked[2]!.at).toBeGreaterThanOrEqual(Date.parse(opens))
})

it('lasts as long as a backlog does, by runs that hand on to each other', async () => {
  let pages = 0
  drainPage = async () => {
    pages += 1
    return pages < 450 ? { given: 1, more: true, waiting: true } : { given: 0, more: false, waiting: false }
  }
  const handle = await wake('long', 'directory')
  await handle.result()
  expect(pages).toBe(450)
}, 60_000)
