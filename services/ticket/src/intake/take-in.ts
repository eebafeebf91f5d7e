import type { Clock } from '@onus/kit/clock'
import type { DirectoryReader, DirectoryView } from '@onus/kit/directory'
import { stableId } from '@onus/kit/ids'
import type { Logger } from '@onus/kit/logging'
import { Problem } from '@onus/kit/problems'
import type { IntakeInput } from '@onus/workflows-contract'
import type { IntakeResult } from '@onus/workflows-intake'
import { addContactMessage } from '../commands/add-message.ts'
import { type CreateTicketDeps, createTicket } from '../commands/create-ticket.ts'
import type { CommandCall } from '../commands/ticket-commands.ts'
import { type AttachmentStore, attachmentInfo } from '../store/attachments.ts'
import type { TicketDocument } from '../store/log.ts'
import type { AttachmentInfo, MailFacts, NewMessage } from '../store/messages.ts'
import { safeHtml } from './mail/html.ts'
import { type ParsedMail, parseMail, UnreadableMail } from './mail/parse.ts'
import type { MailPlan, MailStore, StoredMail } from './store/mails.ts'
import type { ParticipantStore } from './store/participants.ts'
import type { TicketNumbers } from './store/ticket-numbers.ts'
import { answeredIds, type Candidate, planFor, subjectNumbers } from './threading.ts'

export interface TakeInDeps extends CreateTicketDeps {
  attachments: AttachmentStore
  mails: MailStore
  participants: ParticipantStore
  numbers: TicketNumbers
  directory: DirectoryReader
  clock: Clock
  log: Logger
}

/** The mail that this one answers is still on its way in: try again in a moment. */
export class AnswersMailUnderWay extends Error {
  override readonly name = 'AnswersMailUnderWay'
}

/** So long a reply waits for the mail that it answers; then it goes its own way. */
const WAIT_FOR_ANSWERED_MS = 60_000
/** Refusals that say that a ticket takes no message any more. */
const TICKET_IS_SHUT = new Set(['not-found', 'forbidden', 'wrong-status'])
/** Refusals that another try cannot change. */
const FOR_GOOD = new Set([
  'not-found',
  'invalid-request',
  'unknown-reference',
  'forbidden',
  'payload-too-large',
])

/** Brings one stored mail to its ticket. Every step may be repeated: all ids follow from the mail's. */
export async function takeIn(deps: TakeInDeps, input: IntakeInput, call: CommandCall): Promise<IntakeResult> {
  const { accountId, mailId } = input
  const mail = await deps.mails.find(accountId, mailId)
  if (mail === null) throw new Error('The mail is not stored (yet).')
  const done = resultOf(mail)
  if (done !== null) return done

  let parsed: ParsedMail
  try {
    parsed = await parseMail(await rawOf(deps, mail), mail.envelope.from)
  } catch (error) {
    if (!(error instanceof UnreadableMail)) throw error
    return await unreadable(deps, mail, error.message)
  }
  try {
    return await intoTicket(deps, mail, parsed, call)
  } catch (error) {
    if (!(error instanceof Problem) || !FOR_GOOD.has(error.reason)) throw error
    deps.log.error({ err: error, mailId }, 'A mail cannot become a ticket')
    return await unreadable(deps, mail, `It cannot become a ticket (${error.reason}).`)
  }
}

function resultOf(mail: StoredMail): IntakeResult | null {
  const { state, ticketId, plan } = mail
  const automatic = mail.automatic ? { automatic: true as const } : {}
  if (state === 'unreadable' || state === 'own') return { outcome: state }
  if (state !== 'taken' || ticketId === undefined) return null
  if (plan?.kind === 'create')
    return {
      outcome: 'created',
      ticketId,
      ...(plan.followUpOf && { followUpOf: plan.followUpOf }),
      ...automatic,
    }
  return { outcome: 'added', ticketId, ...automatic }
}

async function rawOf(deps: TakeInDeps, mail: StoredMail): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of deps.mails.readRaw(mail)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function unreadable(deps: TakeInDeps, mail: StoredMail, error: string): Promise<IntakeResult> {
  await deps.mails.finish(mail.accountId, mail.mailId, { state: 'unreadable', error })
  return { outcome: 'unreadable' }
}

