import { createTranslator, negotiate, type Values } from '@onus/kit/i18n'
import type { Actor, Entry, Holder } from '@onus/workflows-contract'
import { candidateValues } from './candidates.ts'
import ar from './messages/ar.json' with { type: 'json' }
import en from './messages/en.json' with { type: 'json' }
import fr from './messages/fr.json' with { type: 'json' }
import nl from './messages/nl.json' with { type: 'json' }
import pt from './messages/pt.json' with { type: 'json' }
import ru from './messages/ru.json' with { type: 'json' }

/** The timeline as sentences. An entry is stored as data; only here, for one reader, does it become text. */

export const CATALOGS = { en, pt, nl, ru, fr, ar }

const translate = createTranslator(CATALOGS)

/** Names as they are now; those that are gone are told as gone. */
export interface Names {
  agent(id: string): string | undefined
  department(id: string): string | undefined
}

export interface Reader {
  /** A locale, or an `Accept-Language` header. */
  language: string | undefined
  timeZone: string
}

/** The language that a reader gets. */
export const languageOf = (reader: Reader): string => negotiate(reader.language, Object.keys(CATALOGS))

/** An entry as the ticket service gives it. */
export type RenderableEntry = Pick<Entry, 'type' | 'actor'> & {
  cause: { type: string; [key: string]: unknown }
  from?: Holder | string
  to?: Holder | string
  reason?: string
  revision?: number
  details?: Record<string, unknown>
}

/** The sentence of one entry, in the reader's language. */
export function renderEntry(entry: RenderableEntry, names: Names, reader: Reader): string {
  const say = (id: string, values: Values = {}): string =>
    translate(reader.language, id, values, { timeZone: reader.timeZone })
  const values = { ...commonValues(entry, names, say), ...ownValues(entry, names, say) }
  const text = say(messageId(entry), values)
  return entry.reason ? say('with_reason', { text, reason: entry.reason }) : text
}

type Say = (id: string, values?: Values) => string

function commonValues(entry: RenderableEntry, names: Names, say: Say): Values {
  return {
    actor: actorName(entry.actor, names, say),
    rule: String(entry.cause.ruleName ?? entry.details?.ruleName ?? '?'),
    late: entry.cause.late === true || entry.details?.late === true ? 'yes' : 'no',
  }
}

function ownValues(entry: RenderableEntry, names: Names, say: Say): Values {
  const details = entry.details ?? {}
  switch (entry.type) {
    case 'created':
      return { channel: named(say, 'channel', details.channel) }
    case 'responsibility.changed':
      return responsibilityValues(entry, names, say)
    case 'status.changed':
      return {
        from: named(say, 'status', entry.from),
        to: named(say, 'status', entry.to),
        until: new Date(String(details.until ?? 0)),
      }
    case 'priority.changed':
      return { from: named(say, 'priority', entry.from), to: named(say, 'priority', entry.to) }
    case 'reopened':
      return {
        previousStatus: named(say, 'status', details.previousStatus),
        policy: named(say, 'policy', details.policy),
      }
    case 'tags.changed':
      return { added: joined(details.added) || 'none', removed: joined(details.removed) || 'none' }
    case 'fields.changed':
      return { fields: joined(details.fields), dueAt: new Date(String(details.dueAt ?? 0)) }
    case 'distribution.no_eligible_agent':
      return nobodyValues(details, names, say)
    case 'rule.applied':
      return ruleValues(details, say)
    case 'claim.overdue':
      return {
        toDepartment: names.department(String(details.toDepartmentId)) ?? say('name.unknown_department'),
      }
    default:
      return {}
  }
}

function ruleValues(details: Record<string, unknown>, say: Say): Values {
  const timer = details.timer as { late?: boolean } | undefined
  const reasons = skippedOf(details).map(({ reason }) => named(say, 'skip', reason))
  return {
    late: timer?.late === true ? 'yes' : 'no',
    told: Array.isArray(details.notify) || Array.isArray(details.webhooks) ? 'yes' : 'no',
    reasons: [...new Set(reasons)].join('; '),
  }
}

/** What a rule wanted and could not do; that all was as it wants it is no news. */
function skippedOf(details: Record<string, unknown>): { reason: string }[] {
  const skipped = Array.isArray(details.skipped) ? (details.skipped as { reason: string }[]) : []
  return skipped.filter(({ reason }) => reason !== 'no_change')
}

