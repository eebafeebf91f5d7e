import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import {
  NOTICE_WORKFLOW,
  NOTIFICATIONS_QUEUE,
  type NoticeInput,
  type OffboardingRunInput,
} from '@onus/workflows-contract'
import type { SweepPageInput } from '@onus/workflows-ticket/activities'
import type { LeavingActivities, MovedPage, OffboardingReport } from '@onus/workflows-ticket/leaving'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTimeSkipping, type TimeSkippingServer } from './testing/time-skipping.ts'
import { addSearchAttributes } from './testing/world.ts'
import { createOperationsWorker, WORKFLOWS } from './workers.ts'

const CHILDREN = fileURLToPath(new URL('./testing/children.ts', import.meta.url))

let server: TimeSkippingServer
let workers: Worker[] = []
let running: Promise<unknown>
let asked: SweepPageInput[]
let reports: OffboardingReport[]
let movePage: LeavingActivities['movePage']

const nothing: MovedPage = { tickets: 0, moved: 0, failures: 0, given: {} }
const given = (tickets: number) => ({
  bea: { tickets, ticketId: 't1', departmentId: 'billing', sequence: 4 },
})

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  server = await startTimeSkipping()
  await addSearchAttributes(server.connection, server.namespace)
  const bundles = join(tmpdir(), 'onus-test-bundles')
  // Time is not skipped while a notice waits for its worker.
  const notices = await Worker.create({
    connection: server.nativeConnection,
    namespace: server.namespace,
    taskQueue: NOTIFICATIONS_QUEUE,
    workflowBundle: await workflowBundle(CHILDREN, bundles),
    ...(await workerTracing('children', { bundled: true })),
    shutdownGraceTime: 100,
  })
  const operations = await createOperationsWorker({
    connection: server.nativeConnection,
    namespace: server.namespace,
    prefix: '',
    bundle: await workflowBundle(WORKFLOWS, bundles),
    activities: {
      sweepPage: async () => ({ tickets: 0 }),
      movePage: async (input) => {
        asked.push(input)
        return await movePage(input)
      },
      countHeld: async () =>
        reports.some(({ state }) => state === 'running') ? [] : [{ departmentId: 'billing', tickets: 6 }],
      reportOffboarding: async (report) => void reports.push(report),
    },
    shutdownGraceMs: 100,
  })
  workers = [operations, notices]
  running = Promise.all(workers.map((worker) => worker.run()))
})
afterAll(async () => {
  for (const worker of workers) worker.shutdown()
  await running
  await server?.stop()
})
beforeEach(() => {
  asked = []
  reports = []
})

/** Pages of two tickets in the first pass, and none in the second. */
const pages =
  (count: number, from = 0): LeavingActivities['movePage'] =>
  async ({ pass, after, command }) => {
    if (pass > 1 || command.giveBackTo !== undefined)
      return { ...nothing, moved: command.giveBackTo && pass === 1 ? 5 : 0 }
    const page = Number(after ?? from) + 1
    const moved = { tickets: 2, moved: 2, failures: 0, given: given(2) }
    return page < count ? { ...moved, after: String(page) } : moved
  }

const START: OffboardingRunInput = {
  accountId: 'acme',
  agentId: 'ana',
  offboardingId: 'o1',
  startedBy: { type: 'agent', id: 'boss', name: 'Boss' },
  wanted: 'running',
  version: 2,
}

async function start(type: string, input: OffboardingRunInput) {
  const id = input.offboardingId
  return await server.client.workflow.start(type, {
    workflowId: `${type}:acme:${id}`,
    taskQueue: 'operations',
    args: [input],
  })
}
type Handle = Awaited<ReturnType<typeof start>>
async function finished(handle: Handle): Promise<void> {
  const deadline = Date.now() + 40_000
  while ((await handle.describe()).status.name === 'RUNNING' && Date.now() < deadline)
    await server.sleep('40s')
  await handle.result()
}
const states = () => [...new Set(reports.map(({ state }) => state))]

/** What notice workflows a run has started. */
async function noticesOf(handle: Handle): Promise<NoticeInput[]> {
  const { events } = await handle.fetchHistory()
  return (events ?? []).flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: started }) => {
    if (started?.workflowType?.name !== NOTICE_WORKFLOW) return []
    return [JSON.parse(Buffer.from(started.input!.payloads![0]!.data!).toString()) as NoticeInput]
  })
}

describe('an off-boarding', () => {
  it('goes through all pages, looks again when nobody decides by older facts, and tells of all at once', async () => {
    movePage = pages(3)
    const handle = await start('offboarding', { ...START, offboardingId: 'whole' })
    await finished(handle)
    expect(asked.map(({ pass, after }) => `${pass}:${after ?? 0}`)).toEqual(['1:0', '1:1', '1:2', '2:0'])
    expect(asked[0]).toMatchObject({
      scope: { agentId: 'ana' },
      command: { because: 'offboarding', offboardingId: 'whole', startedBy: START.startedBy },
    })
    expect(states()).toEqual(['running', 'completed'])
    expect(reports.at(-1)).toMatchObject({ moved: 6, counted: [{ departmentId: 'billing', tickets: 6 }] })
    const [notice, ...others] = await noticesOf(handle)
    expect(others).toEqual([])
    expect(notice).toMatchObject({
      ticketId: 't1',
      after: { departmentId: 'billing', agentId: 'bea' },
      entries: [
        { actor: START.startedBy, cause: { type: 'offboarding' }, details: { summary: { tickets: 6 } } },
      ],
    })
  })

  it('stops when the agent comes back', async () => {
    movePage = pages(1)
    await finished(await start('offboarding', { ...START, offboardingId: 'stopped', wanted: 'stopped' }))
    expect(asked).toEqual([])
    expect(states()).toEqual(['stopped'])
  })
})
