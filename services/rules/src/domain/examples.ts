import type { Facts } from './facts.ts'
import { emptyRules, type Rule, type RulesState } from './model.ts'
import { createRule, type RuleInput, type SaveContext } from './rules.ts'

/** Rules and a directory for tests. */

const DEPARTMENTS: Record<string, string[]> = { support: ['anna', 'bob'], billing: ['anna'] }
const AGENTS: Record<string, string> = { anna: 'active', bob: 'active', sue: 'suspended', rob: 'removed' }

export const FACTS: Facts = {
  now: new Date('2026-03-02T10:00:00.000Z'),
  defaultDepartmentId: 'support',
  department: (id) => (id in DEPARTMENTS ? { name: id } : undefined),
  agent: (id) => (id in AGENTS ? { name: id, status: AGENTS[id]! } : undefined),
  isMember: (agentId, departmentId) => DEPARTMENTS[departmentId]?.includes(agentId) ?? false,
  hasTemplate: (id) => id === 'hello',
  hasWebhook: (id) => id === 'hook',
}

export const SAVE: SaveContext = {
  by: { type: 'agent', id: 'olga', name: 'Olga' },
  now: '2026-03-02T10:00:00.000Z',
  names: FACTS,
}

export const exampleRule = (more: RuleInput = {}): RuleInput => ({
  name: 'A rule',
  trigger: { type: 'ticket_created' },
  conditions: [],
  actions: [{ type: 'stop' }],
  ...more,
})

/** Rules with the ids r1, r2, … */
export const exampleRules = (...inputs: RuleInput[]): RulesState =>
  inputs.reduce(
    (state, input, at) => createRule(state, `r${at + 1}`, exampleRule(input), SAVE),
    emptyRules('acme'),
  )

/** Rules as they may have been stored, whatever they name. */
export const storedRules = (...rules: Partial<Rule>[]): RulesState => ({
  ...emptyRules('acme'),
  version: 1,
  rules: rules.map((rule, at) => ({
    id: `r${at + 1}`,
    active: true,
    name: `r${at + 1}`,
    notes: '',
    trigger: { type: 'ticket_created' },
    conditions: [],
    actions: [],
    version: 1,
    updatedAt: SAVE.now,
    updatedBy: SAVE.by,
    ...rule,
  })),
})

/** What a refusal was. */
export function refusal(work: () => unknown): { reason?: string; fields: string[]; messages: string[] } {
  try {
    work()
  } catch (error) {
    const { reason, errors = [] } = error as { reason: string; errors?: { field: string; message: string }[] }
    return {
      reason,
      fields: errors.map(({ field }) => field),
      messages: errors.map(({ message }) => message),
    }
  }
  return { fields: [], messages: [] }
}