function responsibilityValues(entry: RenderableEntry, names: Names, say: Say): Values {
  const from = holderOf(entry.from)
  const to = holderOf(entry.to)
  const agent = (id: string | null | undefined) => (id && names.agent(id)) || say('name.unknown_agent')
  const department = (id: string | undefined) =>
    (id && names.department(id)) || say('name.unknown_department')
  const startedBy = entry.cause.startedBy as Actor | undefined
  const chain = Array.isArray(entry.details?.chain) ? entry.details.chain.map(String) : []
  return {
    known: startedBy ? 'yes' : 'no',
    why: String(entry.cause.outcome ?? 'policy'),
    away: agent((entry.cause.agentId as string | undefined) ?? from?.agentId),
    chain: chain.map(agent).join(' → '),
    long: chain.length > 2 ? 'yes' : 'no',
    first: entry.revision === 1 ? 'yes' : 'no',
    assigned: to?.agentId ? 'yes' : 'no',
    wasMine: from?.agentId === entry.actor.id ? 'yes' : 'no',
    toAgent: agent(to?.agentId),
    toDepartment: department(to?.departmentId),
    fromAgent: agent(from?.agentId),
    fromDepartment: department(from?.departmentId),
    policy: named(say, 'policy', entry.cause.policy),
    startedBy: startedBy ? actorName(startedBy, names, say) : say('name.system'),
    ...candidateValues(entry.details ?? {}, say, agent),
  }
}

/** Who was looked at, and where the ticket goes instead. */
function nobodyValues(details: Record<string, unknown>, names: Names, say: Say): Values {
  const department = (id: unknown) => names.department(String(id ?? '')) ?? say('name.unknown_department')
  const agent = (id: string) => names.agent(id) ?? say('name.unknown_agent')
  return {
    ...candidateValues(details, say, agent),
    department: department(details.departmentId),
    fallback: details.fallbackDepartmentId ? 'yes' : 'no',
    toDepartment: department(details.fallbackDepartmentId),
  }
}

/** The message of an entry; what has no sentence of its own has its type's general one. */
function messageId(entry: RenderableEntry): string {
  const { type, cause, details = {} } = entry
  const first = (...ids: string[]): string => ids.find((id) => id in CATALOGS.en) ?? type
  switch (type) {
    case 'created':
      return details.followUpOf ? 'created.follow_up' : 'created'
    case 'message.added':
      if (details.automatic === true) return 'message.added.automatic'
      if (details.kind === 'note') return first(`message.added.note.${cause.type}`, 'message.added.note')
      if (details.authorType === 'system') return first(`message.added.${cause.type}`, 'message.added.system')
      return first(`message.added.${details.authorType}`, 'message.added.system')
    case 'status.changed':
      return first(`${type}.${cause.type}.${entry.to}`, `${type}.${cause.type}`, `${type}.other`)
    case 'rule.applied': {
      const idle = Array.isArray(details.actions) && details.actions.length === 0
      if (skippedOf(details).length > 0) return idle ? 'rule.applied.nothing' : 'rule.applied.partly'
      return idle ? 'rule.applied.as_it_is' : 'rule.applied'
    }
    case 'fields.changed':
      if (details.dueAt === null) return 'fields.changed.no_due'
      if (typeof details.dueAt === 'string') return 'fields.changed.due'
      return first(`${type}.${cause.type}`, type)
    case 'claim.overdue':
      if (details.notEscalated === 'came_from_there') return 'claim.overdue.came_from_there'
      return first(`claim.overdue.${details.then}`, 'claim.overdue.other')
    case 'responsibility.changed': {
      const back = cause.undone === true ? 'undone' : cause.ended === true ? 'ended' : ''
      return first(`${type}.${cause.type}.${back}`, `${type}.${cause.type}`, `${type}.other`)
    }
    default:
      return first(`${type}.${cause.type}`, `${type}.other`, type)
  }
}

function actorName(actor: Actor, names: Names, say: Say): string {
  const known = actor.type === 'agent' && actor.id ? names.agent(actor.id) : undefined
  if (actor.type === 'system') return say('name.system')
  return known ?? actor.name ?? say(`name.${actor.type}`)
}

/** The word for a value of a known list; an unknown value is shown as it is. */
function named(say: Say, list: string, value: unknown): string {
  const id = `${list}.${value}`
  return id in CATALOGS.en ? say(id) : String(value ?? '?')
}

const holderOf = (value: Holder | string | undefined): Holder | undefined =>
  typeof value === 'object' ? value : undefined

const joined = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(', ') : '')
