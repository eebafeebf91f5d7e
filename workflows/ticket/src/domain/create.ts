import type { Actor, Cause, Holder, Priority } from '@onus/workflows-contract'
import { PRIORITIES } from '@onus/workflows-contract'
import { addContactMessage } from './conversation.ts'
import { type Decide, type Draft, SYSTEM, unknownReference } from './draft.ts'
import { type DirectoryFacts, type Facts, mayHold, type RuleAction, type RuleEffectFacts } from './facts.ts'

/** A new ticket: whose it is comes with it, so that it is nobody's at no moment. */
export const create: Decide<'create'> = (draft, command) => {
  const { facts, actor } = draft
  const { directory } = facts
  const named = command.departmentId !== undefined && directory.department(command.departmentId) !== undefined
  if (command.departmentId !== undefined && !named && command.departmentBy !== 'inbound_address')
    return unknownReference('departmentId', `There is no department ${command.departmentId}.`)

  const tags = [...new Set(command.tags)]
  const { channel, number, priority, contactId, followUpOf, automatic } = command
  draft.add({
    type: 'created',
    actor,
    cause: { type: 'created' },
    details: {
      channel,
      number,
      priority,
      tags,
      contactId,
      ...(followUpOf === undefined ? {} : { followUpOf }),
      ...(automatic === true ? { automatic: true } : {}),
    },
  })
  // The address's department may be gone by now; the mail still is somebody's.
  const first: Place = named
    ? placeBy(command.departmentId ?? '', command.departmentBy ?? 'assign', actor)
    : placeBy(directory.settings.defaultDepartmentId, 'default_department', SYSTEM)
  const ruled = applyRules(facts, first)
  const { to, by, cause } = ruled.place
  draft.add({ type: 'responsibility.changed', actor: by, cause, to, revision: 1 })
  for (const effect of ruled.effects) addRuleEntries(draft, effect)
  if (Object.keys(command.fields).length > 0)
    draft.add({
      type: 'fields.changed',
      actor,
      cause: { type: 'created' },
      details: { fields: Object.keys(command.fields) },
    })
  addContactMessage(draft, command.messageId, {
    cause: { type: automatic === true ? 'auto_reply' : 'created' },
    automatic: automatic === true,
  })
  return undefined
}

interface Place {
  to: Holder
  by: Actor
  cause: Cause
}

const placeBy = (
  departmentId: string,
  cause: 'assign' | 'inbound_address' | 'default_department',
  actor: Actor,
): Place => ({
  to: { departmentId, agentId: null },
  by: cause === 'assign' ? actor : SYSTEM,
  cause: { type: cause },
})

/** One rule's actions that took effect. */
interface Acted {
  effect: RuleEffectFacts
  actions: RuleAction[]
}

function applyRules(facts: Facts, first: Place): { place: Place; effects: Acted[] } {
  const { directory } = facts
  const effects = (facts.rules ?? []).filter((effect) => namesWhatExists(effect, directory))
  const department = firstNamed(effects, 'transfer', 'departmentId')
  const departmentId = department?.value ?? first.to.departmentId
  const agent = firstNamed(effects, undefined, 'agentId')
  const holder = agent !== undefined && mayHold(directory, agent.value, departmentId) ? agent : undefined

  const acted = effects
    .map((effect) => ({
      effect,
      actions: effect.actions.filter(({ type }) => {
        if (type === 'transfer') return department?.effect === effect || holder?.effect === effect
        if (type === 'assign') return holder?.effect === effect
        return OTHER_ACTIONS.has(type)
      }),
    }))
    .filter(({ actions }) => actions.length > 0)
  return { place: placeOf(directory, first, departmentId, holder, department), effects: acted }
}

/** What a rule can do to a new ticket besides saying whose it is. */
const OTHER_ACTIONS: ReadonlySet<string> = new Set(['set_priority', 'add_tags', 'remove_tags', 'stop'])

interface Named {
  effect: RuleEffectFacts
  value: string
}

function firstNamed(
  effects: readonly RuleEffectFacts[],
  type: string | undefined,
  parameter: 'departmentId' | 'agentId',
): Named | undefined {
  for (const effect of effects)
    for (const action of effect.actions) {
      const value = action[parameter]
      const moves = action.type === 'transfer' || action.type === 'assign'
      if (moves && (type === undefined || action.type === type) && typeof value === 'string' && value !== '')
        return { effect, value }
    }
  return undefined
}

function placeOf(
  directory: DirectoryFacts,
  first: Place,
  departmentId: string,
  holder: Named | undefined,
  department: Named | undefined,
): Place {
  if (directory.soloAgentId !== null)
    return {
      to: { departmentId, agentId: directory.soloAgentId },
      by: SYSTEM,
      cause: { type: 'solo_account' },
    }
  const rule = (holder ?? department)?.effect
  if (rule === undefined) return first
  const { ruleId, version, ruleName } = rule
  return {
    to: { departmentId, agentId: holder?.value ?? null },
    by: SYSTEM,
    cause: { type: 'rule', ruleId, version, ruleName },
  }
}

/** A rule that names a department or an agent that is gone does nothing, rather than half of it. */
function namesWhatExists({ actions }: RuleEffectFacts, directory: DirectoryFacts): boolean {
  return actions.every(({ type, departmentId, agentId }) => {
    if (type !== 'transfer' && type !== 'assign') return true
    const departmentThere =
      typeof departmentId !== 'string' ||
      departmentId === '' ||
      directory.department(departmentId) !== undefined
    const agentThere =
      typeof agentId !== 'string' || agentId === '' || directory.agent(agentId)?.status === 'active'
    return departmentThere && agentThere
  })
}

function addRuleEntries(draft: Draft, { effect, actions }: Acted): void {
  const { ruleId, version, ruleName } = effect
  const actor = SYSTEM
  const cause: Cause = { type: 'rule', ruleId, version, ruleName }
  draft.add({
    type: 'rule.applied',
    actor,
    cause,
    details: { ruleId, version, ruleName, actions: actions.map(({ type }) => type) },
  })
  for (const action of actions) {
    const { state } = draft
    if (action.type === 'set_priority') {
      const priority = PRIORITIES.find((known): known is Priority => known === action.priority)
      if (priority !== undefined && priority !== state.priority)
        draft.add({ type: 'priority.changed', actor, cause, from: state.priority, to: priority })
    }
    const tags = strings(action.tags)
    const added = action.type === 'add_tags' ? tags.filter((tag) => !state.tags.includes(tag)) : []
    const removed = action.type === 'remove_tags' ? tags.filter((tag) => state.tags.includes(tag)) : []
    if (added.length > 0 || removed.length > 0)
      draft.add({ type: 'tags.changed', actor, cause, details: { added, removed } })
  }
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? [...new Set(value.filter((item): item is string => typeof item === 'string'))] : []
