import { CHANNELS, PRIORITIES, TICKET_STATUSES } from '@onus/workflows-contract/model'
import type { Condition, RuleAction } from '../api/types.ts'
import { isNamedTwice, namedSkills, type SkillDraft } from './skill-model.ts'

/** What the editor knows of the words of a rule. */

export const EVENT_TRIGGERS = [
  'ticket_created',
  'customer_replied',
  'agent_answered',
  'responsibility_changed',
  'status_changed',
  'tags_changed',
  'ticket_reopened',
] as const
export const TIME_TRIGGERS = [
  'unclaimed_for',
  'unanswered_for',
  'older_than',
  'status_older_than',
  'due_in',
] as const

export const isTimed = (trigger: string): boolean => TIME_TRIGGERS.some((each) => each === trigger)

/** Fields with a known list of values, by the list of their words. */
export const ENUMS: Record<string, { list: string; values: readonly string[] }> = {
  channel: { list: 'channel', values: CHANNELS },
  status: { list: 'status', values: TICKET_STATUSES },
  priority: { list: 'priority', values: PRIORITIES },
  agentPresence: { list: 'presence', values: ['online', 'away', 'offline'] },
}

export const FIELDS = [
  'channel',
  'departmentId',
  'agentId',
  'agentPresence',
  'subject',
  'body',
  'from',
  'to',
  'cc',
  'tags',
  'priority',
  'status',
  'language',
  'contact.email',
  'withinHours',
] as const

const CHOICE_OPS = ['in', 'is', 'is_not'] as const
const TEXT_OPS = ['contains', 'not_contains', 'is', 'is_not', 'starts_with', 'matches', 'exists'] as const
const CUSTOM_OPS = [...TEXT_OPS, 'gt', 'lt'] as const

/** Whether a field's values are chosen from a list. */
export const isChoice = (field: string): boolean =>
  field in ENUMS || field === 'departmentId' || field === 'agentId'

export function opsOf(field: string): readonly string[] {
  if (field === 'withinHours') return ['is']
  if (isChoice(field)) return CHOICE_OPS
  if (field === 'tags') return ['contains', 'not_contains', 'exists']
  return field.startsWith('fields.') ? CUSTOM_OPS : TEXT_OPS
}

/** A condition on another field begins with something that fits it. */
export function conditionOn(field: string): Condition {
  const op = opsOf(field)[0] ?? 'is'
  if (field === 'withinHours') return { field, op, value: true }
  return { field, op, value: op === 'in' ? [] : '' }
}

/** The same condition under another operator. */
export function withOp(condition: Condition, op: string): Condition {
  const { field, value } = condition
  if (op === 'exists') return { field, op, value: true }
  const list = Array.isArray(value) ? value : value === '' || value === undefined ? [] : [value]
  if (op === 'in') return { field, op, value: list }
  const single = Array.isArray(value) ? (value[0] ?? '') : typeof value === 'boolean' ? '' : value
  return { field, op, value: single }
}

export function isComplete({ field, op, value }: Condition): boolean {
  if (field === 'fields.') return false
  if (op === 'exists' || field === 'withinHours') return typeof value === 'boolean'
  if (op === 'in') return Array.isArray(value) && value.length > 0
  return value !== undefined && value !== ''
}

export const ACTIONS = [
  'transfer',
  'assign',
  'release',
  'set_status',
  'postpone',
  'set_priority',
  'add_tags',
  'remove_tags',
  'require_skills',
  'add_note',
  'answer',
  'notify',
  'webhook',
  'stop',
] as const

/** An action as it begins, with what it needs still to be said. */
export function actionOf(type: string): RuleAction {
  switch (type) {
    case 'transfer':
      return { type, departmentId: '' }
    case 'assign':
      return { type, agentId: '' }
    case 'set_status':
      return { type, status: 'resolved' }
    case 'postpone':
      return { type, for: 'PT60M' }
    case 'set_priority':
      return { type, priority: 'high' }
    case 'add_tags':
    case 'remove_tags':
      return { type, tags: [] }
    case 'require_skills':
      return { type, skills: [] }
    case 'add_note':
      return { type, body: '' }
    case 'answer':
      return { type, template: '' }
    case 'notify':
      return { type, departmentId: '', text: '' }
    case 'webhook':
      return { type, webhookId: '' }
    default:
      return { type }
  }
}

/** The lowest level stands for one that is not said. */
export const LOWEST_LEVEL = 1

/** The skills that an action asks for, each with its level. */
export const skillsOf = ({ skills }: RuleAction): SkillDraft[] =>
  Array.isArray(skills) ? skills.map(({ name, level }) => ({ name, level: level ?? LOWEST_LEVEL })) : []

/** An action as the API takes it; one that nobody has edited is what it was. */
export const sentAction = (action: RuleAction): RuleAction =>
  Array.isArray(action.skills) ? { ...action, skills: namedSkills(action.skills) } : action

/** Whether everything that an action needs is said, and no skill twice. */
export const isWhole = (action: RuleAction): boolean =>
  Object.values(action).every((value) => (Array.isArray(value) ? value.length > 0 : value !== '')) &&
  !isNamedTwice(skillsOf(action))

export const NOTIFY_TARGETS = ['departmentId', 'agentId', 'slackChannel', 'email'] as const
export type NotifyTarget = (typeof NOTIFY_TARGETS)[number]

export const targetOf = (action: RuleAction): NotifyTarget =>
  NOTIFY_TARGETS.find((target) => action[target] !== undefined) ?? 'departmentId'
