import {
  type Cause,
  type Entry,
  PRIORITIES,
  type RequiredSkill,
  TICKET_STATUSES,
  type TicketStatus,
} from '@onus/workflows-contract'
import { reopening } from './conversation.ts'
import { changeHolder, changeStatus, type Draft, SYSTEM } from './draft.ts'
import { mayHold, type RuleAction, type RuleEffectFacts } from './facts.ts'
import { afterCalendarTime } from './hours.ts'
import { isLate } from './late.ts'
import { HANDED_ON } from './responsibility.ts'
import type { RuleTime } from './timers.ts'
import { messageIdOf } from './written.ts'

/** What the actions of a rule do to a ticket, within the rules of responsibility. */

/** A rule that acts, and what for. */
export interface Call {
  effect: RuleEffectFacts
  trigger: string
  /** Of a rule by time. */
  time?: RuleTime
  /** Actions that have been done already: they say whose a new ticket is. */
  done?: ReadonlySet<RuleAction>
}

/** Why an action that a rule wants did not take effect. */
export type SkipReason =
  | 'no_change'
  | 'department_gone'
  | 'agent_gone'
  | 'agent_not_member'
  | 'solo_account'
  | 'wrong_status'
  | 'automatic_message'
  | 'too_many_answers'
  | 'invalid'
  | 'unknown_action'

/** What a rule's actions have come to. */
interface Outcome {
  actions: string[]
  skipped: { type: string; reason: SkipReason }[]
  requiredSkills?: RequiredSkill[]
  notify: Record<string, unknown>[]
  webhooks: string[]
}

/** Where an action is done. */
interface Context {
  draft: Draft
  cause: Cause
  /** Sequence of the entry that says that the rule acts. */
  sequence: number
  outcome: Outcome
}

type Act = (action: RuleAction, context: Context) => SkipReason | undefined

export const causeOf = ({ ruleId, version, ruleName }: RuleEffectFacts): Cause => ({
  type: 'rule',
  ruleId,
  version,
  ruleName,
})

/** Carries out what a rule wants: first the entry that names it, then what it changes. */
export function applyRule(draft: Draft, call: Call): void {
  const outcome = attempt(draft.fork(), call)
  if (isNothing(outcome, call)) return
  const entry = draft.add({
    type: 'rule.applied',
    actor: SYSTEM,
    cause: causeOf(call.effect),
    details: detailsOf(draft, call, outcome),
  })
  if (outcome.actions.length > 0) attempt(draft, call, entry)
}

/** Whether a rule would change nothing and tell nobody. */
export const isIdle = (draft: Draft, call: Call): boolean =>
  attempt(draft.fork(), call).actions.every((type) => type === 'stop')

/** A rule of an event that finds everything as it wants it says nothing; one by time has had its turn. */
function isNothing({ actions, skipped }: Outcome, { time }: Call): boolean {
  return time === undefined && actions.length === 0 && skipped.every(({ reason }) => reason === 'no_change')
}

function attempt(draft: Draft, { effect, done }: Call, entry?: Entry): Outcome {
  const outcome: Outcome = { actions: [], skipped: [], notify: [], webhooks: [] }
  const sequence = entry?.sequence ?? draft.state.sequence + 1
  const context: Context = { draft, cause: causeOf(effect), sequence, outcome }
  // A rule that names something that is gone does nothing, rather than half of what it says.
  const broken = effect.actions.flatMap((action) => {
    const reason = done?.has(action) ? undefined : missing(draft, action)
    return reason === undefined ? [] : [{ type: action.type, reason }]
  })
  if (broken.length > 0) return { ...outcome, skipped: broken }
  for (const action of effect.actions) {
    const act = ACTIONS[action.type]
    const reason = done?.has(action) ? undefined : act === undefined ? 'unknown_action' : act(action, context)
    if (reason === undefined) outcome.actions.push(action.type)
    else outcome.skipped.push({ type: action.type, reason })
  }
  return outcome
}

function detailsOf(
  draft: Draft,
  { effect, trigger, time }: Call,
  { actions, skipped, requiredSkills, notify, webhooks }: Outcome,
): Entry['details'] {
  const { ruleId, version, ruleName } = effect
  return {
    ruleId,
    version,
    ruleName,
    trigger,
    actions,
    ...(skipped.length > 0 ? { skipped } : {}),
    ...(time === undefined ? {} : { timer: timerOf(draft, time) }),
    ...(requiredSkills === undefined ? {} : { requiredSkills }),
    ...(notify.length > 0 ? { notify } : {}),
    ...(webhooks.length > 0 ? { webhooks } : {}),
  }
}

