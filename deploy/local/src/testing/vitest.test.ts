import { describe, expect, it } from 'vitest'
import { add, count, describe as say } from './vitest.ts'

const file = (status: string, ...results: string[]) => ({
  status,
  assertionResults: results.map((each) => ({ status: each })),
})

describe('the counts of a run', () => {
  it('are those of its tests', () => {
    const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'failed', 'pending')] }
    expect(count(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 1 })
  })

  it('count a file that could not be loaded as a failure', () => {
    expect(count({ testResults: [file('passed', 'passed'), file('failed')] }, 1)).toMatchObject({ failed: 1 })
  })

  it('count a run that failed without saying where, or without a report', () => {
    expect(count({ testResults: [file('passed', 'passed')] }, 1)).toMatchObject({ passed: 1, failed: 1 })
    expect(count(null, 1)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('add up to one plain line', () => {
    const sum = add({ passed: 2, failed: 0, skipped: 0 }, { passed: 1, failed: 1, skipped: 0 })
    expect(say(sum)).toBe('3 passed, 1 failed')
    expect(say({ ...sum, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped')
  })
})
