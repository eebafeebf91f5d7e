import type { CallContext, Handlers } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type { RuleEntry, RuleValueServiceService } from '@onus/proto/onus/v1/rule_values'
import type { TicketState } from '@onus/workflows-contract'
import { ruleValues, triggersOf } from '@onus/workflows-ticket/domain/automation'
import { applyCommit } from '@onus/workflows-ticket/domain/evolve'
import type { TicketAccess } from '../commands/access.ts'
import type { MessageStore, StoredMessage } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'
import { readTexts } from '../worker/rules.ts'

export interface RuleValueDeps {
  tickets: TicketStore
  messages: MessageStore
  access: TicketAccess
}

const MAX_TICKETS = 500
const MAX_MESSAGES = 20
/** Of a long message conditions on the past see the beginning, so that an answer keeps its size. */
const MAX_BODY = 3000

/** What the rules service asks of tickets: why a rule acted, and what a draft would have done. */
export function ruleValueHandlers({
  tickets,
  messages,
  access,
}: RuleValueDeps): Handlers<RuleValueServiceService> {
  /** The ticket's state and what of its timeline matters here, in one go through its log. */
  async function read(accountId: string, ticketId: string, ruleId: string) {
    const key = { accountId, ticketId }
    const entries: RuleEntry[] = []
    let state: TicketState | null = null
    let first: string | undefined
    const triggers = new Set(['ticket_created'])
    for await (const commit of tickets.log(accountId, ticketId)) {
      state = applyCommit(state, commit, key)
      first ??= state?.lastContactMessageId ?? undefined
      for (const trigger of state ? triggersOf(commit.entries, state) : []) triggers.add(trigger)
      for (const { type, sequence, at, details } of commit.entries) {
        if (type === 'rule.applied' && details?.ruleId === ruleId) entries.push({ sequence, at, details })
      }
    }
    return { state, first, entries, triggers: [...triggers] }
  }

  return {
    async getTicketValues({ ticketId, firstMessage, ruleId }, { caller }: CallContext) {
      await access.require(caller, ticketId)
      const key = { accountId: caller.accountId, ticketId }
      const { state, first, entries, triggers } = await read(key.accountId, ticketId, ruleId)
      if (!state) throw problems.notFound('ticket', ticketId)
      const messageId = firstMessage ? first : state.lastContactMessageId
      const texts = await readTexts({ messages, tickets }, key, messageId ?? undefined)
      return { values: { ...ruleValues(state), ...texts }, entries, triggers }
    },

    async getTexts({ tickets: asked }, { caller }: CallContext) {
      if (caller.type !== 'system') throw problems.forbidden('do this from outside the installation')
      if (asked.length > MAX_TICKETS || asked.some(({ messageIds }) => messageIds.length > MAX_MESSAGES)) {
        const message = `Ask for at most ${MAX_TICKETS} tickets with ${MAX_MESSAGES} messages each.`
        throw problems.invalid([{ field: 'tickets', message }])
      }
      const { accountId } = caller
      const [seeds, found] = await Promise.all([
        tickets.findSeeds(
          accountId,
          asked.map(({ ticketId }) => ticketId),
        ),
        messages.findOfMany(accountId, asked),
      ])
      const byTicket = Map.groupBy(found, ({ ticketId }) => ticketId)
      return {
        tickets: seeds.map(({ ticketId, subject, contact, fields = {} }) => ({
          ticketId,
          values: {
            ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`fields.${name}`, value])),
            subject,
            'contact.email': contact.email ?? '',
            'contact.name': contact.name ?? '',
          },
          messages: (byTicket.get(ticketId) ?? []).map((message) => ({
            messageId: message.messageId,
            values: textsOf(message, contact.email ?? ''),
          })),
        })),
      }
    },
  }
}

const textsOf = ({ body, mail }: StoredMessage, email: string) => ({
  body: body.slice(0, MAX_BODY),
  from: mail?.from ?? email,
  to: mail?.to ?? [],
  cc: mail?.cc ?? [],
})