async function intoTicket(
  deps: TakeInDeps,
  mail: StoredMail,
  parsed: ParsedMail,
  call: CommandCall,
): Promise<IntakeResult> {
  const { accountId, mailId } = mail
  const directory = await deps.directory.snapshot(accountId)
  if (await isOwn(deps, mail, parsed, directory)) {
    await deps.mails.finish(accountId, mailId, { state: 'own' })
    return { outcome: 'own' }
  }
  const settled =
    mail.plan ?? (await deps.mails.settlePlan(accountId, mailId, await planOf(deps, mail, parsed)))
  const files = await keepFiles(deps, mail, parsed)
  const message = messageOf(parsed, mail, files)

  const { plan, ticketId, messageId } = await carryOut(
    deps,
    { mail, parsed, message, directory, call },
    settled,
  )
  await deps.attachments.link(
    accountId,
    files.map(({ info }) => info.id),
    ticketId,
  )
  const { from, to, cc } = parsed
  const mailMessageId = message.mail?.messageId
  if (mailMessageId !== undefined)
    await deps.messages.keepMailId(accountId, mailMessageId, ticketId, messageId)
  if (parsed.automatic === null) {
    const own = new Set(directory.departments.flatMap(({ addresses }) => addresses))
    const everybody = [...(from ? [from] : []), ...to, ...cc].map(({ email }) => email)
    await deps.participants.add(
      accountId,
      ticketId,
      everybody.filter((email) => !own.has(email)),
    )
  }
  const automatic = parsed.automatic !== null ? { automatic: true as const } : {}
  const end = { state: 'taken' as const, plan, ticketId, messageId, ...automatic }
  await deps.mails.finish(accountId, mailId, end)
  const result = resultOf({ ...mail, ...end })
  if (result === null) throw new Error('A mail was taken in and has no ticket.')
  return result
}

/**
 * Our own mail that somebody sent back to us (a forwarder, a list, an agent's rule) is no new message. It is
 * ours when it comes from one of the account's addresses and carries our mark, or the Message-ID of an answer;
 * a notice is known by its mark alone, since its sender's address is no department's.
 */
async function isOwn(
  deps: TakeInDeps,
  { accountId }: StoredMail,
  { from, messageId, onus, automatic }: ParsedMail,
  directory: DirectoryView,
): Promise<boolean> {
  if (onus.event !== undefined && automatic !== null) return true
  const ours = directory.departments.some(({ addresses }) => from !== null && addresses.includes(from.email))
  if (!ours) return false
  if (onus.ticket !== undefined) return true
  const known = messageId === null ? null : await deps.messages.findByMailId(accountId, messageId)
  if (known === null) return false
  const [message] = await deps.messages.findMany(accountId, known.ticketId, [known.messageId])
  return message?.author.type === 'agent' || message?.author.type === 'api_client'
}

async function planOf(deps: TakeInDeps, mail: StoredMail, parsed: ParsedMail): Promise<MailPlan> {
  const { accountId } = mail
  const reported = new Set(parsed.reportedIds)
  const ids = [...new Set([...(parsed.automatic === 'bounce' ? reported : []), ...answeredIds(parsed)])]
  const byMailId = await Promise.all(ids.map((id) => deps.messages.findByMailId(accountId, id)))
  const byNumber = await Promise.all(
    subjectNumbers(parsed.subject).map((number) => deps.numbers.find(accountId, number)),
  )
  const found = [
    ...byMailId.flatMap((known, n) =>
      known === null ? [] : [{ ticketId: known.ticketId, reported: reported.has(ids[n] ?? '') }],
    ),
    ...byNumber.flatMap((ticketId) => (ticketId === null ? [] : [{ ticketId, reported: false }])),
  ]
  if (found.length === 0) await waitForAnswered(deps, mail, ids)
  const distinct = [...new Map(found.toReversed().map((one) => [one.ticketId, one])).values()].toReversed()
  const candidates: Candidate[] = []
  for (const { ticketId, reported: isReported } of distinct) {
    const ticket = await deps.tickets.find(accountId, ticketId)
    if (ticket === null || ticket.status === 'deleted') continue
    const takesPart = await isParticipant(deps, ticket, parsed)
    candidates.push({ ticketId, takesPart, reported: isReported && parsed.automatic === 'bounce' })
  }
  return planFor(candidates)
}

/** Somebody who answers at once may be faster than the intake of what they answer. */
async function waitForAnswered(deps: TakeInDeps, mail: StoredMail, ids: readonly string[]): Promise<void> {
  if (deps.clock().getTime() - Date.parse(mail.receivedAt) > WAIT_FOR_ANSWERED_MS) return
  const underWay = await deps.mails.underWay(mail.accountId, [...ids])
  if (underWay.some(({ mailId, receivedAt }) => mailId !== mail.mailId && receivedAt <= mail.receivedAt))
    throw new AnswersMailUnderWay('The mail that this one answers is not in its ticket yet.')
}

async function isParticipant(
  deps: TakeInDeps,
  ticket: TicketDocument,
  { from }: ParsedMail,
): Promise<boolean> {
  if (from === null) return false
  if (ticket.contact.email?.toLowerCase() === from.email) return true
  return await deps.participants.has(ticket.accountId, ticket.ticketId, from.email)
}

interface KeptFile {
  info: AttachmentInfo
  cid?: string
}

async function keepFiles(deps: TakeInDeps, mail: StoredMail, { files }: ParsedMail): Promise<KeptFile[]> {
  const kept: KeptFile[] = []
  for (const [n, { name, contentType, content, cid }] of files.entries()) {
    const stored = await deps.attachments.keep(
      {
        accountId: mail.accountId,
        attachmentId: stableId('mail-file', mail.mailId, String(n)),
        name,
        contentType,
        uploadedBy: 'system:intake',
        createdAt: mail.receivedAt,
      },
      [content],
    )
    kept.push({ info: attachmentInfo(stored), ...(cid && { cid }) })
  }
  return kept
}

