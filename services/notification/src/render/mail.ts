import type { Texts } from './catalog.ts'
import { contentOf, type NoticeSubject } from './content.ts'
import { headerText } from './escape.ts'
import { htmlPage, type MailPage, textPage } from './template.ts'

/** A mail, before it has a sender and a recipient. */
export interface Mail {
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  messageId: string
  references: string[]
}

export interface MailPlace {
  publicUrl: string
  mailDomain: string
  /** Where one POST turns off what this mail follows from (RFC 8058). */
  unsubscribeUrl?: string | undefined
}

const LONGEST_EXCERPT = 2000
const LONGEST_PREHEADER = 140

/** What every notice about a ticket refers to, so that mail programs show them as one conversation. */
export const ticketThreadId = (ticketId: string, mailDomain: string): string =>
  `<ticket.${ticketId}@${mailDomain}>`

/** The notice as a mail in the recipient's language. The same notice is the same mail on every attempt. */
export function noticeMail(about: NoticeSubject, texts: Texts, place: MailPlace): Mail {
  const content = contentOf(about, texts, place.publicUrl, 'email', LONGEST_EXCERPT)
  const page: MailPage = {
    title: content.headline,
    preheader: preheaderOf(content.rule?.text ?? content.excerpt ?? content.headline),
    items: [content],
    footer: [content.why],
    links: [content.change],
  }
  return {
    subject: headerText(`[#${about.ticket.number}] ${about.ticket.subject}`),
    text: textPage(page),
    html: htmlPage(page, texts),
    headers: {
      'X-Onus-Event': about.event,
      'X-Onus-Ticket': about.ticket.id,
      ...automaticHeaders(texts, place),
    },
    messageId: `<${about.noticeId}@${place.mailDomain}>`,
    references: [ticketThreadId(about.ticket.id, place.mailDomain)],
  }
}

export const preheaderOf = (text: string): string =>
  headerText(text)
    .slice(0, LONGEST_PREHEADER)
    .replace(/[\uD800-\uDBFF]$/, '')

/** What every mail that no person wrote carries. */
export const automaticHeaders = (texts: Texts, { unsubscribeUrl }: MailPlace): Record<string, string> => ({
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'All',
  'Content-Language': texts.locale,
  ...(unsubscribeUrl && {
    'List-Unsubscribe': `<${unsubscribeUrl}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  }),
})
