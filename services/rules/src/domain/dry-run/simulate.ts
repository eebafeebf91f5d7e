import type { Command, CommandEnvelope, Entry, Holder, TicketState } from '@onus/workflows-contract'
import { automate } from '@onus/workflows-ticket/domain/automation'
import { create } from '@onus/workflows-ticket/domain/create'
import { createDraft, type Draft, SYSTEM } from '@onus/workflows-ticket/domain/draft'
import { evolve } from '@onus/workflows-ticket/domain/evolve'
import type { DirectoryFacts, RuleQuestion, RulesFacts } from '@onus/workflows-ticket/domain/facts'
import { nextRuleTime } from '@onus/workflows-ticket/domain/timers'
import { ANSWER } from '../actions/index.ts'
import { type CompiledRules, evaluate } from '../evaluate.ts'
import type { Facts } from '../facts.ts'
import type { Waiting } from '../waiting.ts'
import { noticesOf, type PlannedNotice } from './notices.ts'
import { isWritten, type PastTexts, type PastTicket } from './past.ts'

/** A draft set of rules, ready to be asked. */
export interface DraftRules {
  compiled: CompiledRules
  waiting: Waiting
}

/** The account as it is now: how it was then nobody knows. */
export type Surroundings = Facts & DirectoryFacts

/** What a draft would have made of one ticket. */
export interface Outcome {
  /** The first moment at which the ticket would have been somebody else's. */
  differs?: { ruleId: string; at: string; from: Holder | null; to: Holder; actual: Holder }
  loops: { ruleId: string; at: string }[]
  notices: PlannedNotice[]
  /** Who holds it at the end, as it was and as it would be; null when nobody, or it needs nobody any more. */
  before: string | null
  after: string | null
  /** Conditions that the past cannot answer. */
  unknown: { ruleId: string; field: string; reason: string }[]
}

/** Rules by time that one ticket sets off at most: a set of rules that never rests is not tried for ever. */
const MAX_TIMES = 200

/**
 * Lets a ticket's past happen again with other rules. What people, machines and policies did is done again
 * where it still fits; what the rules of then did is left out; and the draft acts by the functions that
 * decide about tickets today.
 * @param until rules by time act up to then
 */
export function simulate(
  past: PastTicket,
  draft: DraftRules,
  surroundings: Surroundings,
  texts: PastTexts | null,
  until: string,
): Outcome | null {
  if (past.entries[0]?.type !== 'created') return null
  return new Simulation(past, draft, surroundings, texts).run(until)
}

class Simulation {
  readonly #past: PastTicket
  readonly #draft: DraftRules
  readonly #surroundings: Surroundings
  readonly #texts: PastTexts | null
  readonly #rules: RulesFacts
  readonly #outcome: Outcome = { loops: [], notices: [], before: null, after: null, unknown: [] }
  readonly #unknown = new Set<string>()
  #now = new Date(0)
  #actual: TicketState | null = null
  #state: TicketState | null = null

