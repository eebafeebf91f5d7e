import type { NoticeEvent } from '@onus/workflows-contract'
import type { Texts } from './catalog.ts'

/** What a notice tells of, as it is when the attempt is made. */
export interface NoticeSubject {
  noticeId: string
  accountId: string
  event: NoticeEvent
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
}

/** A notice in its recipient's language, before it takes the form of a channel. */
export interface Content {
  headline: string
  subject: string
  facts: { label: string; value: string }[]
  excerpt?: string
  /** Set when the excerpt is not the whole message. */
  excerptMore?: string
  open: { label: string; url: string }
  why: string
  change: { label: string; url: string }
}

const MINE: ReadonlySet<NoticeEvent> = new Set([
  'ticket_assigned',
  'ticket_reopened_mine',
  'contact_replied',
  'chat_message',
])

/** Says what happened, about what, and why this person is told. `longest` bounds the excerpt. */
export function contentOf(
  about: NoticeSubject,
  texts: Texts,
  publicUrl: string,
  channel: string,
  longest: number,
): Content {
  const { ticket, event } = about
  const values = {
    number: ticket.number,
    department: ticket.departmentName,
    actor: about.actorName ?? null,
    contact: ticket.contactName ?? null,
  }
  const message = about.message?.replace(/\r\n?/g, '\n').trim()
  const cut = message !== undefined && message.length > longest
  return {
    headline: texts.text(`headline.${event}`, values),
    subject: ticket.subject,
    facts: [
      { label: texts.text('label.department'), value: ticket.departmentName },
      { label: texts.text('label.responsible'), value: ticket.agentName ?? texts.text('value.nobody') },
      ...(ticket.contactName ? [{ label: texts.text('label.contact'), value: ticket.contactName }] : []),
      { label: texts.text('label.priority'), value: texts.text('priority', { priority: ticket.priority }) },
      { label: texts.text('label.status'), value: texts.text('status', { status: ticket.status }) },
    ],
    ...(message && { excerpt: cut ? `${cutAt(message, longest)}…` : message }),
    ...(cut && { excerptMore: texts.text('excerpt.more') }),
    open: { label: texts.text('action.open'), url: `${publicUrl}/tickets/${encodeURIComponent(ticket.id)}` },
    why: texts.text(MINE.has(event) ? 'why.mine' : 'why.department', values),
    change: {
      label: texts.text('why.change'),
      url: `${publicUrl}/preferences?event=${event}&channel=${channel}`,
    },
  }
}

/** Never in the middle of a character. */
const cutAt = (text: string, longest: number): string =>
  text
    .slice(0, longest)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()
