import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { Story, types } from '../testing/story.ts'
import type { ClaimTimeoutFacts, HoursFacts } from './facts.ts'

const team = (claimTimeout: ClaimTimeoutFacts, hours?: HoursFacts): DirectoryPlan => ({
  departments: { billing: { claimTimeout, ...(hours ? { hours } : {}) }, sales: {} },
  agents: { ana: { in: ['billing'] }, cem: { in: ['sales'] }, boss: { role: 'admin' } },
})

describe('the claim timeout', () => {
  const notify = { warnAfter: 'PT10M', then: 'notify', after: 'PT30M' }
  const escalate = { then: 'escalate', after: 'PT30M', toDepartmentId: 'sales' }

  it('warns once, then is overdue once', () => {
    const story = new Story(team(notify)).create()
    expect(story.deadlines).toEqual({
      claimWarnAt: '2026-03-02T09:10:00.000Z',
      claimDueAt: '2026-03-02T09:30:00.000Z',
      claimThen: 'notify',
    })
    expect(story.at('2026-03-02T09:09:59.999Z').tick()).toEqual([])
    const [warning] = story.at('2026-03-02T09:10:00.000Z').tick()
    expect(warning).toMatchObject({
      type: 'claim.overdue',
      actor: { type: 'system' },
      cause: { type: 'claim_timeout' },
      details: { then: 'warn', since: '2026-03-02T09:00:00.000Z' },
    })
    expect(story.deadlines.claimWarnAt).toBeUndefined()
    expect(story.at('2026-03-02T09:10:30.000Z').tick()).toEqual([])
    const [overdue] = story.at('2026-03-02T09:30:01.000Z').tick()
    expect(overdue?.details).toEqual({ then: 'notify', since: '2026-03-02T09:00:00.000Z' })
    expect(story.deadlines).toEqual({})
    expect(story.wait(86_400).tick()).toEqual([])
    expect(story.holder).toBe('billing/-')
  })

  it('says that it is late, and leaves the warning out that nobody needs any more', () => {
    const story = new Story(team(notify)).create()
    const [entry, ...more] = story.at('2026-03-02T09:31:00.001Z').tick()
    expect(more).toEqual([])
    expect(entry).toMatchObject({
      cause: { type: 'claim_timeout', late: true },
      details: { then: 'notify', late: true },
    })
  })

  it('escalates to another department, where its time begins anew', () => {
    const story = new Story(team(escalate)).create()
    const entries = story.at('2026-03-02T09:30:00.000Z').tick()
    expect(types(entries)).toEqual(['claim.overdue', 'responsibility.changed'])
    expect(entries[0]?.details?.then).toBe('escalate')
    expect(story.holder).toBe('sales/-')
    expect(story.cause).toEqual({ type: 'claim_timeout' })
    expect(story.ticket).toMatchObject({ unclaimedSince: '2026-03-02T09:30:00.000Z', claimOverdue: false })
    story.expect({ type: 'return' }, 'cem')
    expect(story.holder).toBe('billing/-')
  })

  it.each([undefined, 'billing', 'gone'])('notifies when it should escalate to %s', (toDepartmentId) => {
    const story = new Story(team({ ...escalate, toDepartmentId })).create()
    const entries = story.at('2026-03-02T09:30:00.000Z').tick()
    expect(entries).toMatchObject([{ details: { then: 'notify' } }])
    expect(story.holder).toBe('billing/-')
  })

  it('redistributes when there is a distribution, else notifies', () => {
    const story = new Story(team({ ...escalate, then: 'redistribute' })).create()
    expect(story.at('2026-03-02T09:30:00.000Z').tick()).toMatchObject([{ details: { then: 'notify' } }])
    const plan = team({ ...escalate, then: 'redistribute' })
    Object.assign(plan.departments.billing ?? {}, { distribution: { strategy: 'round_robin', on: [] } })
    const given = new Story(plan).create()
    given.choose = () => ({ agentId: 'ana', candidates: [] })
    const entries = given.at('2026-03-02T09:30:00.000Z').tick()
    expect(entries[0]?.details).toMatchObject({ then: 'redistribute' })
    expect(given.holder).toBe('billing/ana')
    expect(given.cause).toEqual({ type: 'distribution' })
  })

  it('ends with a claim, and begins anew with a release', () => {
    const story = new Story(team(notify)).create()
    story.expect({ type: 'claim' }, 'ana')
    expect(story.deadlines).toEqual({})
    story.at('2026-03-02T11:00:00.000Z').expect({ type: 'release' }, 'ana')
    expect(story.deadlines.claimDueAt).toBe('2026-03-02T11:30:00.000Z')
  })

  it('moves when the setting changes', () => {
    const story = new Story(team(notify)).create()
    story.plan = team({ ...notify, after: 'PT2H' })
    expect(story.recheck('settings')).toEqual([])
    expect(story.deadlines.claimDueAt).toBe('2026-03-02T11:00:00.000Z')
    story.plan = { ...story.plan, departments: { billing: {}, sales: {} } }
    expect(story.deadlines).toEqual({})
  })

  it('counts in the department’s hours', () => {
    const day = { intervals: [{ from: '09:00', to: '17:00' }] }
    const hours = { timeZone: 'Europe/Paris', mon: day, tue: day, holidays: [] }
    const story = new Story(team(notify, hours), '2026-03-02T15:50:00.000Z').create()
    expect(story.deadlines).toMatchObject({
      claimWarnAt: '2026-03-02T16:00:00.000Z',
      claimDueAt: '2026-03-03T08:20:00.000Z',
    })
  })
})

describe('the reopen window', () => {
  const resolved = (reopenWindow = 'P7D'): Story => {
    const plan = { ...team({ then: 'notify', after: 'PT1H' }), settings: { reopenWindow } }
    const story = new Story(plan).create()
    story.expect({ type: 'resolve' }, 'ana')
    return story
  }

  it('closes the ticket when it is over', () => {
    const story = resolved()
    expect(story.deadlines).toEqual({ closesAt: '2026-03-09T09:01:00.000Z' })
    expect(story.at('2026-03-09T09:00:59.000Z').tick()).toEqual([])
    expect(story.at('2026-03-09T09:01:00.000Z').tick()).toMatchObject([
      { type: 'status.changed', from: 'resolved', to: 'closed', cause: { type: 'reopen_window' } },
    ])
    expect(story.deadlines).toEqual({})
  })

  it('says that it is late', () => {
    const [entry] = resolved().at('2026-04-01T00:00:00.000Z').tick()
    expect(entry).toMatchObject({ cause: { type: 'reopen_window', late: true }, details: { late: true } })
  })

  it('ends with a reopening, and never when the setting says nothing', () => {
    const story = resolved()
    story.expect({ type: 'reopen' }, 'ana')
    expect(story.deadlines.closesAt).toBeUndefined()
    expect(resolved('nonsense').deadlines).toEqual({})
  })
})

describe('several at once', () => {
  it('a postponed ticket that comes back late begins its claim time then', () => {
    const story = new Story(team({ then: 'notify', after: 'PT30M' })).create()
    story.expect({ type: 'postpone', until: '2026-03-02T10:00:00Z' }, 'ana')
    const entries = story.at('2026-03-02T12:00:00.000Z').tick()
    expect(entries).toMatchObject([{ to: 'new', cause: { late: true }, details: { late: true } }])
    expect(story.deadlines.claimDueAt).toBe('2026-03-02T12:30:00.000Z')
  })
})
