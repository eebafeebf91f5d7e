import type { Entry } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { rulesOf } from '../testing/rules.ts'
import { Story, SYSTEM_AUTHORITY, types } from '../testing/story.ts'
import type { Choice, Facts, SkillFacts } from './facts.ts'
import { awaitedBy } from './waiting.ts'

const ON = ['new', 'reopened']
const plan = (departments: DirectoryPlan['departments'] = {}): DirectoryPlan => ({
  departments: { billing: { distribution: { strategy: 'least_loaded', on: ON } }, sales: {}, ...departments },
  agents: {
    ana: { in: ['billing'] },
    bob: { in: ['billing', 'sales'] },
    boss: { role: 'admin' },
  },
})

const chosen = (agentId: string): Choice => ({
  agentId,
  strategy: 'least_loaded',
  candidates: [{ agentId, outcome: 'chosen', reason: 'least_loaded' }],
})
const nobody: Choice = {
  agentId: null,
  candidates: [{ agentId: 'ana', outcome: 'passed_over', reason: 'offline' }],
}

/** A story whose distribution answers this by department; what it was asked is kept. */
function told(answers: Record<string, Choice>, more: DirectoryPlan['departments'] = {}) {
  const story = new Story(plan(more))
  const asked: [string, string, readonly SkillFacts[]][] = []
  const choose: Facts['choose'] = (departmentId, occasion, skills) => {
    asked.push([departmentId, occasion, skills])
    return answers[departmentId] ?? nobody
  }
  story.choose = choose
  return { story, asked, answers }
}

const holders = (entries: readonly Entry[]): string[] =>
  entries.flatMap(({ type, to, cause }) =>
    type === 'responsibility.changed' && typeof to === 'object'
      ? [`${to.departmentId}/${to.agentId ?? '-'} ${cause.type}`]
      : [],
  )
const drain = { type: 'recheck', because: 'distribution' } as const

describe('a new ticket', () => {
  it('is the chosen one’s from its first revision on, and says why', () => {
    const { story } = told({ billing: chosen('ana') })
    story.create()
    expect(types(story.entries)).toEqual(['created', 'responsibility.changed', 'message.added'])
    expect(story.entries[1]).toMatchObject({
      actor: { type: 'system' },
      cause: { type: 'distribution' },
      to: { departmentId: 'billing', agentId: 'ana' },
      revision: 1,
      details: { occasion: 'new', candidates: [{ agentId: 'ana', outcome: 'chosen' }] },
    })
    expect(awaitedBy(story.ticket)).toBeNull()
  })

  it('is nobody’s when nobody can get it, and says who was looked at', () => {
    const { story } = told({})
    story.create()
    expect(types(story.entries)).toEqual([
      'created',
      'responsibility.changed',
      'message.added',
      'distribution.no_eligible_agent',
    ])
    expect(story.holder).toBe('billing/-')
    expect(story.entries[3]).toMatchObject({
      details: { departmentId: 'billing', occasion: 'new', reason: 'offline', candidates: nobody.candidates },
    })
    expect(story.ticket.noEligibleAgent).toEqual({ since: story.entries[3]?.at, reason: 'offline' })
    expect(awaitedBy(story.ticket)).toBe('any')
    story.expect({ type: 'claim' }, 'ana')
    expect(story.ticket.noEligibleAgent).toBeUndefined()
  })

  it('is left to people where the department is manual, or does not distribute new ones', () => {
    const { story, asked } = told({}, { billing: { distribution: { strategy: 'manual', on: ON } } })
    story.create()
    expect(story.holder).toBe('billing/-')
    const other = told({}, { billing: { distribution: { strategy: 'weighted', on: ['reopened'] } } })
    other.story.create()
    expect([...asked, ...other.asked]).toEqual([])
  })

  it('is the only agent’s before anybody is chosen', () => {
    const { story, asked } = told({ billing: chosen('ana') })
    story.plan.agents = { ana: {} }
    story.create()
    expect(story.cause).toEqual({ type: 'solo_account' })
    expect(asked).toEqual([])
  })

  it('goes where rules say first, with the skills that they require', () => {
    const { story, asked } = told(
      { sales: chosen('bob') },
      { sales: { distribution: { strategy: 'skill_based', on: ['new'] } } },
    )
    const skills = [{ name: 'German', level: 3 }]
    const actions = [
      { type: 'transfer', departmentId: 'sales' },
      { type: 'require_skills', skills },
    ]
    story.automation = rulesOf([{ id: 'r1', on: 'ticket_created', do: actions }])
    story.create()
    expect(holders(story.entries)).toEqual(['sales/bob distribution'])
    expect(asked).toContainEqual(['sales', 'new', skills])
    expect(story.ticket.requiredSkills).toEqual(skills)
  })

  it('is not anybody’s other than whom a rule names', () => {
    const { story, asked } = told({ billing: chosen('ana') })
    const actions = [{ type: 'assign', agentId: 'bob' }]
    story.automation = rulesOf([{ id: 'r1', on: 'ticket_created', do: actions }])
    story.create()
    expect(holders(story.entries)).toEqual(['billing/bob rule'])
    expect(asked).toEqual([])
  })

  it('waits in turn without a word when others wait longer', () => {
    const { story } = told({ billing: { ...chosen('ana'), agentId: null, queued: true } })
    story.create()
    expect(types(story.entries)).toEqual(['created', 'responsibility.changed', 'message.added'])
    expect(awaitedBy(story.ticket)).toBe('new')
  })
})

