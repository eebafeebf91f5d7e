import { assertCovered, type QueryShape } from '@onus/kit/mongo'
import { describe, expect, it } from 'vitest'
import type { ListScope } from '../domain/visibility.ts'
import { sweepFilter } from '../worker/sweep.ts'
import { QUERIES } from './queries.ts'
import { assignedFilter, type ListOrder, listFilter, type TicketFilter, unassignedFilter } from './tickets.ts'

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

const shapes: readonly QueryShape[] = Object.values(QUERIES)

/** @param sort the field that the answer is in the order of */
function unplanned(filter: Fields, sort?: string): string[] {
  const planned = shapes
    .filter((shape) => sort === undefined || Object.keys(shape.sort ?? {})[0] === sort)
    .map((shape) => [...shape.filter].sort().join())
  return branches(filter)
    .filter((fields) => !fields.includes('terms') && !fields.includes('marks'))
    .map((fields) => fields.join())
    .filter((fields) => !planned.includes(fields))
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
        { marks: [['moved:a>b'], ['resolved@2026-03-01', 'resolved@2026-03-02']] },
        ...(agent.agentId === null ? [{ unclaimed: { from: '2026' } }, { noEligibleAgent: true }] : []),
      ].map((more) => ({ ...department, ...agent, ...more, statuses: ['new'] as const })),
    ),
)
const pages = [undefined, { value: '2026-01-01T00:00:00.000Z', key: 'acme:t1' }]
const orders: ListOrder[] = (
  ['updatedAt', 'createdAt', 'responsibility.since', 'subjectKey'] as const
).flatMap((field) => [true, false].map((down) => ({ field, down })))

describe('queries', () => {
  it('have an index each', () => {
    expect(() => assertCovered(QUERIES)).not.toThrow()
  })

  it('are all that the ticket list asks, whoever asks for whatever', () => {
    for (const scope of scopes)
      for (const filter of filters)
        for (const after of pages)
          for (const order of orders) {
            const asked = listFilter('acme', scope, filter, after, order) as Fields
            expect(unplanned(asked, order.field)).toEqual([])
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
