import type { Who } from './access.ts'
import { createAccount } from './account.ts'
import type { Agent, Department, DirectoryState } from './model.ts'

/** An account for tests: one owner, one department, and whoever else is asked for. */

export const NOW = '2026-03-02T10:00:00.000Z'

export const exampleAccount = (): DirectoryState =>
  createAccount(
    { name: 'Acme', owner: { name: 'Olga', email: 'olga@example.com' } },
    {
      accountId: 'acme',
      ownerId: 'olga',
      departmentId: 'support',
      apiKey: { id: 'key', name: 'Owner', agentId: 'olga', scopes: [], createdAt: NOW, hint: 'onus_abcd' },
      now: NOW,
    },
  )

export const exampleAgent = (id: string, more: Partial<Agent> = {}): Agent => ({
  id,
  name: id,
  email: `${id}@example.com`,
  role: 'agent',
  locale: 'en',
  timeZone: 'UTC',
  skills: [],
  memberships: [],
  status: 'active',
  presence: 'offline',
  createdAt: NOW,
  leave: [],
  ...more,
})

export const exampleDepartment = (id: string, more: Partial<Department> = {}): Department => ({
  id,
  name: id,
  reopenPolicy: 'keep_if_available',
  onlyOwnerAnswers: false,
  membersMayTakeOver: false,
  addresses: [],
  distribution: { strategy: 'manual', on: [] },
  createdAt: NOW,
  ...more,
})

/** An owner, an admin and an agent, in two departments. */
export function exampleTeam(): DirectoryState {
  const account = exampleAccount()
  return {
    ...account,
    departments: [...account.departments, exampleDepartment('billing')],
    agents: [
      ...account.agents,
      exampleAgent('adam', { role: 'admin', memberships: [{ departmentId: 'support' }] }),
      exampleAgent('anna', { memberships: [{ departmentId: 'support' }, { departmentId: 'billing' }] }),
    ],
  }
}

const agentWho = (id: string, role: 'owner' | 'admin' | 'agent'): Who => ({
  type: 'agent',
  id,
  name: id,
  role,
  scopes: [],
})

export const WHO = {
  owner: agentWho('olga', 'owner'),
  admin: agentWho('adam', 'admin'),
  agent: agentWho('anna', 'agent'),
  client: (...scopes: string[]): Who => ({ type: 'api_client', id: 'client', name: 'client', scopes }),
  operator: { type: 'operator', id: 'operator', name: 'operator', scopes: [] } satisfies Who,
  system: { type: 'system', id: 'ticket', name: 'ticket', scopes: [] } satisfies Who,
}

/** What a refusal was, for `expect(refusal(() => …)).toMatchObject(…)`. */
export function refusal(work: () => unknown): { reason?: string; fields: string[]; detail?: string } {
  try {
    work()
  } catch (error) {
    const { reason, detail, errors } = error as {
      reason: string
      detail: string
      errors?: { field: string }[]
    }
    return { reason, detail, fields: (errors ?? []).map(({ field }) => field) }
  }
  return { fields: [] }
}
