import {
  DELEGATION_WORKFLOW,
  DRAIN_WORKFLOW,
  OFFBOARDING_WORKFLOW,
  REPUBLISH_WORKFLOW,
  SWEEP_WORKFLOW,
  WAKE_DRAIN,
} from '@onus/workflows-contract'
import type { WorkflowHandle } from '@temporalio/client'
import { NOTHING, type OperationsWorld } from './operations-world.ts'

const given = { bea: { tickets: 2, ticketId: 't1', departmentId: 'billing', sequence: 4 } }
const PAGE = { tickets: 2, moved: 2, failures: 0, given }
const by = { type: 'agent', id: 'boss' }
const leaver = { accountId: 'acme', agentId: 'ana', startedBy: by, wanted: 'running', version: 2 }

/** Pages of two tickets in the first pass, and none in the next. */
const pages =
  (count: number): OperationsWorld['movePage'] =>
  async ({ pass, after, command }) => {
    if (pass > 1) return NOTHING
    if (command.giveBackTo !== undefined) return { ...NOTHING, tickets: 2, moved: 2 }
    const page = Number(after ?? 0) + 1
    return page < count ? { ...PAGE, after: String(page) } : PAGE
  }

/** Pages of which the second waits until it is let go. */
function held(world: OperationsWorld, count: number): { reached: Promise<void>; release(): void } {
  let release = () => {}
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const move = pages(count)
  world.movePage = async (input) => {
    if (input.after === '1') {
      reach()
      await released
    }
    return await move(input)
  }
  return { reached, release: () => release() }
}

const offboarding = (world: OperationsWorld, id: string, more: object = {}): Promise<WorkflowHandle> =>
  world.begin(OFFBOARDING_WORKFLOW, id, { ...leaver, offboardingId: id, ...more })

async function delegation(world: OperationsWorld, id: string, beginDays: number): Promise<WorkflowHandle> {
  const span = { from: await world.inDays(beginDays), until: await world.inDays(beginDays + 5) }
  const input = {
    accountId: 'acme',
    agentId: 'ana',
    delegationId: id,
    ...span,
    wanted: 'running',
    version: 1,
  }
  return await world.begin(DELEGATION_WORKFLOW, id, input)
}

const drain = (world: OperationsWorld, id: string): Promise<WorkflowHandle> =>
  world.begin(DRAIN_WORKFLOW, id, { accountId: 'acme', departmentId: id })

/**
 * One life for each path of the operations over many tickets. Their recorded histories are what every later
 * version must be able to replay.
 */
export const OPERATION_LIVES = {
  'offboarding-completed': async (world) => {
    world.movePage = pages(3)
    return await offboarding(world, 'completed')
  },
  'offboarding-tried-again': async (world) => {
    world.movePage = async ({ pass }) => ({ ...NOTHING, tickets: 1, failures: pass < 4 ? 1 : 0 })
    return await offboarding(world, 'tried-again')
  },
  'offboarding-paused': async (world) => {
    const { reached, release } = held(world, 3)
    const handle = await offboarding(world, 'paused')
    await reached
    await world.want(handle, 'paused', 3)
    release()
    await world.until(async () => (await handle.query<{ state: string }>('progress')).state === 'paused')
    await world.server.sleep('1 day')
    await world.want(handle, 'running', 4)
    return handle
  },
  'offboarding-undone': async (world) => {
    const { reached, release } = held(world, 5)
    const handle = await offboarding(world, 'undone')
    await reached
    await world.want(handle, 'undone', 3)
    release()
    return handle
  },
  'offboarding-undone-late': async (world) => {
    world.movePage = pages(1)
    return await offboarding(world, 'undone-late', { wanted: 'undone' })
  },
  'offboarding-stopped': (world) => offboarding(world, 'stopped', { wanted: 'stopped' }),
  'offboarding-continued': async (world) => {
    world.movePage = pages(102)
    return await offboarding(world, 'continued')
  },

  'delegation-dated': async (world) => {
    world.movePage = async ({ pass }) => (pass === 1 ? PAGE : NOTHING)
    return await delegation(world, 'dated', 2)
  },
  'delegation-ended': async (world) => {
    world.movePage = async () => NOTHING
    const handle = await delegation(world, 'ended', 0)
    await world.until(() => world.asked > 0)
    await world.want(handle, 'ended', 2)
    return handle
  },
  'delegation-never-begun': async (world) => {
    world.movePage = async () => NOTHING
    const handle = await delegation(world, 'never-begun', 2)
    await world.want(handle, 'ended', 2)
    return handle
  },
  'delegation-continued': async (world) => {
    world.movePage = pages(102)
    return await delegation(world, 'continued', 1)
  },

  'drain-emptied': async (world) => {
    world.drainPage = async () =>
      world.asked < 3 ? { given: 50, more: true, waiting: true } : { given: 1, more: false, waiting: false }
    return await drain(world, 'emptied')
  },
  'drain-until-hours': async (world) => {
    const opens = await world.inDays(1)
    world.drainPage = async () =>
      world.asked < 2
        ? { given: 0, more: false, waiting: true, lookAgainAt: opens }
        : { given: 2, more: false, waiting: false }
    return await drain(world, 'until-hours')
  },
  'drain-woken': async (world) => {
    const opens = await world.inDays(1)
    world.drainPage = async () =>
      world.asked < 2
        ? { given: 0, more: false, waiting: true, lookAgainAt: opens }
        : { given: 2, more: false, waiting: false }
    const handle = await drain(world, 'woken')
    await world.until(() => world.asked === 1)
    await handle.signal(WAKE_DRAIN, { because: 'directory' })
    return handle
  },
  'drain-continued': async (world) => {
    world.drainPage = async () =>
      world.asked < 202 ? { given: 1, more: true, waiting: true } : { given: 0, more: false, waiting: false }
    return await drain(world, 'continued')
  },

  'sweep-done': async (world) => {
    world.sweepPage = async ({ after }) =>
      after === undefined ? { tickets: 200, after: 't200' } : { tickets: 3 }
    const command = { type: 'recheck', because: 'settings' }
    return await world.begin(SWEEP_WORKFLOW, 'done', {
      ...{ accountId: 'acme', scope: { all: true }, command, sweepId: 'done' },
    })
  },
  'republish-done': (world) =>
    world.begin(REPUBLISH_WORKFLOW, 'done', { accountId: 'acme', ticketId: 't1', fromSequence: 1 }),
} satisfies Record<string, (world: OperationsWorld) => Promise<WorkflowHandle>>
