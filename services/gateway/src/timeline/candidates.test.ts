import { describe, expect, it } from 'vitest'
import { type Names, type RenderableEntry, renderEntry } from './render.ts'

const people: Record<string, string> = {
  ana: 'Ana',
  bob: 'Bob',
  cem: 'Cem',
  dan: 'Dan',
  eva: 'Eva',
  fay: 'Fay',
  gus: 'Gus',
}
const names: Names = {
  agent: (id) => people[id],
  department: (id) => ({ billing: 'Billing', support: 'Support' })[id],
}
const told = (entry: Partial<RenderableEntry>, language = 'en'): string =>
  renderEntry(
    {
      type: 'distribution.no_eligible_agent',
      actor: { type: 'system' },
      cause: { type: 'distribution' },
      ...entry,
    },
    names,
    { language, timeZone: 'UTC' },
  )
const passed = (agentId: string, reason: string, more: object = {}) => ({
  agentId,
  outcome: 'passed_over',
  reason,
  ...more,
})
const given = (candidates: object[]): Partial<RenderableEntry> => ({
  type: 'responsibility.changed',
  to: { departmentId: 'billing', agentId: 'ana' },
  revision: 1,
  details: { occasion: 'new', candidates },
})
const ana = { agentId: 'ana', outcome: 'chosen', reason: 'next_in_turn' }

describe('an entry of distribution', () => {
  it('says who was chosen, why, and why the others were not', () => {
    const entry = given([ana, passed('bob', 'offline'), passed('cem', 'at_capacity', { capacity: 3 })])
    expect(told(entry)).toBe(
      'The distribution of Billing chose Ana: next in turn. Passed over: Bob (offline), Cem (has as many as fit, 3).',
    )
    expect(told(entry, 'fr')).toBe(
      'La distribution de Billing a choisi Ana : c’est son tour. Écartés : Bob (hors ligne), Cem (a autant de tickets que possible, 3).',
    )
  })

  it('says so much when nobody else was looked at, or when it was not kept', () => {
    expect(told(given([ana]))).toBe('The distribution of Billing chose Ana: next in turn.')
    expect(told({ ...given([]), details: {} })).toBe('The distribution of Billing chose Ana.')
  })

  it('names some of many', () => {
    const others = Object.keys(people)
      .slice(1)
      .map((id) => passed(id, 'away'))
    expect(told(given([ana, ...others]))).toContain('Eva (away), Fay (away) and 1 more.')
  })

  it('says who was looked at when it was nobody, what they lack, and where the ticket goes', () => {
    const candidates = [passed('bob', 'missing_skill', { skills: [{ name: 'German', level: 3 }] })]
    expect(told({ details: { departmentId: 'billing', candidates } })).toBe(
      'Nobody in Billing can get the ticket: Bob (lacks German 3).',
    )
    const details = { departmentId: 'billing', candidates: [], fallbackDepartmentId: 'support' }
    expect(told({ details })).toBe(
      'Nobody in Billing can get the ticket: it has no members. It goes on to Support.',
    )
    expect(told({ details }, 'fr')).toBe(
      'Personne dans Billing ne peut recevoir le ticket : il n’y a pas de membres. Il passe à Support.',
    )
  })

  it.each([
    'next_in_turn',
    'not_in_turn',
    'least_loaded',
    'more_loaded',
    'waited_longest',
    'waited_less',
    'best_fit',
    'weaker_fit',
    'department_closed',
    'suspended',
    'on_leave',
    'off_shift',
    'away',
    'offline',
    'delegated',
    'missing_skill',
    'at_capacity',
  ])('has words for %s', (reason) => {
    expect(told({ details: { departmentId: 'billing', candidates: [passed('bob', reason)] } })).not.toContain(
      '_',
    )
  })
})
