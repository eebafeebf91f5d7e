import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DirectoryPlan, directoryOf } from '../testing/directory.ts'
import {
  chooseAgent,
  distributes,
  isCounted,
  type Load,
  MAX_CANDIDATES,
  nextChange,
  reasonForNobody,
  type Turns,
} from './distribution.ts'
import type { SkillFacts } from './facts.ts'

const NOW = new Date('2026-03-02T09:00:00.000Z')

type Agents = DirectoryPlan['agents']
const team = (
  strategy: string,
  agents: Agents,
  more: DirectoryPlan['departments'][string] = {},
): DirectoryPlan => ({
  departments: { support: { distribution: { strategy, on: ['new'] }, ...more }, sales: {} },
  agents: Object.fromEntries(
    Object.entries(agents).map(([id, agent]) => [id, { in: ['support'], ...agent }]),
  ),
})

/** A department that gives out tickets one after the other. */
class Desk {
  readonly plan: DirectoryPlan
  readonly loads = new Map<string, Load>()
  turns: Turns = {}
  #clock = 0

  constructor(plan: DirectoryPlan) {
    this.plan = plan
  }

  choose(requiredSkills: SkillFacts[] = [], now = NOW) {
    const directory = directoryOf(this.plan)
    const department = directory.department('support')!
    return chooseAgent({ directory, department, now, requiredSkills, loads: this.loads, turns: this.turns })
  }

  give(requiredSkills: SkillFacts[] = [], now = NOW): string | null {
    const { agentId, turns } = this.choose(requiredSkills, now)
    this.turns = turns
    if (agentId !== null)
      this.loads.set(agentId, { tickets: this.load(agentId) + 1, lastGivenAt: ++this.#clock })
    return agentId
  }

  take(agentId: string): void {
    const load = this.loads.get(agentId)
    if (load && load.tickets > 0) this.loads.set(agentId, { ...load, tickets: load.tickets - 1 })
  }

  load = (agentId: string): number => this.loads.get(agentId)?.tickets ?? 0
}

const why = (desk: Desk, skills: SkillFacts[] = [], now = NOW): Record<string, string> =>
  Object.fromEntries(desk.choose(skills, now).candidates.map(({ agentId, reason }) => [agentId, reason]))

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `a${String(at).padStart(3, '0')}`)
const some = (count: number, agent: Agents[string] = {}): Agents =>
  Object.fromEntries(names(count).map((id) => [id, agent]))

describe('who can get a ticket', () => {
  const hours = {
    timeZone: 'Europe/Paris',
    mon: { intervals: [{ from: '08:00', to: '12:00' }] },
    holidays: [],
  }
  it('is told for everybody who cannot', () => {
    const desk = new Desk(
      team('round_robin', {
        away: { presence: 'away' },
        offline: { presence: 'offline' },
        onleave: { leave: [{ from: '2026-03-01T00:00:00Z', until: '2026-03-08T00:00:00Z' }] },
        offshift: { schedule: { ...hours, mon: { intervals: [{ from: '14:00', to: '18:00' }] } } },
        busy: { capacity: 1 },
        delegated: {
          delegation: {
            toAgentId: 'free',
            from: '2026-03-01T00:00:00Z',
            until: '2026-03-08T00:00:00Z',
            mode: 'tickets',
          },
        },
        free: { skills: [{ name: 'German', level: 3 }], schedule: hours },
        suspended: { status: 'suspended' },
        elsewhere: { in: ['sales'] },
      }),
    )
    desk.loads.set('busy', { tickets: 1, lastGivenAt: 1 })
    expect(desk.choose().agentId).toBe('free')
    expect(why(desk)).toEqual({
      away: 'away',
      offline: 'offline',
      onleave: 'on_leave',
      offshift: 'off_shift',
      busy: 'at_capacity',
      delegated: 'delegated',
      free: 'next_in_turn',
    })
    const german = desk.choose([{ name: 'german', level: 4 }])
    expect(german.agentId).toBeNull()
    expect(german.candidates.find(({ agentId }) => agentId === 'free')).toEqual({
      agentId: 'free',
      outcome: 'passed_over',
      reason: 'missing_skill',
      skills: [{ name: 'german', level: 4 }],
    })
  })

  it('is nobody while the department is closed', () => {
    const desk = new Desk(team('least_loaded', some(3), { hours }))
    expect(desk.choose([], new Date('2026-03-02T11:30:00Z'))).toMatchObject({ agentId: null })
    expect(reasonForNobody(desk.choose([], new Date('2026-03-02T11:30:00Z')).candidates)).toBe(
      'department_closed',
    )
    expect(desk.choose().agentId).toBe('a000')
  })

  it('is never looked for where people take the tickets themselves', () => {
    expect(new Desk(team('manual', some(3))).choose()).toMatchObject({ agentId: null, candidates: [] })
  })

  it('has the one who got it first, and so many others', () => {
    const { candidates } = new Desk(team('round_robin', some(150))).choose()
    expect(candidates).toHaveLength(MAX_CANDIDATES)
    expect(candidates[0]).toMatchObject({ agentId: 'a000', outcome: 'chosen' })
    expect(candidates.filter(({ outcome }) => outcome === 'chosen')).toHaveLength(1)
  })

  it('is summed up in one word when nobody can', () => {
    expect(reasonForNobody([])).toBe('no_members')
    expect(reasonForNobody([{ reason: 'offline' }, { reason: 'offline' }])).toBe('offline')
    expect(reasonForNobody([{ reason: 'offline' }, { reason: 'at_capacity' }])).toBe('several')
  })
})

describe('what is distributed', () => {
  it('is what the department says, and nothing where it is manual', () => {
    const distribution = { strategy: 'weighted', on: ['new', 'reopened'] }
    expect(distributes({ distribution }, 'new')).toBe(true)
    expect(distributes({ distribution }, 'transferred')).toBe(false)
    expect(distributes({ distribution: { ...distribution, strategy: 'manual' } }, 'new')).toBe(false)
    expect(distributes({}, 'new')).toBe(false)
  })

  it('counts the tickets of those who can be given some', () => {
    const directory = directoryOf(team('weighted', { ana: {}, bob: { in: ['sales'] } }))
    expect(isCounted(directory, 'ana')).toBe(true)
    expect(isCounted(directory, 'bob')).toBe(false)
    expect(isCounted(directory, 'gone')).toBe(false)
  })
})

describe('every strategy', () => {
  const strategies = ['round_robin', 'least_loaded', 'weighted', 'skill_based']
  const plans = fc.record({
    strategy: fc.constantFrom(...strategies),
    agents: fc.array(
      fc.record({
        capacity: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
        presence: fc.constantFrom('online', 'online', 'away', 'offline'),
        level: fc.integer({ min: 0, max: 5 }),
        weight: fc.integer({ min: 1, max: 100 }),
      }),
      { minLength: 2, maxLength: 8 },
    ),
    required: fc.integer({ min: 0, max: 5 }),
    steps: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }),
  })

