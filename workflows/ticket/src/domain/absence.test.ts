import type { Command } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { actorOf, CONTACT_AUTHORITY, Story, SYSTEM_AUTHORITY, types } from '../testing/story.ts'

type Agents = DirectoryPlan['agents']

const AGENTS: Agents = {
  ana: { in: ['billing', 'sales'] },
  bob: { in: ['billing'] },
  cid: { in: ['billing', 'sales'] },
  boss: { role: 'owner' },
}
const team = (agents: Agents = {}, departments: DirectoryPlan['departments'] = {}): DirectoryPlan => ({
  departments: { billing: {}, sales: {}, ...departments },
  agents: { ...AGENTS, ...agents },
})
/** A ticket that Ana holds in Billing. */
const held = (plan = team()): Story => {
  const story = new Story(plan).create()
  story.expect({ type: 'claim' }, 'ana')
  return story
}
const reply = (story: Story) =>
  types(story.expect({ type: 'contact_reply', messageId: `m${story.entries.length}` }, CONTACT_AUTHORITY))

describe('somebody who leaves', () => {
  const startedBy = actorOf('boss')
  const gone = (
    successors: { departmentId: string; agentId?: string; policy?: string }[],
    more: Agents = {},
  ): DirectoryPlan =>
    team({
      ...more,
      ana: { ...AGENTS.ana, status: 'removed', offboarding: { id: 'o1', startedBy, successors } },
    })
  const sweep: Command = { type: 'recheck', because: 'offboarding', offboardingId: 'o1', startedBy }

  it('is followed by who was named for the department', () => {
    const story = held()
    story.plan = gone([{ departmentId: 'billing', agentId: 'bob' }])
    const entries = story.expect(sweep, SYSTEM_AUTHORITY)
    expect(types(entries)).toEqual(['responsibility.changed'])
    expect(story.holder).toBe('billing/bob')
    expect(story.cause).toEqual({ type: 'offboarding', offboardingId: 'o1', startedBy })
    expect(story.expect(sweep, SYSTEM_AUTHORITY)).toEqual([])
  })

  it('is followed by nobody in a department that is not named, or by policy', () => {
    for (const successors of [
      [{ departmentId: 'sales', agentId: 'cid' }],
      [{ departmentId: 'billing', policy: 'nobody' }],
    ]) {
      const story = held()
      story.plan = gone(successors)
      story.expect(sweep, SYSTEM_AUTHORITY)
      expect(story.holder).toBe('billing/-')
    }
  })

  it('is followed by nobody when the successor may not hold the ticket any more', () => {
    const story = held()
    story.plan = gone([{ departmentId: 'billing', agentId: 'bob' }], { bob: { in: ['sales'] } })
    story.expect(sweep, SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/-')
  })

  it('is followed by whom the distribution chooses', () => {
    const plan = gone([{ departmentId: 'billing', policy: 'redistribute' }])
    const story = held()
    story.plan = {
      ...plan,
      departments: { ...plan.departments, billing: { distribution: { strategy: 'least_loaded', on: [] } } },
    }
    const candidates = [{ agentId: 'cid', outcome: 'chosen' as const, reason: 'least_loaded' }]
    story.choose = () => ({ agentId: 'cid', candidates })
    const [entry] = story.expect(sweep, SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/cid')
    expect(entry).toMatchObject({ cause: { type: 'offboarding' }, details: { candidates } })
  })

  it('is followed by the only agent who is left, in one step', () => {
    const story = held()
    story.plan = {
      departments: { billing: {} },
      agents: { ...gone([]).agents, bob: {}, cid: { status: 'removed' }, boss: { status: 'removed' } },
    }
    const entries = story.expect(sweep, SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/bob')
    expect(entries).toHaveLength(1)
  })

  it('is followed in the same way when another command comes before the operation', () => {
    const story = held()
    story.plan = gone([{ departmentId: 'billing', agentId: 'bob' }])
    story.expect({ type: 'note', messageId: 'n' }, 'boss')
    expect(story.holder).toBe('billing/bob')
    expect(story.cause).toMatchObject({ type: 'offboarding', startedBy })
  })

  it('gets back what is still where the off-boarding put it, and nothing else', () => {
    const undo: Command = { ...sweep, giveBackTo: 'ana', startedBy: actorOf('boss') }
    const story = held()
    story.plan = gone([])
    story.expect(sweep, SYSTEM_AUTHORITY)
    story.plan = team()
    story.expect(undo, SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toMatchObject({ type: 'offboarding', offboardingId: 'o1', undone: true })
    expect(story.expect(undo, SYSTEM_AUTHORITY)).toEqual([])

    const taken = held()
    taken.plan = gone([])
    taken.expect(sweep, SYSTEM_AUTHORITY)
    taken.expect({ type: 'claim' }, 'bob')
    taken.plan = team()
    expect(taken.expect(undo, SYSTEM_AUTHORITY)).toEqual([])
    expect(taken.holder).toBe('billing/bob')
  })

  it('gets nothing back of a department that they are no member of any more', () => {
    const story = held()
    story.plan = gone([])
    story.expect(sweep, SYSTEM_AUTHORITY)
    story.plan = team({ ana: { in: ['sales'] } })
    story.expect({ ...sweep, giveBackTo: 'ana' } as Command, SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/-')
  })
})

describe('somebody who is stood in for', () => {
  const during = { from: '2026-03-02T00:00:00.000Z', until: '2026-03-03T00:00:00.000Z' }
  const to = (toAgentId: string, id: string, mode = 'tickets') => ({ id, toAgentId, mode, ...during })
  const away = (more: Agents = {}) => team({ ana: { ...AGENTS.ana, delegation: to('bob', 'd1') }, ...more })
  const chain = () => away({ bob: { ...AGENTS.bob, delegation: to('cid', 'd2') } })
  const begin = (id = 'd1', agentId = 'ana'): Command => ({
    type: 'recheck',
    because: 'delegation',
    delegation: { id, agentId, ended: false },
  })
  const end = (id = 'd1', agentId = 'ana'): Command => ({
    type: 'recheck',
    because: 'delegation',
    delegation: { id, agentId, ended: true },
  })

  it('gives what is open to who stands in, and gets back what is still there', () => {
    const story = held()
    story.plan = away()
    const [entry] = story.expect(begin(), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/bob')
    expect(entry).toMatchObject({
      cause: { type: 'delegation', delegationId: 'd1', agentId: 'ana' },
      details: { chain: ['ana', 'bob'] },
    })
    // Too early: it still runs.
    expect(story.expect(end(), SYSTEM_AUTHORITY)).toEqual([])
    story.at(during.until)
    story.expect(end(), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toMatchObject({ type: 'delegation', ended: true })
  })

  it('does not get back what has gone on, or what they may not have any more', () => {
    const gone = held()
    gone.plan = away()
    gone.expect(begin(), SYSTEM_AUTHORITY)
    gone.expect({ type: 'assign', agentId: 'cid' }, 'boss')
    gone.at(during.until)
    expect(gone.expect(end(), SYSTEM_AUTHORITY)).toEqual([])
    const left = held()
    left.plan = away()
    left.expect(begin(), SYSTEM_AUTHORITY)
    left.plan = team({ ana: { in: ['sales'] } })
    expect(left.expect(end(), SYSTEM_AUTHORITY)).toEqual([])
    expect(left.holder).toBe('billing/bob')
  })

  it('is passed over along the chain; who ends it has it, or nobody does', () => {
    const story = held()
    story.plan = chain()
    const [entry] = story.expect(begin(), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/cid')
    expect(entry?.details).toEqual({ chain: ['ana', 'bob', 'cid'] })
    const nobody = held()
    nobody.plan = { ...chain(), agents: { ...chain().agents, cid: { in: ['sales'] } } }
    nobody.expect(begin(), SYSTEM_AUTHORITY)
    expect(nobody.holder).toBe('billing/-')
  })

  it('gets it back through those who stood in, in whatever order it ends', () => {
    const story = held()
    story.plan = away()
    story.expect(begin(), SYSTEM_AUTHORITY)
    story.plan = chain()
    story.expect(begin('d2', 'bob'), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/cid')
    story.plan = away()
    story.expect(end('d2', 'bob'), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/bob')
    story.plan = team()
    story.expect(end(), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/ana')

    const other = held()
    other.plan = away()
    other.expect(begin(), SYSTEM_AUTHORITY)
    other.plan = chain()
    other.expect(begin('d2', 'bob'), SYSTEM_AUTHORITY)
    other.plan = team()
    other.expect(end('d2', 'bob'), SYSTEM_AUTHORITY)
    expect(other.holder).toBe('billing/ana')
  })

  it('does not get what the contact makes open again, and does not lose it either', () => {
    const story = held()
    story.expect({ type: 'answer', messageId: 'a' }, 'ana')
    story.plan = away()
    expect(story.expect(begin(), SYSTEM_AUTHORITY)).toEqual([])
    expect(reply(story)).toEqual(['message.added', 'status.changed', 'responsibility.changed'])
    expect(story.holder).toBe('billing/bob')
    story.at(during.until)
    story.expect(end(), SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/ana')
  })

  it('does not get what is reopened, whatever the policy keeps', () => {
    for (const reopenPolicy of ['keep', 'keep_if_available']) {
      const departments = { billing: { reopenPolicy } }
      const story = held(team({}, departments))
      story.expect({ type: 'resolve' }, 'ana')
      story.plan = { ...away(), departments: { ...away().departments, ...departments } }
      expect(reply(story)).toEqual(['message.added', 'status.changed', 'reopened', 'responsibility.changed'])
      expect(story.holder).toBe('billing/bob')
      expect(story.entries.find(({ type }) => type === 'reopened')?.details).toMatchObject({
        outcome: 'delegated',
      })
    }
  })

  it('does not get what a rule gives them, but what somebody gives them by hand', () => {
    const story = new Story(away())
    story.rules = [{ ruleId: 'r', version: 1, ruleName: 'R', actions: [{ type: 'assign', agentId: 'ana' }] }]
    story.create()
    expect(story.holder).toBe('billing/bob')
    expect(story.cause.type).toBe('delegation')
    story.expect({ type: 'assign', agentId: 'ana' }, 'boss')
    expect(story.holder).toBe('billing/ana')
    story.expect({ type: 'note', messageId: 'n' }, 'boss')
    expect(story.holder).toBe('billing/ana')
  })

  it('keeps everything when somebody is only told', () => {
    const story = held()
    story.plan = team({ ana: { ...AGENTS.ana, delegation: to('bob', 'd1', 'notices') } })
    expect(story.expect(begin(), SYSTEM_AUTHORITY)).toEqual([])
    story.expect({ type: 'resolve' }, 'ana')
    reply(story)
    expect(story.holder).toBe('billing/ana')
  })
})

describe('a reopening', () => {
  const plan = (ana: Agents[string]) => team({ ana: { ...AGENTS.ana, ...ana } })
  const leave = [{ from: '2026-03-02T00:00:00.000Z', until: '2026-03-05T00:00:00.000Z' }]
  const tokyo = { timeZone: 'Asia/Tokyo', holidays: [], mon: { intervals: [{ from: '09:00', to: '17:00' }] } }

  it.each<[string, Agents[string], string | null]>([
    ['away', { presence: 'away' }, 'away'],
    ['on leave', { leave }, 'on_leave'],
    ['not at work', { schedule: tokyo }, 'off_shift'],
    ['only signed out', { presence: 'offline' }, null],
  ])('asks when it happens whether the agent is %s', (_, ana, outcome) => {
    const story = held()
    story.expect({ type: 'resolve' }, 'ana')
    story.plan = plan(ana)
    reply(story)
    expect(story.holder).toBe(outcome === null ? 'billing/ana' : 'billing/-')
    const { details } = story.entries.find(({ type }) => type === 'reopened') ?? {}
    expect(details?.outcome).toBe(outcome ?? 'kept')
  })
})
