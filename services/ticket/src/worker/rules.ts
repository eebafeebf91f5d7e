import type { Command } from '@onus/workflows-contract'
import type { RuleAction, RuleEffectFacts } from '@onus/workflows-ticket/domain/facts'
import type { MessageStore } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'

/** What the rules service is asked. */
export interface RulesApi {
  evaluate(request: { accountId: string; trigger: string; values: Record<string, unknown> }): Promise<{
    effects: { ruleId: string; version: number; ruleName: string; actions?: unknown[] | undefined }[]
  }>
}

type Create = Extract<Command, { type: 'create' }>

/** What the account's rules say about a ticket that is about to be created. */
export type EvaluateRules = (
  accountId: string,
  ticketId: string,
  command: Create,
) => Promise<RuleEffectFacts[]>

export function createRulesEvaluator(
  rules: RulesApi,
  messages: Pick<MessageStore, 'findMany'>,
  tickets: Pick<TicketStore, 'findSeed'>,
): EvaluateRules {
  return async (accountId, ticketId, command) => {
    const [found, seed] = await Promise.all([
      messages.findMany(accountId, ticketId, [command.messageId]),
      tickets.findSeed(accountId, ticketId),
    ])
    const message = found[0]
    const email = seed?.contact.email
    const values = ruleValues(command, {
      subject: seed?.subject ?? '',
      body: message?.body ?? '',
      from: message?.mail?.from ?? email ?? '',
      to: message?.mail?.to ?? [],
      cc: message?.mail?.cc ?? [],
      contactEmail: email ?? '',
    })
    const { effects } = await rules.evaluate({ accountId, trigger: 'ticket_created', values })
    return effects.map(({ ruleId, version, ruleName, actions = [] }) => ({
      ruleId,
      version,
      ruleName,
      actions: actions.filter(isAction),
    }))
  }
}

/** The values that conditions can ask for, by the condition's field name. */
export function ruleValues(
  command: Create,
  text: { subject: string; body: string; from: string; to: string[]; cc: string[]; contactEmail: string },
): Record<string, unknown> {
  const fields = Object.entries(command.fields).map(([name, value]) => [`fields.${name}`, value])
  const { contactEmail, ...conversation } = text
  return {
    ...Object.fromEntries(fields),
    ...conversation,
    'contact.email': contactEmail,
    channel: command.channel,
    departmentId: command.departmentId ?? null,
    agentId: null,
    tags: command.tags,
    priority: command.priority,
    status: 'new',
  }
}

const isAction = (value: unknown): value is RuleAction =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