  constructor(past: PastTicket, draft: DraftRules, surroundings: Surroundings, texts: PastTexts | null) {
    this.#past = past
    this.#draft = draft
    this.#surroundings = surroundings
    this.#texts = texts
    this.#rules = {
      events: new Set(draft.waiting.eventTriggers),
      times: draft.waiting.timeTriggers,
      evaluate: (question) => this.#evaluate(question),
    }
  }

  run(until: string): Outcome {
    for (const moment of moments(this.#past.entries)) {
      if (this.#state) this.#passTime(moment[0]!.at)
      for (const entry of moment) this.#actual = evolve(this.#actual, entry, this.#past)
      this.#happen(moment)
    }
    this.#passTime(until)
    this.#outcome.before = holderNow(this.#actual)
    this.#outcome.after = holderNow(this.#state)
    return this.#outcome
  }

  /** What happened at one moment, and what the draft makes of it. */
  #happen(moment: readonly Entry[]): void {
    const before = this.#state
    const commanded = moment.find(({ cause }) => !isByItself(cause.type)) ?? moment[0]!
    const command = before ? commandOf(moment) : creationOf(moment)
    const draft = this.#begin(command, commanded)
    if (!before) {
      create(draft, command as Command & { type: 'create' })
      automate(draft, 1, {})
    } else {
      for (const entry of moment) again(draft, entry)
      automate(draft, 0, {})
    }
    // What distribution did comes last, as it did then.
    for (const entry of moment) if (entry.cause.type === 'distribution') giveOut(draft, entry)
    this.#end(draft, before, moment)
  }

  /** Rules by time act until then. */
  #passTime(until: string): void {
    const { times } = this.#rules
    if (!times.length) return
    let asked: string | null = null
    for (let count = 0; count < MAX_TIMES; count++) {
      const state = this.#state!
      const dueAt = nextRuleTime(state, this.#surroundings, times, asked)
      if (dueAt === undefined || dueAt > until) return
      asked = dueAt
      const draft = this.#begin({ type: 'tick' }, { at: dueAt, actor: SYSTEM })
      automate(draft, 0, {})
      this.#end(draft, state, [])
    }
  }

  #begin(command: Command, { at, actor }: Pick<Entry, 'at' | 'actor'>): Draft {
    this.#now = new Date(at)
    const envelope: CommandEnvelope = { commandId: '', command, authority: { actor } }
    const facts = { now: this.#now, directory: this.#surroundings, rules: this.#rules }
    return createDraft(this.#state, envelope, facts, this.#past)
  }

  #end({ state, entries, at }: Draft, before: TicketState | null, moment: readonly Entry[]): void {
    this.#state = state
    for (const { type, details } of entries) {
      if (type === 'rule.loop_stopped') this.#outcome.loops.push({ ruleId: String(details?.ruleId), at })
    }
    if (entries.length) this.#outcome.notices.push(...noticesOf(entries, state))
    this.#compare(before, state, [...entries].reverse(), moment, at)
  }

  #compare(
    before: TicketState | null,
    after: TicketState,
    latest: readonly Entry[],
    moment: readonly Entry[],
    at: string,
  ): void {
    const [to, actual] = [holderOf(after), holderOf(this.#actual!)]
    if (this.#outcome.differs || (to.departmentId === actual.departmentId && to.agentId === actual.agentId))
      return
    const decided = [...latest, ...moment.toReversed()].find(
      ({ type, cause }) => type === 'responsibility.changed' && cause.type === 'rule',
    )
    const ruleId = decided?.cause.type === 'rule' ? decided.cause.ruleId : ''
    this.#outcome.differs = { ruleId, at, from: before && holderOf(before), to, actual }
  }

  #evaluate({ trigger, values, messageId, onlyRuleIds }: RuleQuestion) {
    const texts = this.#texts
    const message = messageId === undefined ? undefined : texts?.messages.get(messageId)
    const known = { ...values, ...texts?.values, ...message }
    const missing = (field: string): string | null => {
      if (field === 'agentPresence') return 'presence of the past is not kept'
      if (!isWritten(field)) return null
      if (!texts) return 'the ticket is gone'
      const ofMessage = field === 'body' || field === 'from' || field === 'to' || field === 'cc'
      return ofMessage && !message ? 'the message is gone' : null
    }
    const facts: Facts = Object.create(this.#surroundings, {
      now: { value: this.#now },
      isUnknown: { value: (field: string) => missing(field) !== null },
    })
    const { effects, unknown } = evaluate(this.#draft.compiled, trigger, known, facts, {
      ...(onlyRuleIds && { only: new Set(onlyRuleIds) }),
    })
    for (const { ruleId, field } of unknown) this.#note(ruleId, field, missing(field) ?? '')
    return effects.map(({ rule, position, actions }) => ({
      ruleId: rule.id,
      version: rule.version,
      ruleName: rule.name,
      position,
      // Nobody reads the answers of a dry run.
      actions: actions.map((action) => (action.type === ANSWER ? { ...action, body: '-' } : action)),
    }))
  }

  #note(ruleId: string, field: string, reason: string): void {
    const key = `${ruleId} ${field} ${reason}`
    if (this.#unknown.has(key)) return
    this.#unknown.add(key)
    this.#outcome.unknown.push({ ruleId, field, reason })
  }
}

/** Entries of one command have one time; so do those of commands that came together. */
function moments(entries: readonly Entry[]): Entry[][] {
  const all: Entry[][] = []
  for (const entry of entries) {
    const last = all.at(-1)
    if (last?.[0]?.at === entry.at) last.push(entry)
    else all.push([entry])
  }
  return all
}

