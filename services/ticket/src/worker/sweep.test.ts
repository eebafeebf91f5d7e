import type { SweepInput } from '@onus/workflows-contract'
import { expect, it } from 'vitest'
import { sweepFilter } from './sweep.ts'

const input = (scope: SweepInput['scope'], after?: string) => ({
  accountId: 'acme',
  scope,
  sweepId: 's1',
  command: { type: 'recheck', because: 'settings' } as const,
  pass: 1,
  after,
})
const atWork = { status: { $in: ['new', 'open', 'answered', 'postponed', 'resolved'] } }

it('asks for the tickets that a change can touch, a page at a time', () => {
  const there = { status: { $ne: 'deleted' } }
  expect(sweepFilter(input({ agentId: 'ana' }))).toEqual({ accountId: 'acme', agentId: 'ana', ...there })
  expect(sweepFilter(input({ agentId: 'ana', departmentId: 'billing' }, 'acme:t9'))).toEqual({
    accountId: 'acme',
    agentId: 'ana',
    departmentId: 'billing',
    ...there,
    _id: { $gt: 'acme:t9' },
  })
  expect(sweepFilter(input({ agentId: 'ana', statuses: ['new', 'open'] }))).toEqual({
    accountId: 'acme',
    agentId: 'ana',
    status: { $in: ['new', 'open'] },
  })
  expect(sweepFilter(input({ departmentId: 'billing' }))).toEqual({
    accountId: 'acme',
    departmentId: 'billing',
    ...atWork,
  })
  expect(sweepFilter(input({ all: true }))).toEqual({ accountId: 'acme', ...atWork })
})

it('asks for what an operation moved, and nobody has moved since', () => {
  expect(sweepFilter(input({ movedBy: { offboardingId: 'o1' } }))).toEqual({
    accountId: 'acme',
    'responsibility.cause.offboardingId': 'o1',
    'responsibility.cause.undone': { $ne: true },
  })
  expect(sweepFilter(input({ movedBy: { delegationId: 'd1' } }))).toEqual({
    accountId: 'acme',
    'responsibility.cause.delegationId': 'd1',
    'responsibility.cause.ended': { $ne: true },
  })
})