type MailMessage = Pick<NewMessage, 'body' | 'html' | 'attachments' | 'mail'> &
  Partial<Pick<NewMessage, 'author'>>

function messageOf(parsed: ParsedMail, mail: StoredMail, files: readonly KeptFile[]): MailMessage {
  const byCid = new Map(files.flatMap(({ cid, info }) => (cid ? [[cid, info.id] as const] : [])))
  const html = parsed.html === null ? '' : safeHtml(parsed.html, (cid) => byCid.get(cid))
  return {
    body: parsed.text,
    ...(html !== '' && { html }),
    attachments: files.map(({ info }) => info),
    mail: mailFacts(parsed, mail),
  }
}

function mailFacts(parsed: ParsedMail, mail: StoredMail): MailFacts {
  const [inReplyTo] = parsed.inReplyTo
  return {
    // One that came without gets an id of its own, so that our answer can refer to it.
    messageId: parsed.messageId ?? `<${mail.mailId}@${mail.address.split('@')[1] ?? 'onus.invalid'}>`,
    ...(inReplyTo && { inReplyTo }),
    references: parsed.references.slice(-100),
    ...(parsed.from && { from: parsed.from.email }),
    to: parsed.to.map(({ email }) => email),
    cc: parsed.cc.map(({ email }) => email),
    subject: parsed.subject,
  }
}

interface Task {
  mail: StoredMail
  parsed: ParsedMail
  message: MailMessage
  directory: DirectoryView
  call: CommandCall
}

interface CarriedOut {
  plan: MailPlan
  ticketId: string
  messageId: string
}

async function carryOut(deps: TakeInDeps, task: Task, plan: MailPlan): Promise<CarriedOut> {
  if (plan.kind === 'create') return { plan, ...(await begin(deps, task, plan.followUpOf)) }
  const { accountId, mailId } = task.mail
  const ticket = await deps.tickets.find(accountId, plan.ticketId)
  try {
    if (ticket !== null) {
      const added = await add(deps, task, ticket)
      // A closed ticket of an account that wants follow-ups.
      if (added.ticketId !== ticket.ticketId)
        return { ...added, plan: { kind: 'create', followUpOf: ticket.ticketId } }
      return { ...added, plan }
    }
  } catch (error) {
    if (!(error instanceof Problem) || !TICKET_IS_SHUT.has(error.reason)) throw error
  }
  const instead: MailPlan = { kind: 'create', ...(ticket && { followUpOf: ticket.ticketId }) }
  await deps.mails.replacePlan(accountId, mailId, instead)
  return await carryOut(deps, task, instead)
}

/** The next message of a ticket. By the content's identity it is one message, whichever departments it came to. */
async function add(deps: TakeInDeps, task: Task, ticket: TicketDocument) {
  const { mail, parsed, message, directory, call } = task
  const contact = await deps.contacts.upsert(mail.accountId, senderOf(mail, parsed), `c${mail.mailId}`)
  const name = contact.name ?? contact.email
  return await addContactMessage(
    deps,
    { ticket, directory },
    {
      commandId: stableId('mail-reply', mail.accountId, mail.identity),
      authority: { actor: { type: 'contact', id: contact.id } },
      ...(parsed.automatic !== null && { automatic: true }),
      message: withAuthor(message, { type: 'contact', id: contact.id, ...(name && { name }) }),
    },
    call,
  )
}

/** In a conversation of several people the message is of the one who wrote it, not of the ticket's contact. */
const withAuthor = (message: MailMessage, author: NewMessage['author']): MailMessage => ({
  ...message,
  author,
})

async function begin(deps: TakeInDeps, task: Task, followUpOf: string | undefined) {
  const { mail, parsed, message, call } = task
  const contact = senderOf(mail, parsed)
  const known = contact.email && (await deps.contacts.upsert(mail.accountId, contact, ''))
  return await createTicket(
    deps,
    {
      accountId: mail.accountId,
      commandId: stableId('mail-create', mail.accountId, mail.mailId),
      authority: { actor: { type: 'contact', ...(known && { id: known.id }) } },
      subject: parsed.subject,
      channel: 'email',
      priority: 'normal',
      tags: [],
      fields: {},
      contact,
      departmentId: mail.departmentId,
      departmentBy: 'inbound_address',
      ...(parsed.automatic !== null && { automatic: true }),
      ...(followUpOf && { followUpOf }),
      message,
    },
    call,
  )
}

const UNKNOWN_SENDER = 'Unknown sender'

function senderOf({ envelope }: StoredMail, { from }: ParsedMail): { email?: string; name?: string } {
  if (from !== null) return from
  const email = envelope.from.trim().toLowerCase()
  return /^[^\s@<>]+@[^\s@<>]+$/.test(email) ? { email } : { name: UNKNOWN_SENDER }
}
