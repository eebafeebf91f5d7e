import { rfc3339 } from '@onus/kit/clock'
import type { GrpcClient, Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type { RuleValueServiceService } from '@onus/proto/onus/v1/rule_values'
import type { DryRun as DryRunMessage, RuleInsightServiceService } from '@onus/proto/onus/v1/rules'
import { draftRules } from '../domain/dry-run/draft.ts'
import { explain } from '../domain/explain.ts'
import { referencesOf } from '../domain/references.ts'
import { findRule, referencesOfInput } from '../domain/rules.ts'
import type { DryRun, DryRunStore } from '../store/dry-runs.ts'
import { Entry, type Parts } from './parts.ts'
import { inputOf } from './rules.ts'

/** The ticket service, as far as rules ask it about tickets. */
export type TicketValues = Pick<GrpcClient<RuleValueServiceService>, 'getTicketValues' | 'getTexts'>

export interface InsightParts extends Parts {
  tickets: TicketValues
  runs: DryRunStore
  /** There is a new dry run. */
  onDryRun(): void
}

const MAX_RUNNING = 2
const MAX_RULES = 2000
const DEFAULT_TICKETS = 100_000
const MAX_TICKETS = 1_000_000
const DEFAULT_DAYS = 30

/** Why a rule acted on a ticket or did not, and what a draft would have done. */
export function insightHandlers(parts: InsightParts): Handlers<RuleInsightServiceService> {
  const { runs, clock } = parts
  const entry = new Entry(parts)

  return {
    ...explanation(parts, parts.tickets, entry),

    async startDryRun({ rules: given, since, until, limit, commandId }, { caller }) {
      const view = await entry.enter(caller, 'write', 'try rules')
      const { accountId } = caller
      const now = rfc3339(clock())
      const period = periodOf(since, until, now)
      const count = limit || DEFAULT_TICKETS
      if (count < 1 || count > MAX_TICKETS) {
        throw problems.invalid([{ field: 'limit', message: `Give 1 to ${MAX_TICKETS}.` }])
      }
      if (given.length > MAX_RULES) {
        throw problems.invalid([{ field: 'rules', message: `Give at most ${MAX_RULES} rules.` }])
      }
      const inputs = given.map((rule) => ({ ...inputOf(rule), id: rule.id, version: rule.version }))
      const names = await entry.facts(view, inputs.flatMap(referencesOfInput))
      const author = entry.author(caller)
      const rules = draftRules(inputs, { ...author, names })
      const id = commandId ? stableId('dry-run', accountId, caller.type, caller.id, commandId) : newId()
      const known = await runs.find(accountId, id)
      if (known) return messageOf(known)
      if ((await runs.countRunning(accountId)) >= MAX_RUNNING) throw problems.tooManyRequests()
      const run = { id, accountId, rules, ...period, limit: count, startedAt: now, startedBy: author.by }
      const made = await runs.create(run)
      parts.onDryRun()
      return messageOf(made)
    },

    async getDryRun({ id }, { caller }) {
      await entry.enter(caller, 'write', 'see dry runs')
      return messageOf(await find(caller.accountId, id))
    },

    async cancelDryRun({ id }, { caller }) {
      await entry.enter(caller, 'write', 'cancel dry runs')
      await find(caller.accountId, id)
      await runs.cancel(caller.accountId, id, rfc3339(clock()))
      return {}
    },
  }

  async function find(accountId: string, id: string): Promise<DryRun> {
    const run = await runs.find(accountId, id)
    if (!run) throw problems.notFound('dry run', id)
    return run
  }
}

function periodOf(since: string, until: string, now: string): { since: string; until: string } {
  const moment = (given: string, field: string, otherwise: string): string => {
    if (!given) return otherwise
    const at = Date.parse(given)
    if (Number.isNaN(at) || !/^\d{4}-\d{2}-\d{2}T/.test(given)) {
      throw problems.invalid([{ field, message: 'Give an RFC 3339 time such as 2026-03-01T09:00:00Z.' }])
    }
    return new Date(at).toISOString()
  }
  const end = moment(until, 'until', now)
  const monthAgo = new Date(Date.parse(end) - DEFAULT_DAYS * 24 * 3600 * 1000).toISOString()
  const begin = moment(since, 'since', monthAgo)
  if (begin >= end) throw problems.invalid([{ field: 'since', message: 'Give a time before `until`.' }])
  return { since: begin, until: end }
}

function messageOf(run: DryRun): DryRunMessage {
  const { id, state, ticketsRead, total, startedAt, startedBy, finishedAt, error, result } = run
  const done = total === undefined ? 0 : total === 0 ? 1 : ticketsRead / total
  return {
    id,
    state,
    progress: state === 'completed' ? 1 : Math.min(1, done),
    ticketsRead,
    startedAt,
    startedBy,
    ...(finishedAt && { finishedAt }),
    ...(error && { error }),
    ...result,
  }
}

/** Why a rule acted on a ticket or did not. */
function explanation(
  { store }: Parts,
  tickets: TicketValues,
  entry: Entry,
): Pick<Handlers<RuleInsightServiceService>, 'explain'> {
  return {
    async explain({ ruleId, ticketId }, { caller }) {
      const view = await entry.enter(caller, 'read', 'see rules')
      const state = await store.fresh(caller.accountId)
      const { rule } = findRule(state, ruleId)
      const firstMessage = rule.trigger.type === 'ticket_created'
      // Who may not see the ticket is told so by its service.
      const ticket = await tickets.getTicketValues({ ticketId, firstMessage, ruleId }, { caller })
      const applied = ticket.entries.map(({ sequence, at, details = {} }) => ({
        sequence,
        at,
        version: Number(details.version ?? 0),
        actions: Array.isArray(details.actions) ? details.actions.map(String) : [],
      }))
      const facts = await entry.facts(view, state.rules.flatMap(referencesOf))
      const { triggers, values = {} } = ticket
      const found = explain(state, rule, { values, triggers, applied }, facts)
      return { ruleId, version: rule.version, ...found, applied }
    },
  }
}
