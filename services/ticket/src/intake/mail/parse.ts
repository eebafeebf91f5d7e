import { type Automatic, automaticOf } from './automatic.ts'
import { cleanLine, cleanText, decodeGuessing } from './charset.ts'
import { contentOf } from './content.ts'
import {
  firstField,
  type HeaderField,
  isMailHeader,
  mailDate,
  messageId,
  messageIds,
  openMail,
  parseHeader,
  splitMail,
} from './headers.ts'
import { MAX_HTML_CHARS } from './html.ts'
import { parseTree, type RawAttachment } from './parser.ts'

/** A mail that nothing can be made of. It is kept whole and shown to an admin with this message. */
export class UnreadableMail extends Error {
  override readonly name = 'UnreadableMail'
}

export interface MailAddress {
  /** Lower case. */
  email: string
  name?: string
}

export interface MailFile {
  name: string
  contentType: string
  content: Buffer
  cid?: string
}

/** A mail as a ticket takes it. */
export interface ParsedMail {
  messageId: string | null
  inReplyTo: string[]
  references: string[]
  from: MailAddress | null
  replyTo: MailAddress[]
  to: MailAddress[]
  cc: MailAddress[]
  /** At most 998 characters; {@link NO_SUBJECT} when there is none. */
  subject: string
  date: Date | null
  text: string
  /** As it came; make it safe with `safeHtml` before it is shown. */
  html: string | null
  files: MailFile[]
  automatic: Automatic | null
  /** Message-IDs of the mails that a report (a bounce) is about. */
  reportedIds: string[]
  /** Set on mail that Onus itself sent: the ticket and, on a notice, the event. */
  onus: { ticket?: string; event?: string }
}

export const NO_SUBJECT = '(no subject)'
const MAX_SUBJECT = 998
/** The parser takes its time for each line; the largest mail of ordinary lines has a fifth of this. */
const MAX_LINES = 2_000_000
/** Text beyond this is in the file `message.txt`, whole; the message begins with it. */
export const MAX_TEXT_CHARS = 512 * 1024

/**
 * Reads one raw mail. Bad mail is read as far as possible: what cannot be decoded is kept as a file.
 * @param envelopeFrom the envelope's sender, empty for a bounce or when it is not known
 * @throws UnreadableMail for anything else than a mail, and for one that is built to hurt the reader
 */
export async function parseMail(raw: Buffer, envelopeFrom: string): Promise<ParsedMail> {
  const { fields, mail, body } = openMail(raw)
  if (!isMailHeader(fields)) throw new UnreadableMail('There is no mail header.')
  if (lineCount(body) > MAX_LINES) throw new UnreadableMail('It has too many lines.')

  const tree = await parseTree(mail).catch((error: unknown) => {
    throw new UnreadableMail(
      error instanceof Error ? `${error.message}.`.replace('..', '.') : 'It cannot be parsed.',
    )
  })
  const content = contentOf(tree.root)
  // A multipart whose boundary nobody can find has no part, and yet somebody wrote something.
  if (content.text === '' && content.html === null && tree.attachments.length === 0)
    content.text = cleanText(decodeGuessing(body)).trim()
  const files = tree.attachments.map(fileOf)
  const from = addresses(tree.headers.get('from'))[0] ?? addresses(tree.headers.get('sender'))[0] ?? null
  const automatic = automaticOf(fields, { envelopeFrom, from: from?.email ?? null })

  return {
    messageId: messageId(firstField(fields, 'message-id')),
    inReplyTo: messageIds(firstField(fields, 'in-reply-to')),
    references: messageIds(firstField(fields, 'references')),
    from,
    replyTo: addresses(tree.headers.get('reply-to')),
    to: addresses(tree.headers.get('to')),
    cc: addresses(tree.headers.get('cc')),
    subject: subjectOf(tree.headers.get('subject')),
    date: mailDate(firstField(fields, 'date')),
    ...limited(content.text, content.html, files),
    automatic,
    reportedIds: automatic === null ? [] : reportedIds(tree.attachments),
    onus: onusFields(fields),
  }
}

function lineCount(body: Buffer): number {
  let count = 0
  for (let at = body.indexOf(0x0a); at !== -1; at = body.indexOf(0x0a, at + 1)) count++
  return count
}

