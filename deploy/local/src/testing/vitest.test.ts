import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../paths.ts'
import { add, count, remarks, describe as say } from './vitest.ts'

const file = (status: string, ...results: string[]) => ({
  name: join(ROOT, 'services/some.test.ts'),
  status,
  message: 'Hook timed out\n  at line 1',
  assertionResults: results.map((each) => ({
    status: each.replace('again', 'passed'),
    fullName: `does it (${each})`,
    failureMessages: each === 'passed' ? [] : ['expected 1 to be 2\n  at line 3'],
  })),
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

describe('what a run is to be asked about', () => {
  it('is each failed test, and each that was tried twice, by its file and its reason', () => {
    const report = { testResults: [file('failed', 'passed', 'failed', 'again'), file('passed', 'passed')] }
    expect(remarks(report)).toEqual([
      'failed: services/some.test.ts: does it (failed): expected 1 to be 2',
      'passed at the second attempt: services/some.test.ts: does it (again): expected 1 to be 2',
    ])
  })

  it('is a file whose hooks failed', () => {
    expect(remarks({ testResults: [file('failed', 'passed')] })).toEqual([
      'failed: services/some.test.ts: Hook timed out',
    ])
    expect(remarks(null)).toEqual([])
  })
})
