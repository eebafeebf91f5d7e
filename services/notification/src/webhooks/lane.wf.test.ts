import { randomUUID } from 'node:crypto'
import { cacheDir, workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import { timeSkippingEnvironment } from '@onus/kit/testing/time-skipping'
import { type LaneState, WAKE_SIGNAL, WEBHOOK_WORKFLOW } from '@onus/workflows-notice/webhook-lane-contract'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WEBHOOK_WORKFLOWS } from './worker.ts'

const HOUR = 60 * 60_000
let env: TestWorkflowEnvironment
let bundle: { code: string }

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'error' } } })
  env = await timeSkippingEnvironment()
  bundle = await workflowBundle(WEBHOOK_WORKFLOWS, cacheDir())
})
afterAll(async () => {
  await env?.teardown()
})

/** Runs a lane whose runs answer these, one after the other; gives the times at which they were made. */
async function lane(
  runs: ((now: number) => LaneState)[],
  during?: (handle: Awaited<ReturnType<typeof begin>>) => Promise<void>,
) {
  const times: number[] = []
  const taskQueue = randomUUID()
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: {
      drain: async (): Promise<LaneState> => {
        const now = await env.currentTimeMs()
        times.push(now)
        return runs.shift()?.(now) ?? { nextAt: null, waiting: 0 }
      },
    },
    ...(await workerTracing('test', { bundled: true })),
  })
  await worker.runUntil(async () => {
    const handle = await begin(taskQueue)
    await during?.(handle)
    await handle.result()
  })
  return times
}

const begin = (taskQueue: string) =>
  env.client.workflow.signalWithStart(WEBHOOK_WORKFLOW, {
    ...{ taskQueue, workflowId: randomUUID(), signal: WAKE_SIGNAL, signalArgs: [] },
    args: [{ accountId: 'acc', webhookId: 'w1' }],
  })

const at = (now: number, ms: number): LaneState => ({ nextAt: new Date(now + ms).toISOString(), waiting: 1 })

it('sleeps until the next attempt is due, over days, and ends when nothing waits', async () => {
  const times = await lane([(now) => at(now, 50 * HOUR), (now) => at(now, HOUR)])
  const gaps = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / HOUR))
  // The signal that began it is looked after first, or counts as having woken it once.
  expect(gaps.filter((gap) => gap > 0)).toEqual([50, 1])
})

it('is woken by what comes while it sleeps', async () => {
  const times = await lane([(now) => at(now, 50 * HOUR), (now) => at(now, 50 * HOUR)], async (handle) => {
    await env.sleep(HOUR)
    await handle.signal(WAKE_SIGNAL)
    await env.sleep(HOUR)
    await handle.signal(WAKE_SIGNAL)
  })
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(3 * HOUR)
})

it('goes on in a new history when the old one has grown', async () => {
  let runs = 0
  const many = Array.from({ length: 600 }, () => (now: number) => {
    runs++
    return at(now, 1000)
  })
  const times = await lane(many)
  expect(runs).toBe(600)
  expect(times).toHaveLength(601)
}, 120_000)
