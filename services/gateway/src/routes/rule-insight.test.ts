import type { DryRun, StartDryRunRequest, Template } from '@onus/proto/onus/v1/rules'
import { describe, expect, it } from 'vitest'
import { fakeApp } from '../testing/fakes.ts'

const AT = '2026-03-01T10:00:00.000Z'
const RULE = { name: 'r', trigger: { type: 'ticket_created' }, actions: [{ type: 'stop' }] }
const RUN: DryRun = {
  id: 'd1',
  state: 'running',
  progress: 0.5,
  ticketsRead: 10,
  wouldDiffer: [],
  wouldDifferTotal: 0,
  notices: [],
  loops: [],
  load: [],
  unknown: [],
  startedAt: AT,
  startedBy: { type: 'agent', id: 'olga', name: 'Olga' },
  loopsTotal: 0,
}

describe('a dry run over HTTP', () => {
  it('is begun with rules as they are listed, and says where it is', async () => {
    let asked: StartDryRunRequest | undefined
    const startDryRun = async (request: StartDryRunRequest) => {
      asked = request
      return RUN
    }
    const { send } = fakeApp({ ruleInsight: { startDryRun } })
    const listed = { ...RULE, id: 'r1', position: 1, version: 3, updatedAt: AT, updatedBy: { type: 'agent' } }
    const json = { rules: [listed, RULE], since: AT, limit: 5 }
    const answer = await send('POST', '/rules/dry-run', { as: 'owner', json })
    expect([answer.status, answer.headers.get('location')]).toEqual([202, '/api/v1/rules/dry-run/d1'])
    expect(answer.body).toMatchObject({ id: 'd1', state: 'running', progress: 0.5 })
    expect(asked).toMatchObject({ since: AT, until: '', limit: 5 })
    expect(asked?.rules.map(({ id, version, position }) => [id, version, position])).toEqual([
      ['r1', 3, 1],
      ['', 0, 0],
    ])
  })

  it('is read and cancelled by its id', async () => {
    const cancelled: string[] = []
    const { send } = fakeApp({
      ruleInsight: {
        getDryRun: async ({ id }) => ({ ...RUN, id }),
        cancelDryRun: async ({ id }) => {
          cancelled.push(id)
          return {}
        },
      },
    })
    expect((await send('GET', '/rules/dry-run/d2', { as: 'owner' })).body.id).toBe('d2')
    expect((await send('DELETE', '/rules/dry-run/d2', { as: 'owner' })).status).toBe(204)
    expect(cancelled).toEqual(['d2'])
  })

  it('is refused with the path of what is wrong', async () => {
    const { send } = fakeApp()
    const json = { rules: [{ ...RULE, actions: [] }], limit: 0 }
    const answer = await send('POST', '/rules/dry-run', { as: 'owner', json })
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'rules[0].actions',
      'limit',
    ])
  })
})

it('an explanation names the rule, the ticket and each condition', async () => {
  const { send } = fakeApp({
    ruleInsight: {
      explain: async ({ ruleId, ticketId }) => ({
        ruleId,
        version: 1,
        matched: false,
        reason: 'conditions',
        detail: `of ${ticketId}`,
        conditions: [[{ field: 'subject', op: 'is', value: 'x', result: false }]],
        applied: [],
      }),
    },
  })
  const answer = await send('GET', '/rules/r1/explain?ticketId=t1', { as: 'agent' })
  expect(answer.body).toEqual({
    ruleId: 'r1',
    version: 1,
    matched: false,
    reason: 'conditions',
    detail: 'of t1',
    conditions: [[{ field: 'subject', op: 'is', value: 'x', result: false }]],
    applied: [],
  })
  expect((await send('GET', '/rules/r1/explain', { as: 'agent' })).status).toBe(400)
})

it('the subject of a template is removed by null', async () => {
  const made: Template = { id: 't1', name: 'n', body: 'b', createdAt: AT, updatedAt: AT }
  let mask: string[] | undefined
  const { send } = fakeApp({
    templates: {
      updateTemplate: async ({ updateMask }) => {
        mask = updateMask
        return made
      },
    },
  })
  const answer = await send('PATCH', '/templates/t1', { as: 'owner', json: { subject: null } })
  expect([answer.status, mask]).toEqual([200, ['subject']])
  expect(answer.body).toEqual({ id: 't1', name: 'n', body: 'b', createdAt: AT, updatedAt: AT })
})