  it('never gives above the capacity, to somebody away, or below the required skill', () => {
    fc.assert(
      fc.property(plans, ({ strategy, agents, required, steps }) => {
        const ids = names(agents.length)
        const desk = new Desk(
          team(
            strategy,
            Object.fromEntries(
              agents.map(({ capacity, presence, level, weight }, at) => [
                ids[at]!,
                {
                  capacity,
                  presence,
                  weights: { support: weight },
                  skills: level > 0 ? [{ name: 'French', level }] : [],
                },
              ]),
            ),
          ),
        )
        const skills = required > 0 ? [{ name: 'French', level: required }] : []
        for (const step of steps) {
          if (step > 6) {
            desk.take(ids[step % ids.length]!)
            continue
          }
          const able = ids.filter((id, at) => {
            const { capacity = 99, presence, level } = agents[at]!
            return presence === 'online' && desk.load(id) < capacity && level >= required
          })
          const given = desk.give(skills)
          if (able.length === 0) expect(given).toBeNull()
          else expect(able).toContain(given)
        }
      }),
    )
  })
})

describe('round_robin', () => {
  it('is exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 100 }), (count, tickets) => {
        const desk = new Desk(team('round_robin', some(count + 1)))
        const given = Array.from({ length: tickets }, () => desk.give())
        expect(given).toEqual(given.map((_, at) => names(count + 1)[at % (count + 1)]))
      }),
    )
  })

  it('goes on with the next when the last one has left, or somebody is skipped', () => {
    const desk = new Desk(team('round_robin', some(4)))
    desk.turns = { last: 'a001x' }
    expect(desk.give()).toBe('a002')
    desk.plan.agents.a003!.presence = 'away'
    expect([desk.give(), desk.give()]).toEqual(['a000', 'a001'])
  })
})

