import sanitizeHtml from 'sanitize-html'
import { escapeHtml, headerText } from './escape.ts'

/** An answer of an agent or of a rule, before it becomes a mail. */
export interface ReplySubject {
  ticket: { id: string; number: string; subject: string }
  message: { id: string; body: string; html?: string | undefined; author?: { type: string } | undefined }
  /** Message-IDs of the conversation so far, oldest first; may hold this answer's own. */
  thread: readonly string[]
}

export interface ReplyMail {
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  messageId: string
  inReplyTo?: string
  references: string[]
}

/** Mail servers refuse very long headers; the first and the latest are what threading uses (RFC 5322, 3.6.4). */
const MOST_REFERENCES = 30

/** What a rule sends is nobody's writing: no machine may answer it, and it asks for no such answer (RFC 3834). */
const BY_ITSELF = { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' }

/** The one Message-ID of an answer. */
export const replyMessageId = (messageId: string, ticketId: string, mailDomain: string): string =>
  `<${messageId}.${ticketId}@${mailDomain}>`

/** The answer as the contact's mail program should show it: in its thread, from a person. */
export function replyMail(about: ReplySubject, mailDomain: string): ReplyMail {
  const { ticket, message } = about
  const own = replyMessageId(message.id, ticket.id, mailDomain)
  const thread = about.thread.map(bracketed)
  const place = thread.indexOf(own)
  const earlier = place < 0 ? thread : thread.slice(0, place)
  const last = earlier.at(-1)
  return {
    subject: replySubject(ticket.subject, ticket.number),
    text: message.body,
    html: htmlBody(message),
    headers: { 'X-Onus-Ticket': ticket.id, ...(message.author?.type === 'system' && BY_ITSELF) },
    messageId: own,
    ...(last && { inReplyTo: last }),
    references:
      earlier.length > MOST_REFERENCES ? [earlier[0]!, ...earlier.slice(1 - MOST_REFERENCES)] : earlier,
  }
}

/** `Re: <subject> [#<number>]`, each once however often it went back and forth. */
export function replySubject(subject: string, number: string): string {
  const tag = `[#${number}]`
  const bare = headerText(subject)
    .replaceAll(tag, ' ')
    .replace(/^\s*((re|aw|antw|sv|odp|res|rif|ответ)\s*(\[\d+\])?\s*:\s*)+/i, '')
    .replace(/ {2,}/g, ' ')
    .trim()
  return `Re: ${bare} ${tag}`.replace(/ {2,}/g, ' ')
}

const bracketed = (id: string): string => `<${id.trim().replace(/^<|>$/g, '')}>`

const ALLOWED = [...sanitizeHtml.defaults.allowedTags, 'del', 'ins', 'h1', 'h2']

function htmlBody(message: ReplySubject['message']): string {
  const body = message.html
    ? sanitizeHtml(message.html, {
        allowedTags: ALLOWED,
        allowedSchemes: ['http', 'https', 'mailto', 'tel'],
        allowedAttributes: {
          a: ['href', 'title'],
          ol: ['start'],
          td: ['colspan', 'rowspan'],
          th: ['colspan', 'rowspan'],
        },
      })
    : `<div style="white-space:pre-wrap">${escapeHtml(message.body.replace(/\r\n?/g, '\n'))}</div>`
  return `<!doctype html>\n<html><head><meta charset="utf-8"></head><body dir="auto">${body}</body></html>\n`
}
