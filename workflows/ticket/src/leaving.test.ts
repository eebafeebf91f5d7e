import { describe, expect, it } from 'vitest'
import { addGiven, afterPage, firstStep, type MovedPage } from './leaving.ts'

const page = (more: Partial<MovedPage> = {}): MovedPage => ({
  tickets: 2,
  moved: 2,
  failures: 0,
  given: {},
  ...more,
})

describe('a walk over the tickets of somebody who leaves', () => {
  it('goes through the pages, and looks a second time', () => {
    const second = afterPage(firstStep(), page({ after: 't2' }))
    expect(second).toEqual({ pass: 1, after: 't2', failures: 0 })
    const again = afterPage(second!, page())
    expect(again).toEqual({ pass: 2, failures: 0 })
    expect(afterPage(again!, page({ tickets: 0 }))).toBeNull()
  })

  it('tries again what could not be decided, until nothing is left', () => {
    const failed = afterPage({ pass: 2, failures: 0 }, page({ after: 't2', failures: 1 }))
    expect(failed).toEqual({ pass: 2, after: 't2', failures: 1 })
    const third = afterPage(failed!, page())
    expect(third).toEqual({ pass: 3, failures: 0 })
    expect(afterPage(third!, page())).toBeNull()
  })
})

it('counts what somebody got in all pages, and keeps the first ticket', () => {
  const given = (tickets: number, ticketId: string) => ({
    bea: { tickets, ticketId, departmentId: 'billing', sequence: 4 },
  })
  expect(addGiven(addGiven({}, given(2, 't1')), given(3, 't9'))).toEqual(given(5, 't1'))
})
