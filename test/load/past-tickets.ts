import { newId } from '@onus/kit/ids'
import { connectMongo } from '@onus/kit/mongo'
import { searchTerms } from '@onus/ticket/domain/search'
import { logKey, summaryOf, type TicketDocument, ticketKey } from '@onus/ticket/store/log'
import { MESSAGES } from '@onus/ticket/store/messages'
import type { Actor, Entry, LogDocument, TicketState } from '@onus/workflows-contract'
import { evolve } from '@onus/workflows-ticket/domain/evolve'

/**
 * Tickets that are written straight into the ticket service's store, by its own code for states and summaries, so
 * that each can be read, claimed, answered and moved; no event or workflow was there.
 */

const BATCH = 100
const APART_MS = 90_000
/** Far from the numbers that the account's own tickets get. */
const FIRST_NUMBER = 1_000_000
const SUBJECTS = [
  'Invoice is wrong',
  'The printer is on fire',
  'كيف أغير كلمة المرور؟',
  'Не приходит письмо',
  'Where is my parcel?',
  'Facture introuvable n° 4711',
]
const CONTACT: Actor = { type: 'contact', id: 'seeded' }
const SYSTEM: Actor = { type: 'system' }

/** Who has a ticket. */
export interface Holder {
  departmentId: string
  agent?: { id: string; name: string }
}

export const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T

/** The ticket of this number; the first is the newest. */
function pastTicket(accountId: string, at: number, now: number, { departmentId, agent }: Holder) {
  const ticketId = newId()
  const created = now - at * APART_MS
  const time = (minutes: number) => new Date(created + minutes * 60_000).toISOString()
  const nobody = { departmentId, agentId: null }
  const number = String(FIRST_NUMBER + at)
  const subject = `${pick(SUBJECTS, at)} (${number})`
  const contact = { id: 'seeded', email: `contact${at % 997}@example.com`, name: `Contact ${at % 997}` }
  const priority = at % 20 === 0 ? 'high' : 'normal'
  const commands: Omit<Entry, 'sequence'>[][] = [
    [
      {
        at: time(0),
        type: 'created',
        actor: CONTACT,
        cause: { type: 'created' },
        details: { channel: 'web_form', number, priority, tags: [], contactId: contact.id },
      },
      {
        at: time(0),
        type: 'responsibility.changed',
        actor: SYSTEM,
        cause: { type: 'default_department' },
        to: nobody,
        revision: 1,
      },
      {
        at: time(0),
        type: 'message.added',
        actor: CONTACT,
        cause: { type: 'created' },
        details: { messageId: 'm1', authorType: 'contact', kind: 'public' },
      },
    ],
  ]
  if (agent)
    commands.push([
      {
        at: time(1),
        type: 'responsibility.changed',
        actor: { type: 'agent', id: agent.id, name: agent.name },
        cause: { type: 'claim' },
        from: nobody,
        to: { departmentId, agentId: agent.id },
        revision: 2,
      },
    ])
  let state: TicketState | null = null
  let sequence = 0
  const log = commands.map((entries, n): LogDocument => {
    const numbered = entries.map((entry) => {
      sequence += 1
      return { ...entry, sequence }
    })
    for (const entry of numbered) state = evolve(state, entry, { accountId, ticketId })
    return {
      _id: logKey(accountId, ticketId, n + 1),
      accountId,
      ticketId,
      commandNumber: n + 1,
      commandId: newId(),
      commandType: n === 0 ? 'create' : 'claim',
      at: numbered[0]?.at ?? time(0),
      entries: numbered,
    }
  })
  const last = { ...(state as unknown as TicketState), commandNumber: commands.length }
  const summary: TicketDocument = {
    _id: ticketKey(accountId, ticketId),
    subject,
    contact,
    search: `${subject} ${number} ${contact.name} ${contact.email}`.toLowerCase(),
    terms: searchTerms(subject, number, contact.name, contact.email),
    ...summaryOf(last, {}),
  }
  const message = {
    _id: `${accountId}:${ticketId}:m1`,
    accountId,
    ticketId,
    messageId: 'm1',
    author: CONTACT,
    kind: 'public',
    body: `Please help with ${number}.`,
    attachments: [],
    createdAt: time(0),
  }
  return { log, summary, message }
}

/** Writes so many, and answers the ids, the newest first. */
export async function seedTickets(
  mongodbUri: string,
  accountId: string,
  count: number,
  holderOf: (at: number) => Holder,
): Promise<string[]> {
  const mongo = await connectMongo({ uri: mongodbUri, database: 'onus_ticket' })
  const now = Date.now()
  const ids: string[] = []
  for (let at = 0; at < count; at += BATCH) {
    const made = Array.from({ length: Math.min(BATCH, count - at) }, (_, n) =>
      pastTicket(accountId, at + n, now, holderOf(at + n)),
    )
    await mongo.db.collection<LogDocument>('log').insertMany(made.flatMap(({ log }) => log))
    await mongo.db.collection<{ _id: string }>(MESSAGES).insertMany(made.map(({ message }) => message))
    await mongo.db.collection<TicketDocument>('tickets').insertMany(made.map(({ summary }) => summary))
    ids.push(...made.map(({ message }) => message.ticketId))
  }
  await mongo.close()
  return ids
}