describe('the fallback', () => {
  const falls = (from: string, to: string, strategy = 'least_loaded'): DirectoryPlan['departments'] => ({
    [from]: { distribution: { strategy, on: ON, fallbackDepartmentId: to } },
  })

  it('gets what nobody can get', () => {
    const { story } = told({}, falls('billing', 'sales'))
    story.create()
    expect(holders(story.entries)).toEqual(['billing/- default_department', 'sales/- distribution'])
    expect(
      story.entries.find(({ type }) => type === 'distribution.no_eligible_agent')?.details,
    ).toMatchObject({
      fallbackDepartmentId: 'sales',
    })
    // People take it there; it waits for no distribution.
    expect(story.ticket.noEligibleAgent).toBeUndefined()
  })

  it('distributes by itself', () => {
    const departments = {
      ...falls('billing', 'sales'),
      sales: { distribution: { strategy: 'round_robin', on: ['new'] } },
    }
    const { story } = told({ sales: chosen('bob') }, departments)
    story.create()
    expect(holders(story.entries)).toEqual(['billing/- default_department', 'sales/bob distribution'])
  })

  it('ends where it has been before', () => {
    const { story } = told({}, { ...falls('billing', 'sales'), ...falls('sales', 'billing') })
    story.create()
    expect(holders(story.entries)).toEqual(['billing/- default_department', 'sales/- distribution'])
    const told_ = story.entries.filter(({ type }) => type === 'distribution.no_eligible_agent')
    expect(told_.map(({ details }) => [details?.departmentId, details?.fallbackDepartmentId])).toEqual([
      ['billing', 'sales'],
      ['sales', undefined],
    ])
    expect(story.ticket.noEligibleAgent?.reason).toBe('offline')
  })

  it('that is gone is none', () => {
    const { story } = told({}, falls('billing', 'gone'))
    story.create()
    expect(story.holder).toBe('billing/-')
  })
})

describe('a transfer', () => {
  const sales = (on: string[]) => ({ sales: { distribution: { strategy: 'round_robin', on } } })

  it('never assigns anybody, unless transferred tickets are distributed there', () => {
    const { story } = told({ billing: chosen('ana'), sales: chosen('bob') }, sales(ON))
    story.create()
    story.expect({ type: 'transfer', departmentId: 'sales' }, 'boss')
    expect(story.holder).toBe('sales/-')
    // Nor does the drain.
    expect(story.expect(drain, SYSTEM_AUTHORITY)).toEqual([])

    const other = told({ billing: chosen('ana'), sales: chosen('bob') }, sales([...ON, 'transferred']))
    other.story.create()
    const entries = other.story.expect({ type: 'transfer', departmentId: 'sales' }, 'boss')
    expect(holders(entries)).toEqual(['sales/- transfer', 'sales/bob distribution'])
    expect(entries.at(-1)?.details).toMatchObject({ occasion: 'transferred' })
  })

  it('to a named agent is as it says', () => {
    const { story, asked } = told({ billing: chosen('ana'), sales: chosen('ana') }, sales(['transferred']))
    story.create()
    asked.length = 0
    story.expect({ type: 'transfer', departmentId: 'sales', agentId: 'bob' }, 'boss')
    expect(story.holder).toBe('sales/bob')
    expect(asked).toEqual([])
  })
})

