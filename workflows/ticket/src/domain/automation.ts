import type { Entry, TicketState } from '@onus/workflows-contract'
import { distribute } from './distribute.ts'
import { type Draft, SYSTEM } from './draft.ts'
import { applyRule, type Call, causeOf, isIdle } from './effects.ts'
import { mergeFields } from './evolve.ts'
import type { RuleAction, RuleEffectFacts, RuleQuestion, RulesFacts } from './facts.ts'
import { settleSolo } from './responsibility.ts'
import { type RuleTime, ruleTimes } from './timers.ts'

/**
 * What rules do: every event of a command asks the rules that wait for it, what they do are events again,
 * and so on until nothing waits for anything any more. All of it is part of the command.
 */

/** Rules that were set off by rules, so many times over, are a loop. */
export const MAX_DEPTH = 10

/** Events in the order in which their rules are asked, where the rules' own order does not decide. */
const EVENTS: Record<string, (entry: Entry, state: TicketState) => boolean> = {
  ticket_reopened: ({ type }) => type === 'reopened',
  customer_replied: ({ type, details = {}, cause }, { status }) =>
    type === 'message.added' &&
    details.authorType === 'contact' &&
    details.automatic !== true &&
    cause.type !== 'created' &&
    status !== 'spam',
  agent_answered: ({ type, details = {} }) =>
    type === 'message.added' &&
    details.kind === 'public' &&
    (details.authorType === 'agent' || details.authorType === 'api_client'),
  status_changed: ({ type }) => type === 'status.changed',
  responsibility_changed: ({ type }) => type === 'responsibility.changed',
  tags_changed: ({ type }) => type === 'tags.changed',
}

/** The events that entries are, besides a ticket's creation: it is asked about before there are entries. */
export function triggersOf(entries: readonly Entry[], state: TicketState): string[] {
  return Object.entries(EVENTS)
    .filter(([, isEvent]) => entries.some((entry) => isEvent(entry, state)))
    .map(([trigger]) => trigger)
}

/**
 * Lets rules act on what the draft has so far. `depth`: how many times rules have acted in it already;
 * `fields`: the custom fields that the command sets.
 */
export function automate(draft: Draft, depth: number, fields: Record<string, unknown>): void {
  const { rules } = draft.facts
  if (rules === undefined) {
    distribute(draft)
    return
  }
  let asked = 0
  for (let at = depth; ; at += 1) {
    const events = draft.entries.slice(asked)
    asked = draft.entries.length
    const calls = callsFor(draft, rules, events, fields)
    if (at >= MAX_DEPTH) {
      const next = calls.find((call) => !isIdle(draft, call))
      if (next !== undefined) stopLoop(draft, next.effect, at)
      return
    }
    for (const call of calls) applyRule(draft, call)
    settleSolo(draft)
    // Once rules have said whose it is.
    if (draft.entries.length === asked) distribute(draft)
    if (draft.entries.length === asked) return
  }
}

/** What rules want of these events, and of the time that it is. */
function callsFor(
  draft: Draft,
  rules: RulesFacts,
  events: readonly Entry[],
  fields: Record<string, unknown>,
): Call[] {
  const { state } = draft
  const values = ruleValues({ ...state, fields: mergeFields(state.fields, fields) })
  const about = (messageId: string | undefined) => (messageId === undefined ? {} : { messageId })
  const byEvent = triggersOf(events, state)
    .filter((trigger) => rules.events.has(trigger))
    .map((trigger) => ask(rules, { trigger, values, ...about(messageOf(trigger, events, state)) }))
  const byTime = dueTimes(draft, rules).map(([trigger, times]) => {
    const onlyRuleIds = times.map((time) => time.trigger.ruleId)
    const question = { trigger, values, onlyRuleIds, ...about(state.lastContactMessageId) }
    return ask(rules, question, times)
  })
  const asked = [...byEvent, ...byTime].filter((calls) => calls.length > 0)
  return asked.length > 1 ? oneWinner(asked.flat()) : asked.flat()
}

