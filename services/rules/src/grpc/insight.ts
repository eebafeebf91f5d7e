import type { GrpcClient, Handlers } from '@onus/kit/grpc'
import type { RuleValueServiceService } from '@onus/proto/onus/v1/rule_values'
import type { RuleInsightServiceService } from '@onus/proto/onus/v1/rules'
import { explain } from '../domain/explain.ts'
import { referencesOf } from '../domain/references.ts'
import { findRule } from '../domain/rules.ts'
import type { Entry, Parts } from './parts.ts'

/** The ticket service, as far as rules ask it about tickets. */
export type TicketValues = Pick<GrpcClient<RuleValueServiceService>, 'getTicketValues' | 'getTexts'>

/** Why a rule acted on a ticket or did not. */
export function explanation(
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
