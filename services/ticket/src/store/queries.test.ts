import { assertCovered } from '@onus/kit/mongo'
import { describe, expect, it } from 'vitest'
import type { ListScope } from '../domain/visibility.ts'
import { sweepFilter } from '../worker/sweep.ts'
import { QUERIES } from './queries.ts'
import { assignedFilter, listFilter, type TicketFilter, unassignedFilter } from './tickets.ts'

type Fields = Record<string, unknown>

/** The branches of a filter, each as the fields that it compares for equality. */
function branches(filter: Fields): string[][] {
  const { $and = [], ...common } = filter as Fields & { $and?: Fields[] }
  let alternatives: Fields[] = [common]
  for (const part of $and) {
    const choices = (part.$or as Fields[] | undefined) ?? [part]
    alternatives = alternatives.flatMap((fields) => choices.map((choice) => ({ ...fields, ...choice })))
  }
  return alternatives.map((fields) =>
    Object.keys(fields)
      .filter((name) => isEquality(fields[name]))
      .sort(),
  )
}

function isEquality(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.keys(value).every((operator) => operator === '$in' || operator === '$all')
}

const shapes = Object.values(QUERIES).map(({ filter }) => [...filter].sort().join())

function unplanned(filter: Fields): string[] {
  return branches(filter)
    .filter((fields) => !fields.includes('terms') && !fields.includes('marks'))
    .map((fields) => fields.join())
    .filter((fields) => !shapes.includes(fields))
}

const scopes: ListScope[] = [
  { kind: 'all' },
  { kind: 'departments', departmentIds: ['billing', 'sales'], agentId: 'ada' },
]
const filters: TicketFilter[] = [{}, { departmentId: 'billing' }, { departmentId: 'legal' }].flatMap(
  (department) =>
    [{ agentId: undefined }, { agentId: null }, { agentId: 'ada' }, { agentId: 'bob' }].flatMap((agent) =>
      [
        {},
        { terms: ['invoice'] },
        { marks: ['moved:a>b'] },
        ...(agent.agentId === null ? [{ unclaimed: { from: '2026' } }, { noEligibleAgent: true }] : []),
      ].map((more) => ({ ...department, ...agent, ...more, statuses: ['new'] as const })),
    ),
)
const pages = [undefined, { updatedAt: '2026-01-01T00:00:00.000Z', key: 'acme:t1' }]

describe('queries', () => {
  it('have an index each', () => {
    expect(() => assertCovered(QUERIES)).not.toThrow()
  })

  it('are all that the ticket list asks, whoever asks for whatever', () => {
    for (const scope of scopes)
      for (const filter of filters)
        for (const after of pages) {
          expect(unplanned(listFilter('acme', scope, filter, after) as Fields)).toEqual([])
        }
  })

  it('are all that To solve asks', () => {
    expect(unplanned(unassignedFilter('acme', ['billing']) as Fields)).toEqual([])
    expect(unplanned(assignedFilter('acme', 'ada') as Fields)).toEqual([])
  })

  it('are all that a sweep asks', () => {
    const command = { type: 'recheck', because: 'settings' } as const
    const scopes = [
      { all: true },
      { departmentId: 'billing' },
      { agentId: 'ada' },
      { agentId: 'ada', departmentId: 'billing' },
      { agentId: 'ada', statuses: ['new' as const, 'open' as const] },
      { movedBy: { offboardingId: 'o1' } },
      { movedBy: { delegationId: 'd1' } },
    ]
    for (const scope of scopes)
      for (const page of [{}, { after: 'acme:t1' }]) {
        const input = { accountId: 'acme', scope, command, sweepId: 's', pass: 1, ...page }
        expect(unplanned(sweepFilter(input) as Fields)).toEqual([])
      }
  })
})