/** Keeps what is too large for a message as a file beside it, so that nothing that was written is lost. */
function limited(
  text: string,
  html: string | null,
  files: MailFile[],
): Pick<ParsedMail, 'text' | 'html' | 'files'> {
  const kept = [...files]
  let shownText = text
  if (text.length > MAX_TEXT_CHARS) {
    kept.push({ name: 'message.txt', contentType: 'text/plain; charset=utf-8', content: Buffer.from(text) })
    shownText = `${text.slice(0, MAX_TEXT_CHARS).toWellFormed()}…`
  }
  let shownHtml = html
  if (html !== null && html.length > MAX_HTML_CHARS) {
    kept.push({ name: 'message.html', contentType: 'text/html; charset=utf-8', content: Buffer.from(html) })
    shownHtml = null
  }
  return { text: shownText, html: shownHtml, files: kept }
}

function subjectOf(value: unknown): string {
  const subject = cleanLine(typeof value === 'string' ? value : '')
  return subject === '' ? NO_SUBJECT : subject.slice(0, MAX_SUBJECT).toWellFormed()
}

function onusFields(fields: readonly HeaderField[]): ParsedMail['onus'] {
  const ticket = firstField(fields, 'x-onus-ticket')
  const event = firstField(fields, 'x-onus-event')
  return { ...(ticket ? { ticket } : {}), ...(event ? { event } : {}) }
}

interface ParsedAddress {
  address?: string
  name?: string
  group?: ParsedAddress[]
}

const EMAIL = /^[^\s@<>"(),;:\\[\]]{1,64}@[^\s@<>"(),;:\\]{1,255}$/

function addresses(header: unknown): MailAddress[] {
  const headers = (Array.isArray(header) ? header : [header]) as { value?: ParsedAddress[] }[]
  const flat = (list: ParsedAddress[]): ParsedAddress[] =>
    list.flatMap((entry) => (entry.group ? flat(entry.group) : [entry]))
  return headers
    .flatMap((one) => flat(one?.value ?? []))
    .flatMap(({ address = '', name = '' }) => {
      const email = cleanLine(address).toLowerCase()
      if (!EMAIL.test(email)) return []
      const shown = cleanLine(name).slice(0, 200).toWellFormed()
      return [shown === '' || shown.toLowerCase() === email ? { email } : { email, name: shown }]
    })
}

/** File name extensions of parts that come without a name. */
const EXTENSIONS: Record<string, string> = {
  'message/rfc822': 'eml',
  'message/delivery-status': 'txt',
  'text/rfc822-headers': 'txt',
  'text/calendar': 'ics',
  'text/vcard': 'vcf',
  'text/plain': 'txt',
  'text/html': 'html',
  'text/csv': 'csv',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/ms-tnef': 'dat',
  'application/pgp-signature': 'asc',
  'application/pgp-keys': 'asc',
  'application/pkcs7-signature': 'p7s',
  'application/pkcs7-mime': 'p7m',
}

function fileOf(attachment: RawAttachment, index: number): MailFile {
  const contentType =
    cleanLine(attachment.contentType).toLowerCase().slice(0, 200) || 'application/octet-stream'
  return {
    name: fileName(attachment, contentType, index),
    contentType,
    content: attachment.content,
    ...(attachment.cid ? { cid: attachment.cid } : {}),
  }
}

function fileName(attachment: RawAttachment, contentType: string, index: number): string {
  const named = cleanLine((attachment.filename ?? '').replace(/^.*[\\/]/s, ''))
  if (named !== '' && named !== '.' && named !== '..') return shortened(named)
  if (contentType === 'message/rfc822') {
    const subject = subjectOfEmbedded(attachment.content)
    if (subject !== '') return shortened(`${subject}.eml`)
  }
  return `attachment-${index + 1}.${EXTENSIONS[contentType] ?? 'bin'}`
}

function subjectOfEmbedded(content: Buffer): string {
  const subject = firstField(parseHeader(splitMail(content).header), 'subject') ?? ''
  return /=\?/.test(subject) ? '' : cleanLine(subject.replace(/[\\/:*?"<>|]/g, ' ')).slice(0, 80)
}

/** At most 200 characters, with the extension. */
function shortened(name: string): string {
  if (name.length <= 200) return name
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? ''
  return `${name.slice(0, 200 - extension.length)}${extension}`.toWellFormed()
}

/** A report carries the mail that it is about, or its header only. */
function reportedIds(attachments: readonly RawAttachment[]): string[] {
  const ids = attachments
    .filter(({ contentType }) =>
      /^(?:message\/(?:rfc822|global|disposition-notification)|text\/rfc822-headers)/.test(contentType),
    )
    .flatMap(({ content }) => {
      const fields = parseHeader(splitMail(content).header)
      return [
        ...messageIds(firstField(fields, 'message-id')),
        ...messageIds(firstField(fields, 'original-message-id')),
      ]
    })
  return [...new Set(ids)]
}
