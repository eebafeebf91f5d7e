import type { Actor, Cause, Command, Entry, Holder } from '@onus/workflows-contract'
import { ask, ruleValues } from './automation.ts'
import { addContactMessage } from './conversation.ts'
import { choose, detailsOf, isDistributed } from './distribute.ts'
import { type Decide, SYSTEM, unknownReference } from './draft.ts'
import { applyRule, type Call, causeOf, skillsOf } from './effects.ts'
import {
  type DirectoryFacts,
  type Facts,
  mayHold,
  type RuleAction,
  type RuleEffectFacts,
  type SkillFacts,
} from './facts.ts'
import { instant } from './hours.ts'

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
  const calls = askRules(facts, command, first.to, tags)
  const ruled = placeByRules(facts, calls, first)
  const place = distributed(facts, ruled.place, requiredSkills(calls))
  const { to, by, cause, details } = place
  draft.add({
    type: 'responsibility.changed',
    actor: by,
    cause,
    to,
    revision: 1,
    ...(details === undefined ? {} : { details }),
  })
  if (Object.keys(command.fields).length > 0)
    draft.add({
      type: 'fields.changed',
      actor,
      cause: { type: 'created' },
      details: { fields: Object.keys(command.fields) },
    })
  const dueAt = command.dueAt === undefined ? null : instant(command.dueAt)
  if (dueAt !== null)
    draft.add({
      type: 'fields.changed',
      actor,
      cause: { type: 'created' },
      details: { fields: [], dueAt },
    })
  addContactMessage(draft, command.messageId, {
    cause: { type: automatic === true ? 'auto_reply' : 'created' },
    automatic: automatic === true,
  })
  for (const call of calls) applyRule(draft, { ...call, done: ruled.done })
  return undefined
}

/** What rules want of a ticket that is about to be there. */
function askRules(facts: Facts, command: Create, place: Holder, tags: string[]): Call[] {
  const { rules } = facts
  if (rules === undefined || !rules.events.has('ticket_created')) return []
  const { channel, number, priority, fields, messageId } = command
  const responsibility = place
  const values = ruleValues({ channel, number, priority, fields, tags, status: 'new', responsibility })
  return ask(rules, { trigger: 'ticket_created', values, messageId })
}

type Create = Extract<Command, { type: 'create' }>

interface Place {
  to: Holder
  by: Actor
  cause: Cause
  details?: Entry['details']
}

/** Whose it is when its department gives out new tickets, and somebody can get it. */
function distributed(facts: Facts, place: Place, skills: readonly SkillFacts[] | undefined): Place {
  const { departmentId, agentId } = place.to
  if (agentId !== null || !isDistributed(facts, departmentId, 'new')) return place
  const choice = choose(facts, departmentId, 'new', skills)
  if (!choice?.agentId) return place
  return {
    to: { departmentId, agentId: choice.agentId },
    by: SYSTEM,
    cause: { type: 'distribution' },
    details: detailsOf(choice, 'new'),
  }
}

/** What the rules say that an agent has to know. */
const requiredSkills = (calls: readonly Call[]): SkillFacts[] | undefined =>
  calls
    .flatMap(({ effect }) => effect.actions)
    .filter(({ type }) => type === 'require_skills')
    .map(({ skills }) => skillsOf(skills))
    .find((skills) => skills.length > 0)

const placeBy = (
  departmentId: string,
  cause: 'assign' | 'inbound_address' | 'default_department',
  actor: Actor,
): Place => ({
  to: { departmentId, agentId: null },
  by: cause === 'assign' ? actor : SYSTEM,
  cause: { type: cause },
})

/** Whose the ticket is by its rules, and the actions that said so. */
function placeByRules(
  facts: Facts,
  calls: readonly Call[],
  first: Place,
): { place: Place; done: ReadonlySet<RuleAction> } {
  const { directory } = facts
  const effects = calls.map(({ effect }) => effect).filter((effect) => namesWhatExists(effect, directory))
  const department = firstNamed(effects, 'transfer', 'departmentId')
  const departmentId = department?.value ?? first.to.departmentId
  const agent = firstNamed(effects, undefined, 'agentId')
  const holder = agent !== undefined && mayHold(directory, agent.value, departmentId) ? agent : undefined
  const done = [department?.action, holder?.action].filter((action) => action !== undefined)
  return { place: placeOf(directory, first, departmentId, holder, department), done: new Set(done) }
}

interface Named {
  effect: RuleEffectFacts
  action: RuleAction
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
        return { effect, action, value }
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
  return {
    to: { departmentId, agentId: holder?.value ?? null },
    by: SYSTEM,
    cause: causeOf(rule),
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
