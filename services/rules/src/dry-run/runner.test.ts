import { directoryView } from '@onus/kit/directory'
import { createLogger } from '@onus/kit/logging'
import { Problem } from '@onus/kit/problems'
import { Department, DirectorySnapshot, Settings } from '@onus/proto/onus/v1/directory'
import { describe, expect, it, vi } from 'vitest'
import { noResult } from '../domain/dry-run/result.ts'
import { storedRules } from '../domain/examples.ts'
import type { Rule } from '../domain/model.ts'
import type { DryRun } from '../store/dry-runs.ts'
import { pastTicket } from '../testing.ts'
import { DryRunner } from './runner.ts'

const BEGAN = Date.parse('2026-02-01T00:00:00.000Z')
const TICKETS = 95
const SUBJECT = [[{ field: 'subject', op: 'contains', value: 'x' }]]

/** One run, and a past, in memory. */
function world(rule: Partial<Rule> = {}) {
  const places = Array.from({ length: TICKETS }, (_, number) => ({
    ticketId: `t${number}`,
    createdAt: new Date(BEGAN - number * 60_000).toISOString(),
  }))
  let run: DryRun = {
    id: 'd1',
    accountId: 'acme',
    state: 'running',
    rules: storedRules({ actions: [{ type: 'transfer', departmentId: 'billing' }], ...rule }).rules,
    since: '2026-01-01T00:00:00.000Z',
    until: '2026-03-01T00:00:00.000Z',
    limit: 1000,
    startedAt: '2026-03-01T00:00:00.000Z',
    startedBy: { type: 'agent', id: 'olga' },
    ticketsRead: 0,
    result: noResult(),
  }
  let owner: string | undefined
  const saved: number[] = []
  const runs = {
    async take(by: string) {
      if (run.state !== 'running' || owner) return null
      owner = by
      return structuredClone(run)
    },
    async save(_: DryRun, by: string, __: Date, progress: Partial<DryRun>) {
      if (run.state !== 'running' || owner !== by) return false
      run = structuredClone({ ...run, ...progress })
      if (progress.ticketsRead) saved.push(progress.ticketsRead)
      hook()
      return true
    },
    async release() {
      owner = undefined
    },
  }
  let hook = () => {}
  const history = {
    places: async (_: string, { after, limit }: { after?: { ticketId: string }; limit: number }) => {
      const first = places.findIndex(({ ticketId }) => ticketId === after?.ticketId) + 1
      return places.slice(first, first + limit)
    },
    tickets: async (accountId: string, ids: readonly string[]) =>
      ids.map((ticketId) => {
        const number = Number(ticketId.slice(1))
        return { accountId, ticketId, entries: pastTicket(number, new Date(BEGAN - number * 60_000)) }
      }),
  }
  const view = directoryView(
    DirectorySnapshot.fromPartial({
      accountId: 'acme',
      settings: Settings.fromPartial({ defaultDepartmentId: 'support', timeZone: 'UTC' }),
      departments: ['support', 'billing'].map((id) => Department.fromPartial({ id, name: id })),
    }),
  )
  const getTexts = vi.fn(async ({ tickets }: { tickets: readonly { ticketId: string }[] }) => ({
    tickets: tickets.map(({ ticketId }) => ({ ticketId, values: { subject: 'x' }, messages: [] })),
  }))
  const runner = () =>
    new DryRunner({
      runs: runs as never,
      history: history as never,
      directory: { snapshot: async () => view },
      tickets: { getTexts: getTexts as never },
      clock: () => new Date(BEGAN),
      log: createLogger('test', 'silent'),
      pollMs: 5,
      pageSize: 20,
    })
  return {
    runner,
    getTexts,
    saved,
    get run() {
      return run
    },
    set run(next) {
      run = next
    },
    onSave: (work: () => void) => {
      hook = work
    },
    free: () => {
      owner = undefined
    },
  }
}

async function ended(one: ReturnType<typeof world>): Promise<void> {
  await vi.waitFor(() => expect(one.run.state).not.toBe('running'), { timeout: 10_000, interval: 5 })
}

describe('a dry run', () => {
  it('goes page by page, and says how far it is', async () => {
    const one = world()
    const runner = one.runner()
    runner.start()
    await ended(one)
    await runner.stop()
    expect(one.saved).toEqual([20, 40, 60, 80, 95])
    expect(one.run).toMatchObject({
      state: 'completed',
      total: TICKETS,
      result: { wouldDifferTotal: TICKETS },
    })
    expect(one.getTexts).not.toHaveBeenCalled()
  })

  it('goes on after a restart where it was, and counts nothing twice', async () => {
    const one = world()
    const first = one.runner()
    const stopped = new Promise<void>((resolve) => {
      one.onSave(() => {
        if (one.saved.length !== 2) return
        one.onSave(() => {})
        void first.stop().then(resolve)
      })
    })
    first.start()
    await stopped
    expect(one.run).toMatchObject({ state: 'running', ticketsRead: 40 })
    const second = one.runner()
    second.start()
    await ended(one)
    await second.stop()
    expect(one.run).toMatchObject({ ticketsRead: TICKETS, total: TICKETS })
    expect(one.run.result.wouldDifferTotal).toBe(TICKETS)
    expect(new Set(one.run.result.wouldDiffer.map(({ ticketId }) => ticketId)).size).toBe(TICKETS)
  })

  it('ends when it is cancelled', async () => {
    const one = world()
    one.onSave(() => {
      if (one.saved.length === 1) one.run = { ...one.run, state: 'cancelled' }
    })
    const runner = one.runner()
    runner.start()
    await ended(one)
    await runner.stop()
    expect(one.run).toMatchObject({ state: 'cancelled', ticketsRead: 20 })
  })

  it('asks for texts in parts, and only when a rule does', async () => {
    const one = world({ conditions: SUBJECT })
    const runner = one.runner()
    runner.start()
    await ended(one)
    await runner.stop()
    expect(one.getTexts).toHaveBeenCalledTimes(5)
    expect(one.run.result.wouldDifferTotal).toBe(TICKETS)
  })

  it('waits for what is down, and fails only by its own fault', async () => {
    const one = world({ conditions: SUBJECT })
    one.getTexts.mockRejectedValueOnce(new Problem('unavailable', 'The ticket service does not answer.'))
    const runner = one.runner()
    runner.start()
    await vi.waitFor(() => expect(one.getTexts).toHaveBeenCalledTimes(1))
    expect(one.run.state).toBe('running')
    one.free()
    await ended(one)
    expect(one.run.state).toBe('completed')
    await runner.stop()

    const other = world({ conditions: SUBJECT })
    other.getTexts.mockRejectedValue(new TypeError('a fault'))
    const failing = other.runner()
    failing.start()
    await ended(other)
    await failing.stop()
    expect(other.run).toMatchObject({ state: 'failed', error: expect.stringContaining('log') })
  })
})