describe('a reopened ticket', () => {
  const reopened = (reopenPolicy: string, on: string[], answers: Record<string, Choice>) => {
    const billing = { reopenPolicy, distribution: { strategy: 'least_loaded', on } }
    const { story } = told({ billing: chosen('ana') }, { billing })
    story.create()
    story.expect({ type: 'resolve' }, 'ana')
    story.choose = (departmentId) => answers[departmentId] ?? nobody
    return { story, entries: story.expect({ type: 'reopen' }, 'boss') }
  }

  it('goes to whom the policy gives it, and else to whom the distribution chooses', () => {
    expect(reopened('keep', ON, { billing: chosen('bob') }).story.holder).toBe('billing/ana')
    const { story, entries } = reopened('department', ON, { billing: chosen('bob') })
    expect(story.holder).toBe('billing/bob')
    expect(holders(entries)).toEqual(['billing/- reopen_policy', 'billing/bob distribution'])
    expect(reopened('department', ['new'], { billing: chosen('bob') }).story.holder).toBe('billing/-')
  })

  it('is given out again in one change when the policy says so, whatever else is distributed', () => {
    const { story, entries } = reopened('redistribute', ['new'], { billing: chosen('bob') })
    expect(holders(entries)).toEqual(['billing/bob distribution'])
    expect(story.ticket.responsibility.revision).toBe(2)
  })

  it('is nobody’s, once told, when nobody can get it', () => {
    const { story, entries } = reopened('redistribute', ON, {})
    expect(types(entries)).toEqual([
      'status.changed',
      'reopened',
      'responsibility.changed',
      'distribution.no_eligible_agent',
    ])
    expect(awaitedBy(story.ticket)).toBe('any')
  })
})

describe('the drain', () => {
  it('gives what waited to who can get it now, and says nothing when nobody can', () => {
    const { story, answers } = told({})
    story.create()
    expect(story.expect(drain, SYSTEM_AUTHORITY)).toEqual([])
    answers.billing = chosen('bob')
    const entries = story.expect(drain, SYSTEM_AUTHORITY)
    expect(holders(entries)).toEqual(['billing/bob distribution'])
    expect(entries[0]?.details).toMatchObject({ occasion: 'drain' })
    expect(story.ticket.noEligibleAgent).toBeUndefined()
    expect(story.expect(drain, SYSTEM_AUTHORITY)).toEqual([])
  })

  it('leaves what somebody released to people', () => {
    const { story } = told({ billing: chosen('ana') })
    story.create()
    story.expect({ type: 'release' }, 'ana')
    expect(story.holder).toBe('billing/-')
    expect(awaitedBy(story.ticket)).toBeNull()
    expect(story.expect(drain, SYSTEM_AUTHORITY)).toEqual([])
  })

  it('takes what came before distribution was turned on', () => {
    const { story } = told({ billing: chosen('ana') }, { billing: {} })
    story.create()
    expect(story.holder).toBe('billing/-')
    story.plan = plan()
    story.expect(drain, SYSTEM_AUTHORITY)
    expect(story.holder).toBe('billing/ana')
  })

  it('takes a ticket that comes back from being postponed when it comes back', () => {
    const { story, answers } = told({})
    story.create()
    story.expect({ type: 'postpone', until: '2026-03-03T09:00:00Z' }, 'boss')
    expect(awaitedBy(story.ticket)).toBeNull()
    answers.billing = chosen('ana')
    story.at('2026-03-03T09:00:00.000Z').tick()
    expect(story.holder).toBe('billing/ana')
  })
})