describe('least_loaded', () => {
  it('keeps the spread at most one from equal loads, whatever is given', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 0, max: 200 }), (count, tickets) => {
        const desk = new Desk(team('least_loaded', some(count)))
        for (let at = 0; at < tickets; at += 1) {
          desk.give()
          const loads = names(count).map(desk.load)
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('gives to the one who was longest without a new one among equals, and says so', () => {
    const desk = new Desk(team('least_loaded', some(3)))
    desk.loads.set('a000', { tickets: 1, lastGivenAt: 30 })
    desk.loads.set('a001', { tickets: 1, lastGivenAt: 10 })
    desk.loads.set('a002', { tickets: 2, lastGivenAt: 5 })
    expect(why(desk)).toEqual({ a001: 'waited_longest', a000: 'waited_less', a002: 'more_loaded' })
    desk.take('a002')
    desk.take('a002')
    expect(why(desk)).toEqual({ a002: 'least_loaded', a001: 'more_loaded', a000: 'more_loaded' })
  })
})

describe('weighted', () => {
  it('gives everybody their share, exactly after a round', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 6 }), (weights) => {
        const agents = Object.fromEntries(
          weights.map((weight, at) => [names(weights.length)[at]!, { weights: { support: weight } }]),
        )
        const desk = new Desk(team('weighted', agents))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        for (let at = 1; at <= total * 2; at += 1) {
          desk.give()
          // Nobody is ever further from their share than the number of those who share.
          weights.forEach((weight, of) => {
            const due = (at * weight) / total
            expect(Math.abs(desk.load(names(weights.length)[of]!) - due)).toBeLessThan(weights.length)
          })
        }
        expect(names(weights.length).map(desk.load)).toEqual(weights.map((weight) => weight * 2))
      }),
    )
  })
})

describe('skill_based', () => {
  it('takes the best fit, and the least loaded among equals', () => {
    const level = (name: string, of: number) => ({ skills: [{ name, level: of }] })
    const desk = new Desk(
      team('skill_based', {
        expert: level('German', 5),
        other: level('German', 5),
        fluent: level('German', 3),
        none: level('French', 5),
      }),
    )
    const german = [{ name: 'German', level: 2 }]
    expect([desk.give(german), desk.give(german), desk.give(german)]).toEqual(['expert', 'other', 'expert'])
    expect(why(desk, german)).toEqual({
      other: 'best_fit',
      expert: 'more_loaded',
      fluent: 'weaker_fit',
      none: 'missing_skill',
    })
    expect(desk.choose().agentId).toBe('fluent')
  })
})

describe('a decision that is made again', () => {
  it('gets the same answer, and takes no other turn', () => {
    const desk = new Desk(team('round_robin', some(3)))
    const directory = directoryOf(desk.plan)
    const department = directory.department('support')!
    const request = { directory, department, now: NOW, requiredSkills: [], loads: desk.loads }
    const again = chooseAgent({ ...request, turns: { last: 'a000' }, preferred: 'a000' })
    expect(again).toMatchObject({ agentId: 'a000', turns: { last: 'a000' } })
    expect(again.candidates.map(({ agentId }) => agentId).toSorted()).toEqual(names(3))
    const gone = chooseAgent({ ...request, turns: { last: 'a000' }, preferred: 'gone' })
    expect(gone).toMatchObject({ agentId: 'a001', turns: { last: 'a001' } })
  })
})

describe('when somebody may be able to get a ticket by time alone', () => {
  const change = (agents: Agents, more: DirectoryPlan['departments'][string] = {}) => {
    const directory = directoryOf(team('round_robin', agents, more))
    return nextChange(directory, directory.department('support')!, NOW)
  }
  const hours = (from: string) => ({
    timeZone: 'UTC',
    mon: { intervals: [{ from, to: '18:00' }] },
    holidays: [],
  })

  it('is never where nothing depends on the time, or all are there', () => {
    expect(change(some(2, { presence: 'offline' }))).toBeNull()
    expect(change(some(2, { schedule: hours('08:00') }), { hours: hours('08:00') })).toBeNull()
  })

  it('is when the first of hours, shifts, leaves and delegations begins or ends', () => {
    const leave = [{ from: '2026-03-01T00:00:00.000Z', until: '2026-03-02T12:00:00.000Z' }]
    expect(change(some(1), { hours: hours('10:00') })?.slice(0, 19)).toBe('2026-03-02T10:00:00')
    expect(change({ ana: { leave }, bob: { schedule: hours('14:00') } })).toBe('2026-03-02T12:00:00.000Z')
    expect(change({ ana: { schedule: hours('11:00') }, bob: { leave } })?.slice(0, 19)).toBe(
      '2026-03-02T11:00:00',
    )
    const delegation = {
      toAgentId: 'bob',
      from: leave[0]!.from,
      until: '2026-03-02T09:30:00.000Z',
      mode: 'tickets',
    }
    expect(change({ ana: { delegation, leave }, bob: {} })).toBe('2026-03-02T09:30:00.000Z')
  })
})
