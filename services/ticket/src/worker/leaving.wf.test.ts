import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import {
  type DelegationRunInput,
  NOTICE_WORKFLOW,
  NOTIFICATIONS_QUEUE,
  type NoticeInput,
  type OffboardingRunInput,
  WANT_SIGNAL,
} from '@onus/workflows-contract'
import type { SweepPageInput } from '@onus/workflows-ticket/activities'
import type { LeavingActivities, MovedPage, OffboardingReport } from '@onus/workflows-ticket/leaving'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTimeSkipping, type TimeSkippingServer } from './testing/time-skipping.ts'
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

async function start(type: string, input: OffboardingRunInput | DelegationRunInput) {
  const id = 'offboardingId' in input ? input.offboardingId : input.delegationId
  return await server.client.workflow.start(type, {
    workflowId: `${type}:acme:${id}`,
    taskQueue: 'operations',
    args: [input],
  })
}
type Handle = Awaited<ReturnType<typeof start>>
const want = (handle: Handle, wanted: string, version: number, by?: object) =>
  handle.signal(WANT_SIGNAL, { wanted, version, ...(by && { by }) })

async function finished(handle: Handle): Promise<void> {
  const deadline = Date.now() + 40_000
  while ((await handle.describe()).status.name === 'RUNNING' && Date.now() < deadline)
    await server.sleep('40s')
  await handle.result()
}
async function reached(probe: () => boolean): Promise<void> {
  await expect.poll(probe, { timeout: 30_000, interval: 20 }).toBe(true)
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

  it('tries again what could not be decided, until nothing is left', async () => {
    movePage = async ({ pass }) => ({ ...nothing, tickets: 1, failures: pass < 4 ? 1 : 0 })
    await finished(await start('offboarding', { ...START, offboardingId: 'stubborn' }))
    expect(asked.map(({ pass }) => pass)).toEqual([1, 2, 3, 4])
    expect(states()).toEqual(['running', 'completed'])
  })

  it('waits while it is paused, and goes on where it was', async () => {
    let release: (() => void) | undefined
    movePage = async (input) => {
      if (input.after === '1' && release === undefined) await new Promise<void>((go) => (release = go))
      return await pages(3)(input)
    }
    const handle = await start('offboarding', { ...START, offboardingId: 'paused' })
    await reached(() => release !== undefined)
    await want(handle, 'paused', 3)
    release?.()
    await reached(() => reports.at(-1)?.state === 'paused')
    await server.sleep('1 day')
    expect(asked).toHaveLength(2)
    // What comes late changes nothing.
    await want(handle, 'running', 2)
    await server.sleep('1 hour')
    expect(asked).toHaveLength(2)
    await want(handle, 'running', 4)
    await finished(handle)
    expect(asked.map(({ pass, after }) => `${pass}:${after ?? 0}`)).toEqual(['1:0', '1:1', '1:2', '2:0'])
    expect(states()).toEqual(['running', 'paused', 'completed'])
  })

  it('turns back when it is taken back on the way, by who takes it back', async () => {
    let release: (() => void) | undefined
    movePage = async (input) => {
      if (input.after === '1' && release === undefined) await new Promise<void>((go) => (release = go))
      return await pages(5)(input)
    }
    const handle = await start('offboarding', { ...START, offboardingId: 'undone' })
    await reached(() => release !== undefined)
    const by = { type: 'agent', id: 'adam', name: 'Adam' }
    await want(handle, 'undone', 3, by)
    release?.()
    await finished(handle)
    const back = asked.slice(2)
    expect(back.map(({ pass, scope }) => [pass, scope])).toEqual([
      [1, { movedBy: { offboardingId: 'undone' } }],
      [2, { movedBy: { offboardingId: 'undone' } }],
    ])
    expect(back[0]?.command).toMatchObject({ giveBackTo: 'ana', startedBy: by })
    expect(states()).toEqual(['running', 'undoing', 'undone'])
    expect(reports.at(-1)).toMatchObject({ moved: 4, givenBack: 5 })
    expect(await noticesOf(handle)).toEqual([])
  })

  it('is taken back by a run of its own when it had ended', async () => {
    movePage = pages(1)
    await finished(await start('offboarding', { ...START, offboardingId: 'late', wanted: 'undone' }))
    expect(asked.every(({ command }) => command.giveBackTo === 'ana')).toBe(true)
    expect(states()).toEqual(['undoing', 'undone'])
  })

  it('stops when the agent comes back', async () => {
    movePage = pages(1)
    await finished(await start('offboarding', { ...START, offboardingId: 'stopped', wanted: 'stopped' }))
    expect(asked).toEqual([])
    expect(states()).toEqual(['stopped'])
  })

  it('continues as new over thousands of tickets, and survives the death of its worker in between', async () => {
    let died = false
    movePage = async (input) => {
      if (input.after === '40' && !died) {
        died = true
        throw new Error('the worker died')
      }
      return await pages(130)(input)
    }
    await finished(await start('offboarding', { ...START, offboardingId: 'long' }))
    const pagesDone = asked.map(({ pass, after }) => `${pass}:${after ?? 0}`)
    expect(new Set(pagesDone)).toEqual(
      new Set([...Array.from({ length: 130 }, (_, page) => `1:${page}`), '2:0']),
    )
    expect(reports.at(-1)).toMatchObject({ state: 'completed', moved: 260 })
  })
})

describe('a delegation', () => {
  const span = async (beginDays: number, days: number) => {
    const now = await server.currentTimeMs()
    const at = (day: number) => new Date(now + day * 86_400_000).toISOString()
    return { from: at(beginDays), until: at(beginDays + days) }
  }
  const input = async (delegationId: string, beginDays = 2, days = 5): Promise<DelegationRunInput> => ({
    accountId: 'acme',
    agentId: 'ana',
    delegationId,
    ...(await span(beginDays, days)),
    wanted: 'running',
    version: 1,
  })
  const phases = () => asked.map(({ command }) => (command.delegation?.ended ? 'end' : 'begin'))

  it('waits for its begin and for its end, and tells of each at once', async () => {
    movePage = async ({ pass }) =>
      pass === 1 ? { tickets: 2, moved: 2, failures: 0, given: given(2) } : nothing
    const handle = await start('delegation', await input('dated'))
    await server.sleep('1 day')
    expect(asked).toEqual([])
    await server.sleep('2 days')
    await reached(() => asked.length === 2)
    expect(asked[0]?.scope).toEqual({ agentId: 'ana', statuses: ['new', 'open'] })
    await server.sleep('5 days')
    await finished(handle)
    expect(phases()).toEqual(['begin', 'begin', 'end', 'end'])
    expect(asked[2]?.scope).toEqual({ movedBy: { delegationId: 'dated' } })
    const notices = await noticesOf(handle)
    expect(notices.map(({ entries }) => entries[0]?.cause)).toEqual([
      { type: 'delegation', delegationId: 'dated', agentId: 'ana' },
      { type: 'delegation', delegationId: 'dated', agentId: 'ana', ended: true },
    ])
  })

  it('ends when it is ended, before its begin without having moved anything', async () => {
    movePage = async () => nothing
    const early = await start('delegation', await input('never'))
    await want(early, 'ended', 2)
    await finished(early)
    expect(phases()).not.toContain('begin')
    asked = []
    const handle = await start('delegation', await input('ended', 0))
    await reached(() => asked.length >= 1)
    await want(handle, 'ended', 2)
    await finished(handle)
    expect(phases().at(-1)).toBe('end')
  })
})
