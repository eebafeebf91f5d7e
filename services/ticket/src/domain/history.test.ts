import type { Entry } from '@onus/workflows-contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { intervals, responsibilityAt } from './history.ts'

const AT = Date.parse('2026-03-01T09:00:00.000Z')
const moment = (minutes: number): string => new Date(AT + minutes * 60_000).toISOString()

function change(revision: number, minutes: number, agentId: string | null): Entry {
  return {
    sequence: revision + 1,
    at: moment(minutes),
    type: 'responsibility.changed',
    actor: { type: 'agent', id: 'ada', name: 'Ada' },
    cause: { type: 'claim' },
    to: { departmentId: 'billing', agentId },
    revision,
  }
}

const created: Entry = {
  sequence: 1,
  at: moment(0),
  type: 'created',
  actor: { type: 'system' },
  cause: { type: 'created' },
}

describe('responsibilityAt', () => {
  const entries = [created, change(1, 0, null), change(2, 5, 'ada'), change(3, 9, 'bob')]

  it('gives nobody before the ticket was created', () => {
    expect(responsibilityAt(entries, new Date(moment(-1)))).toBeNull()
  })

  it('counts the first moment of an interval in and the last one out', () => {
    expect(responsibilityAt(entries, new Date(moment(0)))).toMatchObject({ revision: 1, until: moment(5) })
    expect(responsibilityAt(entries, new Date(AT + 5 * 60_000 - 1))).toMatchObject({ revision: 1 })
    expect(responsibilityAt(entries, new Date(moment(5)))).toMatchObject({ agentId: 'ada', since: moment(5) })
  })

  it('leaves the last interval open', () => {
    const last = responsibilityAt(entries, new Date(moment(500)))
    expect(last).toMatchObject({ agentId: 'bob', revision: 3 })
    expect(last).not.toHaveProperty('until')
  })

  it('lets the higher revision count when moments are equal', () => {
    const twice = [created, change(1, 0, null), change(2, 5, 'ada'), change(3, 5, 'bob')]
    expect(responsibilityAt(twice, new Date(moment(5)))).toMatchObject({ agentId: 'bob', revision: 3 })
    expect(responsibilityAt(twice, new Date(moment(4)))).toMatchObject({ revision: 1, until: moment(5) })
  })

  it('tiles the whole life of any ticket', () => {
    const gaps = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(gaps, fc.nat({ max: 100 }), (steps, asked) => {
        const sum = (n: number) => steps.slice(1, n + 1).reduce((total, gap) => total + gap, 0)
        const log = steps.map((_, i) => change(i + 1, sum(i), `agent${i}`))
        const all = intervals(log)
        expect(all.map(({ until }) => until)).toEqual([...all.slice(1).map(({ since }) => since), undefined])
        const then = responsibilityAt(log, new Date(moment(asked)))
        const answers = all.filter(
          ({ since, until }) => since <= moment(asked) && (until === undefined || moment(asked) < until),
        )
        expect(answers).toEqual([then])
      }),
    )
  })
})