const holderOf = ({ responsibility: { departmentId, agentId } }: TicketState): Holder => ({
  departmentId,
  agentId,
})

const NEEDS_SOMEBODY = new Set(['new', 'open', 'answered', 'postponed'])

const holderNow = (state: TicketState | null): string | null =>
  state && NEEDS_SOMEBODY.has(state.status) ? state.responsibility.agentId : null

/** The command that made a ticket, as far as its timeline tells. */
function creationOf(moment: readonly Entry[]): Command & { type: 'create' } {
  const details = moment[0]?.details ?? {}
  const placed = moment.find(({ type }) => type === 'responsibility.changed')
  const message = moment.find(({ type }) => type === 'message.added')
  const to = typeof placed?.to === 'object' ? placed.to : undefined
  // Where a ticket would have been that a rule placed is not kept: the default department, then.
  const departmentId = placed?.cause.type === 'rule' ? undefined : to?.departmentId
  return {
    type: 'create',
    number: String(details.number ?? ''),
    channel: (details.channel ?? 'api') as never,
    contactId: String(details.contactId ?? ''),
    messageId: String(message?.details?.messageId ?? ''),
    priority: (details.priority ?? 'normal') as never,
    tags: Array.isArray(details.tags) ? details.tags.map(String) : [],
    fields: {},
    ...(departmentId && { departmentId, departmentBy: 'inbound_address' as const }),
    ...(details.automatic === true && { automatic: true }),
  }
}

/** Rules look at the command only for whether a machine wrote. */
function commandOf(moment: readonly Entry[]): Command {
  const message = moment.find(
    ({ type, details }) => type === 'message.added' && details?.authorType === 'contact',
  )
  if (!message) return { type: 'tick' }
  const automatic = message.details?.automatic === true
  return { type: 'contact_reply', messageId: String(message.details?.messageId), automatic }
}

const BY_ITSELF = new Set(['rule', 'distribution'])
const isByItself = (cause: string): boolean => BY_ITSELF.has(cause)

/** Commands that take a ticket where it is. */
const WHERE_IT_IS = new Set(['claim', 'answer', 'assign', 'take_over', 'release'])
/** Commands that take it somewhere. */
const SOMEWHERE = new Set(['transfer', 'return'])

/** One thing that happened, where it still fits. */
function again(draft: Draft, entry: Entry): void {
  const { type, actor, cause, from, to, reason, details } = entry
  if (isByItself(cause.type) || type === 'rule.applied' || type === 'rule.loop_stopped') return
  if (type === 'distribution.no_eligible_agent') return
  if (type === 'responsibility.changed') {
    if (typeof to === 'object') move(draft, entry, to)
    return
  }
  if (type === 'status.changed' && to === draft.state.status && !details) return
  draft.add({
    type,
    actor,
    cause,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(reason !== undefined && { reason }),
    ...(details && { details }),
  })
}

function move(draft: Draft, { actor, cause, from, reason }: Entry, to: Holder): void {
  const { departmentId, agentId, revision } = draft.state.responsibility
  const here = departmentId === to.departmentId
  const same = here && agentId === to.agentId
  const fits = WHERE_IT_IS.has(cause.type)
    ? here
    : SOMEWHERE.has(cause.type) || (typeof from === 'object' && isSame(from, { departmentId, agentId }))
  if (same || !fits) return
  draft.add({
    type: 'responsibility.changed',
    actor,
    cause,
    ...(reason !== undefined && { reason }),
    from: { departmentId, agentId },
    to,
    revision: revision + 1,
  })
}

const isSame = (one: Holder, other: Holder): boolean =>
  one.departmentId === other.departmentId && one.agentId === other.agentId

/** Whom distribution chose then it chooses again, where the ticket is nobody's in the same department. */
function giveOut(draft: Draft, { type, actor, cause, to }: Entry): void {
  if (type !== 'responsibility.changed' || typeof to !== 'object' || to.agentId === null) return
  const { departmentId, agentId, revision } = draft.state.responsibility
  if (agentId !== null || departmentId !== to.departmentId) return
  draft.add({ type, actor, cause, from: { departmentId, agentId }, to, revision: revision + 1 })
}
