import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowBundle } from '@onus/kit/bundle'
import { SWEEP_WORKFLOW, type SweepInput } from '@onus/workflows-contract'
import type { OperationActivities, SweepPageInput } from '@onus/workflows-ticket/activities'
import { DefaultLogger, Runtime, type Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTimeSkipping, type TimeSkippingServer } from './testing/time-skipping.ts'
import { createOperationsWorker, WORKFLOWS } from './workers.ts'

const INPUT: SweepInput = {
  accountId: 'acme',
  scope: { agentId: 'ana' },
  sweepId: 's1',
  command: { type: 'recheck', because: 'membership_change' },
}

let server: TimeSkippingServer
let worker: Worker
let running: Promise<void>
let sweepPage: OperationActivities['sweepPage']
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  server = await startTimeSkipping()
  worker = await createOperationsWorker({
    connection: server.nativeConnection,
    namespace: server.namespace,
    prefix: '',
    bundle: await workflowBundle(WORKFLOWS, join(tmpdir(), 'onus-test-bundles')),
    activities: { sweepPage: (input) => sweepPage(input) },
    shutdownGraceMs: 100,
  })
  running = worker.run()
})
afterAll(async () => {
  worker?.shutdown()
  await running
  await server?.stop()
})

/** Runs a sweep over so many pages of two tickets; answers what was asked for, and the count. */
async function sweep(pages: number): Promise<{ asked: SweepPageInput[]; tickets: number }> {
  const asked: SweepPageInput[] = []
  sweepPage = async (input) => {
    asked.push(input)
    const page = Number(input.after ?? 0) + 1
    return page < pages ? { tickets: 2, after: String(page) } : { tickets: 2 }
  }
  const handle = await server.client.workflow.start(SWEEP_WORKFLOW, {
    workflowId: `sweep:acme:${pages}`,
    taskQueue: 'operations',
    args: [INPUT],
  })
  const deadline = Date.now() + 30_000
  while ((await handle.describe()).status.name === 'RUNNING' && Date.now() < deadline)
    await server.sleep('5s')
  return { asked, tickets: await handle.result() }
}

it('looks at every page twice, the second time when nobody decides by older facts any more', async () => {
  const { asked, tickets } = await sweep(3)
  expect(asked.map(({ pass, after }) => [pass, after])).toEqual([
    [1, undefined],
    [1, '1'],
    [1, '2'],
    [2, undefined],
    [2, '1'],
    [2, '2'],
  ])
  expect(tickets).toBe(12)
})

it('continues as new over thousands of tickets, and goes on where it was', async () => {
  const { asked, tickets } = await sweep(70)
  expect(asked.map(({ pass, after }) => `${pass}:${after ?? 0}`)).toEqual(
    [1, 2].flatMap((pass) => Array.from({ length: 70 }, (_, page) => `${pass}:${page}`)),
  )
  expect(tickets).toBe(280)
})
