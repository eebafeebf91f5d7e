/**
 * Many tickets at once, for looking at long lists: `ONUS_LOCAL_JSON=.onus/local.json node test/load/seed-tickets.ts
 * [tickets]`, by default 20,000, into the demo's account. They are written straight into the ticket service's store, by
 * its own code for states and summaries, so each can be read, claimed and answered; no event or workflow was there.
 */
import { newId } from '@onus/kit/ids'
import { connectMongo } from '@onus/kit/mongo'
import { searchTerms } from '@onus/ticket/domain/search'
import { logKey, summaryOf, type TicketDocument, ticketKey } from '@onus/ticket/store/log'
import { MESSAGES } from '@onus/ticket/store/messages'
import type { Actor, Entry, LogDocument, TicketState } from '@onus/workflows-contract'
import { evolve } from '@onus/workflows-ticket/domain/evolve'
import { readLocal } from '../support/world.ts'

const [count = 20_000] = process.argv.slice(2).map(Number)
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

const local = await readLocal()
const { accountId, departments, agents } = local.demo
const mongo = await connectMongo({ uri: local.mongodbUri, database: 'onus_ticket' })
const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T

function pastTicket(at: number, now: number) {
  const ticketId = newId()
  const created = now - at * APART_MS
  const time = (minutes: number) => new Date(created + minutes * 60_000).toISOString()
  const departmentId = pick(departments, at).id
  const nobody = { departmentId, agentId: null }
  const agent = at % 3 === 0 ? undefined : pick(agents, at)
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

const began = performance.now()
const now = Date.now()
for (let at = 0; at < count; at += BATCH) {
  const made = Array.from({ length: Math.min(BATCH, count - at) }, (_, n) => pastTicket(at + n, now))
  await mongo.db.collection<LogDocument>('log').insertMany(made.flatMap(({ log }) => log))
  await mongo.db.collection<{ _id: string }>(MESSAGES).insertMany(made.map(({ message }) => message))
  await mongo.db.collection<TicketDocument>('tickets').insertMany(made.map(({ summary }) => summary))
}
await mongo.close()
process.stdout.write(`${count} tickets in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
