import type { Entry, LogDocument } from '@onus/workflows-contract'
import { expect, it } from 'vitest'
import { observeBroken, observeRules } from './automation-metrics.ts'

const entry = (type: Entry['type'], details: Record<string, unknown>): Entry => ({
  sequence: 1,
  at: '2026-03-02T09:00:00.000Z',
  type,
  actor: { type: 'system' },
  cause: { type: 'rule', ruleId: 'r1', version: 2 },
  details,
})
const document = (...entries: Entry[]): LogDocument => ({
  _id: 'acme:t1:4',
  accountId: 'acme',
  ticketId: 't1',
  commandNumber: 4,
  commandId: 'c4',
  commandType: 'transfer',
  at: '2026-03-02T09:00:00.000Z',
  entries,
})
const logTo = (lines: unknown[]) => ({ warn: (...line: unknown[]) => void lines.push(line) }) as never

it('a loop that was stopped is warned of, with what somebody needs to find the rule', () => {
  const lines: unknown[] = []
  observeRules(document(entry('rule.applied', { trigger: 'tags_changed' })), logTo(lines))
  expect(lines).toEqual([])
  observeRules(document(entry('rule.loop_stopped', { ruleId: 'r1', version: 2, depth: 10 })), logTo(lines))
  expect(lines).toEqual([
    [
      { accountId: 'acme', ticketId: 't1', ruleId: 'r1', version: 2, depth: 10 },
      'rules set each other off and were stopped',
    ],
  ])
})

it('a broken rule is warned of with the reason', () => {
  const lines: unknown[] = []
  observeBroken({ accountId: 'acme', ticketId: 't1' }, { ruleId: 'r1', broken: 'It is gone.' }, logTo(lines))
  expect(lines).toEqual([
    [{ accountId: 'acme', ticketId: 't1', ruleId: 'r1', reason: 'It is gone.' }, 'a broken rule was skipped'],
  ])
})
