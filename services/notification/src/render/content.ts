import type { LedgerEvent } from '@onus/workflows-contract'
import type { Because } from '../domain/notice.ts'
import type { Texts } from './catalog.ts'

/** What a notice tells of, as it is when the attempt is made. */
export interface NoticeSubject {
  noticeId: string
  accountId: string
  event: LedgerEvent
  /** The department that the preference is for. */
  departmentId: string
  because: Because
  ticket: {
    id: string
    number: string
    subject: string
    status: string
    priority: string
    departmentName: string
    agentName?: string | undefined
    contactName?: string | undefined
  }
  actorName?: string | undefined
  /** Text of the message that it tells of. */
  message?: string | undefined
  /** What rules want the recipient told. */
  ruleText?: string | undefined
  /** It tells of so many tickets at once; the ticket is one of them. */
  tickets?: number | undefined
}

/** A notice in its recipient's language, before it takes the form of a channel. */
export interface Content {
  headline: string
  subject: string
  /** What a rule says, with the words that introduce it. */
  rule?: { label: string; text: string }
  facts: { label: string; value: string }[]
  excerpt?: string
  /** Set when the excerpt is not the whole message. */
  excerptMore?: string
  open: { label: string; url: string }
  why: string
  change: { label: string; url: string }
}

/** Says what happened, about what, and why this person is told. `longest` bounds the excerpt. */
export function contentOf(
  about: NoticeSubject,
  texts: Texts,
  publicUrl: string,
  channel: string,
  longest: number,
): Content {
  const { ticket } = about
  const message = about.message?.replace(/\r\n?/g, '\n').trim()
  const cut = message !== undefined && message.length > longest
  return {
    headline: headlineOf(about, texts),
    subject: ticket.subject,
    ...(about.ruleText && { rule: { label: texts.text('label.rule'), text: about.ruleText } }),
    facts: [
      { label: texts.text('label.department'), value: ticket.departmentName },
      { label: texts.text('label.responsible'), value: ticket.agentName ?? texts.text('value.nobody') },
      ...(ticket.contactName ? [{ label: texts.text('label.contact'), value: ticket.contactName }] : []),
      { label: texts.text('label.priority'), value: texts.text('priority', { priority: ticket.priority }) },
      { label: texts.text('label.status'), value: texts.text('status', { status: ticket.status }) },
    ],
    ...(message && { excerpt: cut ? `${cutAt(message, longest)}…` : message }),
    ...(cut && { excerptMore: texts.text('excerpt.more') }),
    open: { label: texts.text('action.open'), url: ticketUrl(publicUrl, ticket.id) },
    why: whyOf(about, texts),
    change: { label: texts.text('why.change'), url: preferenceUrl(publicUrl, { ...about, channel }) },
  }
}

/** What happened, in a line. */
export const headlineOf = ({ event, ticket, actorName, tickets = 1 }: NoticeSubject, texts: Texts): string =>
  texts.text(tickets > 1 ? 'headline.ticket_assigned_many' : `headline.${event}`, {
    count: tickets,
    number: ticket.number,
    department: ticket.departmentName,
    actor: actorName ?? null,
    contact: ticket.contactName ?? null,
  })

/** Why this person is told, in words. */
export const whyOf = (
  { because, ticket }: { because: Because; ticket: { departmentName: string } },
  texts: Texts,
): string => texts.text(`why.${because}`, { department: ticket.departmentName })

export const ticketUrl = (publicUrl: string, ticketId: string): string =>
  `${publicUrl}/tickets/${encodeURIComponent(ticketId)}`

/** Where an agent changes what a notice follows from; nothing of theirs changes what a rule says. */
export function preferenceUrl(
  publicUrl: string,
  { event, channel, departmentId }: { event: LedgerEvent; channel: string; departmentId: string },
): string {
  const page = `${publicUrl}/profile/notifications`
  if (event === 'rule') return page
  return `${page}?${new URLSearchParams({ event, channel, department: departmentId })}`
}

/** Never in the middle of a character. */
const cutAt = (text: string, longest: number): string =>
  text
    .slice(0, longest)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()