/**
 * Late is what nothing asked about when it was due: whatever changed the ticket since then has asked. A rule
 * that has just been made, which a recheck follows, is about old tickets too, and late for none.
 */
function timerOf({ before, at, envelope }: Draft, { trigger, since, dueAt }: RuleTime) {
  const asked = before !== null && dueAt <= before.updatedAt
  const late = !asked && envelope.command.type !== 'recheck' && isLate(dueAt, at)
  return { type: trigger.type, since, dueAt, ...(late ? { late: true } : {}) }
}

/** Why an action is about something that is not there any more. */
function missing({ state, facts }: Draft, action: RuleAction): SkipReason | undefined {
  const { directory } = facts
  const departmentId = text(action.departmentId)
  const agentId = text(action.agentId)
  if (departmentId !== undefined && directory.department(departmentId) === undefined) return 'department_gone'
  if (agentId === undefined) return undefined
  if (directory.agent(agentId)?.status !== 'active') return 'agent_gone'
  if (action.type !== 'transfer' && action.type !== 'assign') return undefined
  const where = action.type === 'transfer' ? departmentId : undefined
  const member = mayHold(directory, agentId, where ?? state.responsibility.departmentId)
  return member ? undefined : 'agent_not_member'
}

const ACTIONS: Record<string, Act> = {
  transfer(action, { draft, cause }) {
    const { state, facts } = draft
    const departmentId = text(action.departmentId)
    if (departmentId === undefined) return 'invalid'
    if (!HANDED_ON.has(state.status)) return 'wrong_status'
    const holder = state.responsibility
    // Without a named agent nobody is assigned, but the one who holds it there already keeps it.
    const kept = holder.departmentId === departmentId ? holder.agentId : facts.directory.soloAgentId
    return changed(draft, () =>
      changeHolder(draft, { departmentId, agentId: text(action.agentId) ?? kept }, { actor: SYSTEM, cause }),
    )
  },

  assign(action, { draft, cause }) {
    const { state } = draft
    const agentId = text(action.agentId)
    if (agentId === undefined) return 'invalid'
    if (!HANDED_ON.has(state.status)) return 'wrong_status'
    const { departmentId } = state.responsibility
    return changed(draft, () => changeHolder(draft, { departmentId, agentId }, { actor: SYSTEM, cause }))
  },

  release(_, { draft, cause }) {
    const { state, facts } = draft
    if (!HANDED_ON.has(state.status)) return 'wrong_status'
    if (facts.directory.soloAgentId !== null) return 'solo_account'
    const { departmentId } = state.responsibility
    return changed(draft, () =>
      changeHolder(draft, { departmentId, agentId: null }, { actor: SYSTEM, cause }),
    )
  },

  set_status(action, { draft, cause }) {
    const { state } = draft
    const to = TICKET_STATUSES.find((status) => status === action.status)
    if (to === undefined || to === 'postponed') return 'invalid'
    if (to === state.status) return 'no_change'
    if (!NEXT[state.status].includes(to)) return 'wrong_status'
    const by = { actor: SYSTEM, cause }
    const again = to === 'open' && (state.status === 'resolved' || state.status === 'closed')
    return changed(draft, () => (again ? reopening(draft, by) : changeStatus(draft, to, by)))
  },

  postpone(action, { draft, cause }) {
    const { state, facts, at } = draft
    if (!WORKING.has(state.status)) return 'wrong_status'
    const { hours } = facts.directory.department(state.responsibility.departmentId) ?? {}
    const zone = hours?.timeZone ?? facts.directory.settings.timeZone
    const until = afterCalendarTime(at, text(action.for) ?? '', zone)
    if (until === null || until <= at) return 'invalid'
    if (state.postponed?.until === until) return 'no_change'
    return changed(draft, () =>
      changeStatus(draft, 'postponed', { actor: SYSTEM, cause, details: { until } }),
    )
  },

  set_priority(action, { draft, cause }) {
    const { state } = draft
    const to = PRIORITIES.find((priority) => priority === action.priority)
    if (to === undefined) return 'invalid'
    if (to === state.priority) return 'no_change'
    draft.add({ type: 'priority.changed', actor: SYSTEM, cause, from: state.priority, to })
    return undefined
  },

  add_tags: (action, context) =>
    changeTags(context, { added: strings(action.tags).filter((tag) => !has(context, tag)), removed: [] }),

  remove_tags: (action, context) =>
    changeTags(context, { added: [], removed: strings(action.tags).filter((tag) => has(context, tag)) }),

  require_skills(action, { draft, outcome }) {
    const skills = skillsOf(action.skills)
    if (skills.length === 0) return 'invalid'
    if (JSON.stringify(skills) === JSON.stringify(draft.state.requiredSkills)) return 'no_change'
    outcome.requiredSkills = skills
    return undefined
  },

  add_note: (action, context) => write(action, context, 'note'),

  answer(action, context) {
    const { state, envelope, at } = context.draft
    if (state.status === 'spam' || state.status === 'deleted') return 'wrong_status'
    const { command } = envelope
    const machine = (command.type === 'create' || command.type === 'contact_reply') && command.automatic
    if (machine) return 'automatic_message'
    // Another machine may answer without saying that it is one.
    const dayAgo = new Date(Date.parse(at) - ANSWER_WINDOW_MS).toISOString()
    const recent = (state.autoAnswers ?? []).filter((answered) => answered > dayAgo)
    if (recent.length >= MOST_ANSWERS) return 'too_many_answers'
    return write(action, context, 'public')
  },

  notify({ type: _, ...notice }, { outcome }) {
    if (text(notice.text) === undefined) return 'invalid'
    outcome.notify.push(notice)
    return undefined
  },

  webhook(action, { outcome }) {
    const webhookId = text(action.webhookId)
    if (webhookId === undefined) return 'invalid'
    outcome.webhooks.push(webhookId)
    return undefined
  },

  stop: () => undefined,
}

