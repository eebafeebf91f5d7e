import { createIntl } from 'react-intl'
import { describe, expect, it } from 'vitest'
import { filterQuery, matches } from '../api/filter.ts'
import type { Ticket } from '../api/types.ts'
import type { Flow } from './data.ts'
import { durationParts, formatDuration } from './durations.ts'
import { readFilter, ticketsHref } from './links.ts'
import { addDays, daysIn, isPeriod, readPeriod, today } from './period.ts'
import { placeFlows } from './sankey.ts'
import { durationScale } from './scale.ts'

describe('a period', () => {
  it('is the last 30 days unless the address says another one that there is', () => {
    const day = '2026-03-31'
    expect(readPeriod('', day)).toEqual({ since: '2026-03-02', until: day, days: 30 })
    expect(readPeriod('days=7', day)).toEqual({ since: '2026-03-25', until: day, days: 7 })
    expect(readPeriod('days=8', day).days).toBe(30)
    const own = { since: '2026-01-01', until: '2026-01-31', days: null }
    expect(readPeriod('since=2026-01-01&until=2026-01-31', day)).toEqual(own)
    expect(readPeriod('since=2026-02-01&until=2026-01-31', day).days).toBe(30)
  })

  it('has 1 to 366 days that exist', () => {
    expect(isPeriod('2028-01-01', '2028-12-31')).toBe(true)
    expect(isPeriod('2027-12-31', '2028-12-31')).toBe(false)
    expect(isPeriod('2026-01-01', null)).toBe(false)
    expect(daysIn({ since: '2026-02-27', until: addDays('2026-02-27', 2) })).toBe(3)
    expect(today('Asia/Tokyo', new Date('2026-03-01T20:00:00Z'))).toBe('2026-03-02')
  })
})

describe('a duration', () => {
  it.each([
    [0, [['second', 0]]],
    [59.6, [['second', 60]]],
    [
      90,
      [
        ['minute', 1],
        ['second', 30],
      ],
    ],
    [3599.9, [['minute', 60]]],
    [7199, [['hour', 2]]],
    [
      12_000,
      [
        ['hour', 3],
        ['minute', 20],
      ],
    ],
    [950_400, [['day', 11]]],
  ])('of %d seconds has its largest units', (seconds, expected) => {
    expect(durationParts(seconds)).toEqual(expected)
  })

  it('is said in the reader’s language', () => {
    const say = (locale: string) => formatDuration(createIntl({ locale }), 12_000)
    expect([say('en'), say('fr').replaceAll(/\s/g, ' ')]).toEqual(['3 hr 20 min', '3 h 20 min'])
  })
})

describe('a scale of durations', () => {
  it('has all of them between its first and its last tick', () => {
    const { ticks, place } = durationScale([70, 20_000])
    expect(ticks).toEqual([60, 300, 900, 3600, 14_400, 86_400])
    expect([place(60), place(86_400)]).toEqual([0, 1])
    expect(place(300)).toBeLessThan(place(900))
    expect(durationScale([]).ticks.length).toBeGreaterThan(0)
  })
})

describe('the link of a figure', () => {
  it('says the filter of the API, and is read back as the same', () => {
    const filter = { departmentId: 'd1', transferredFrom: 'a', transferredTo: 'b', noEligibleAgent: true }
    expect(readFilter(ticketsHref(filter).split('?')[1] ?? '')).toEqual(filter)
    expect(ticketsHref('/api/v1/tickets?unclaimedFrom=x')).toBe('/insight/tickets?unclaimedFrom=x')
    expect(filterQuery(filter)).toContain('transferredFrom=a')
  })

  it('leaves to the server what a ticket does not say of itself', () => {
    const ticket = { departmentId: 'd1', agentId: null, status: 'new', noEligibleAgent: 'offline' } as Ticket
    expect(matches({ noEligibleAgent: true }, ticket)).toBe(true)
    expect(matches({ noEligibleAgent: true }, { ...ticket, noEligibleAgent: undefined })).toBe(false)
    expect(matches({ unclaimedFrom: '2026-01-01T00:00:00Z' }, { ...ticket, agentId: 'ana' })).toBe(false)
    expect(matches({ transferredFrom: 'd2' }, ticket)).toBeNull()
  })
})

describe('the picture of flows', () => {
  const flow = (from: string, to: string, transfers: number, reopened = 0): Flow => ({
    ...{ fromDepartmentId: from, toDepartmentId: to, transfers, reopened },
  })

  it('has both directions, and what came back to the same department', () => {
    const { nodes, links, height } = placeFlows(
      [flow('a', 'b', 5, 1), flow('b', 'a', 3), flow('a', 'a', 0, 2)],
      800,
      150,
    )
    expect(links.map(({ key }) => key).sort()).toEqual([
      'a>a:reopened',
      'a>b:reopened',
      'a>b:transfers',
      'b>a:transfers',
    ])
    const sumOf = (side: string) =>
      nodes.filter((node) => node.side === side).reduce((sum, { tickets }) => sum + tickets, 0)
    expect([sumOf('from'), sumOf('to')]).toEqual([11, 11])
    for (const { x, y, width, height: tall } of nodes) {
      expect(x).toBeGreaterThanOrEqual(150)
      expect(x + width).toBeLessThanOrEqual(650)
      expect(y + tall).toBeLessThanOrEqual(height)
    }
  })

  it('of nothing is nothing', () => {
    expect(placeFlows([], 800, 150)).toEqual({ nodes: [], links: [], height: 0 })
  })
})
