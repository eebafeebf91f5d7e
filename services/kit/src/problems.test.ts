import { describe, expect, it } from 'vitest'
import {
  isReason,
  PROBLEMS,
  Problem,
  problemDocument,
  problemFromRefusal,
  problems,
  refusalFromProblem,
} from './problems.ts'

const current = {
  departmentId: 'billing',
  agentId: 'ann',
  revision: 3,
  since: '2026-01-01T00:00:00.000Z',
  actor: { type: 'agent' as const, id: 'ann', name: 'Ann' },
  cause: { type: 'claim' as const },
}

describe('problems', () => {
  it('are documented, each with a status, a gRPC code and a sentence', () => {
    for (const [reason, { status, title, grpc, doc }] of Object.entries(PROBLEMS)) {
      expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(grpc).toBeGreaterThan(0)
      expect(title).not.toBe('')
      expect(doc).toMatch(/\.$/)
    }
  })

  it('become a problem document with the current responsibility', () => {
    const problem = new Problem('already-claimed', 'Ann has it since 09:12.', { current })
    expect(problemDocument(problem)).toEqual({
      type: 'https://onus.dev/problems/already-claimed',
      title: 'Already claimed',
      status: 409,
      detail: 'Ann has it since 09:12.',
      current,
    })
  })

  it('tell nothing of an error that is no problem', () => {
    const document = problemDocument(new Error('password=hunter2 at /srv/app.js'))
    expect(document).toMatchObject({ status: 500, detail: 'Something went wrong.' })
    expect(JSON.stringify(document)).not.toContain('hunter2')
  })

  it('name the field when there is only one', () => {
    expect(problems.invalid([{ field: 'subject', message: 'is too long' }]).detail).toBe(
      'subject: is too long',
    )
    expect(
      problems.invalid([
        { field: 'a', message: 'x' },
        { field: 'b', message: 'y' },
      ]).detail,
    ).toMatch(/^2 fields/)
  })

  it('do not repeat a huge id', () => {
    expect(problems.notFound('ticket', 'x'.repeat(10_000)).detail.length).toBeLessThan(150)
  })

  it('go to a domain refusal and back', () => {
    const refusal = {
      reason: 'stale-revision',
      detail: 'It is 3 now.',
      current,
      errors: [{ field: 'a', message: 'b' }],
    }
    expect(refusalFromProblem(problemFromRefusal(refusal))).toEqual(refusal)
    expect(problemFromRefusal({ reason: 'made-up', detail: '?' }).reason).toBe('internal')
    expect(isReason('toString')).toBe(false)
  })
})
