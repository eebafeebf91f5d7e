import type { Caller } from '@onus/kit/caller'
import type { CallContext } from '@onus/kit/grpc'
import { expect, it } from 'vitest'
import { auditHandlers } from './audit.ts'

const REQUEST = {
  id: 'rules:acme:1:0',
  at: '2026-03-02T10:00:00.000Z',
  actor: { type: 'agent', id: 'olga', name: 'Olga' },
  action: 'rule.updated',
  entityId: 'r1',
  fields: ['name'],
}

function record(type: Caller['type']) {
  const added: unknown[] = []
  const accounts = { audit: async (...entry: unknown[]) => void added.push(entry) }
  const caller: Caller = { type, accountId: 'acme', id: 'x', name: 'x', role: 'owner', scopes: [] }
  const { recordAudit } = auditHandlers({ accounts: accounts as never })
  return { added, answer: recordAudit(REQUEST, { caller } as CallContext) }
}

it('services of ours write into the audit of an account, under an identity of their own', async () => {
  const { added, answer } = record('system')
  await answer
  const { id, at, actor, action, entityId, fields } = REQUEST
  expect(added).toEqual([['acme', actor, action, entityId, fields, { id, at }]])
})

it.each(['agent', 'api_client', 'operator'] as const)('no %s does', async (type) => {
  const { added, answer } = record(type)
  await expect(answer).rejects.toMatchObject({ reason: 'forbidden' })
  expect(added).toEqual([])
})