/** Answers of rules on one ticket within a day. */
const MOST_ANSWERS = 5
const ANSWER_WINDOW_MS = 24 * 60 * 60 * 1000

const WORKING: ReadonlySet<TicketStatus> = new Set(['new', 'open', 'answered', 'postponed'])

/** What a rule may set: what an agent could by a command. `new` is what nobody has worked at. */
const NEXT: Record<TicketStatus, readonly TicketStatus[]> = {
  new: ['answered', 'resolved', 'closed', 'spam', 'deleted'],
  open: ['answered', 'resolved', 'closed', 'spam', 'deleted'],
  answered: ['open', 'resolved', 'closed', 'spam', 'deleted'],
  postponed: ['open', 'answered', 'resolved', 'closed', 'spam', 'deleted'],
  resolved: ['open', 'closed', 'spam', 'deleted'],
  closed: ['open', 'spam', 'deleted'],
  spam: ['open', 'closed', 'deleted'],
  deleted: [],
}

/** Whether something came of it. */
function changed(draft: Draft, change: () => void): SkipReason | undefined {
  const before = draft.state.sequence
  change()
  return draft.state.sequence === before ? 'no_change' : undefined
}

function changeTags(
  { draft, cause }: Context,
  details: { added: string[]; removed: string[] },
): SkipReason | undefined {
  if (details.added.length === 0 && details.removed.length === 0) return 'no_change'
  draft.add({ type: 'tags.changed', actor: SYSTEM, cause, details })
  return undefined
}

function write(
  action: RuleAction,
  { draft, cause, sequence, outcome }: Context,
  kind: 'public' | 'note',
): SkipReason | undefined {
  const body = text(action.body)
  if (body === undefined) return 'invalid'
  const html = text(action.html)
  const content = { kind, body, ...(html === undefined ? {} : { html }) }
  const effect = outcome.actions.length + outcome.skipped.length + 1
  const messageId = messageIdOf(draft.key.ticketId, sequence, effect, content)
  draft.write({ messageId, author: SYSTEM, ...content })
  draft.add({
    type: 'message.added',
    actor: SYSTEM,
    cause,
    details: { messageId, authorType: 'system', kind },
  })
  return undefined
}

const has = ({ draft }: Context, tag: string): boolean => draft.state.tags.includes(tag)

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? [...new Set(value.filter((item): item is string => typeof item === 'string'))] : []

/** The skills that an action names. */
export function skillsOf(value: unknown): RequiredSkill[] {
  const skills = (Array.isArray(value) ? value : []).flatMap((skill): RequiredSkill[] => {
    if (typeof skill === 'string') return [{ name: skill, level: 1 }]
    const { name, level } = (skill ?? {}) as Partial<RequiredSkill>
    return typeof name === 'string' ? [{ name, level: typeof level === 'number' ? level : 1 }] : []
  })
  return skills
}