export function ask(rules: RulesFacts, question: RuleQuestion, times: readonly RuleTime[] = []): Call[] {
  return rules.evaluate(question).flatMap((effect) => {
    const call = { effect, trigger: question.trigger }
    if (question.onlyRuleIds === undefined) return [call]
    // Another version by now may wait for another time.
    const time = times.find(
      ({ trigger }) => trigger.ruleId === effect.ruleId && trigger.version === effect.version,
    )
    return time === undefined ? [] : [{ ...call, time }]
  })
}

/** Times that have come, by type of trigger. */
function dueTimes({ state, facts, at }: Draft, rules: RulesFacts): [string, RuleTime[]][] {
  if (rules.times.length === 0) return []
  const due = ruleTimes(state, facts.directory, rules.times).filter(({ dueAt }) => dueAt <= at)
  const types = [...new Set(due.map(({ trigger }) => trigger.type))]
  return types.map((type) => [type, due.filter(({ trigger }) => trigger.type === type)])
}

/** The message that an event is about, or else the contact's last one. */
function messageOf(trigger: string, events: readonly Entry[], state: TicketState): string | undefined {
  const isEvent = EVENTS[trigger]
  const message = events.find((entry) => entry.type === 'message.added' && isEvent?.(entry, state))
  const messageId = message?.details?.messageId
  return typeof messageId === 'string' ? messageId : state.lastContactMessageId
}

/** The ticket as conditions and templates know it; what the customer wrote is looked up where it is kept. */
export function ruleValues(
  state: Pick<TicketState, 'channel' | 'number' | 'tags' | 'priority' | 'status' | 'fields'> & {
    responsibility: { departmentId: string; agentId: string | null }
  },
): Record<string, unknown> {
  const { channel, number, tags, priority, status, responsibility } = state
  const { departmentId, agentId } = responsibility
  const fields = Object.entries(state.fields).map(([name, value]) => [`fields.${name}`, value])
  return { ...Object.fromEntries(fields), channel, number, departmentId, agentId, tags, priority, status }
}

/** Rules of different events that come together: their own order counts, and the first decides a field. */
function oneWinner(calls: readonly Call[]): Call[] {
  const order = ({ effect }: Call) => effect.position ?? Number.MAX_SAFE_INTEGER
  const decided = new Set<string>()
  const winners: Call[] = []
  for (const call of [...calls].sort((a, b) => order(a) - order(b))) {
    const actions = call.effect.actions.flatMap((action) => undecided(action, decided))
    if (actions.length > 0) winners.push({ ...call, effect: { ...call.effect, actions } })
    if (actions.some(({ type }) => type === 'stop')) break
  }
  return winners
}

const SUBJECTS: Record<string, string> = {
  transfer: 'responsibility',
  assign: 'responsibility',
  release: 'responsibility',
  set_status: 'status',
  postpone: 'status',
  set_priority: 'priority',
  require_skills: 'skills',
  answer: 'answer',
}

/** What is left of an action after what was decided; decides that. */
function undecided(action: RuleAction, decided: Set<string>): RuleAction[] {
  const take = (subject: string): boolean => !decided.has(subject) && decided.add(subject) !== undefined
  if (action.type === 'add_tags' || action.type === 'remove_tags') {
    const tags = Array.isArray(action.tags) ? action.tags : []
    const left = tags.filter((tag) => take(`tag ${String(tag).normalize('NFC').toLowerCase()}`))
    return left.length > 0 ? [{ ...action, tags: left }] : []
  }
  const subject = action.type === 'webhook' ? `webhook ${action.webhookId}` : SUBJECTS[action.type]
  return subject === undefined || take(subject) ? [action] : []
}

/** Says so, once, and which rule would have acted next. */
function stopLoop(draft: Draft, effect: RuleEffectFacts, depth: number): void {
  const { ruleId, version, ruleName } = effect
  draft.add({
    type: 'rule.loop_stopped',
    actor: SYSTEM,
    cause: causeOf(effect),
    details: { ruleId, version, ruleName, depth },
  })
}
