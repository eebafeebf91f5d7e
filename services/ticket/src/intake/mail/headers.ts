import { decodeGuessing } from './charset.ts'

/** One header field, unfolded; the name in lower case, the value not decoded any further. */
export interface HeaderField {
  name: string
  value: string
}

const FIELD = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:([\s\S]*)$/
/** A header that is longer is no header (the parser refuses it as well). */
export const MAX_HEADER_BYTES = 512 * 1024

/** Fields of which a mail has at least one; text without any of them is not a mail. */
const MAIL_FIELDS = new Set([
  'from',
  'sender',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'received',
  'return-path',
  'reply-to',
  'delivered-to',
])

/** Splits raw bytes at the first empty line, whether lines end in CRLF or in a bare LF. */
export function splitMail(raw: Buffer): { header: Buffer; body: Buffer } {
  for (let at = raw.indexOf(0x0a); at !== -1; at = raw.indexOf(0x0a, at + 1)) {
    if (raw[at + 1] === 0x0a) return { header: raw.subarray(0, at + 1), body: raw.subarray(at + 2) }
    if (raw[at + 1] === 0x0d && raw[at + 2] === 0x0a)
      return { header: raw.subarray(0, at + 1), body: raw.subarray(at + 3) }
  }
  return { header: raw, body: raw.subarray(raw.length) }
}

/** The fields of a header block in order. Lines that are no field are left out. */
export function parseHeader(block: Buffer): HeaderField[] {
  const text = decodeGuessing(block.subarray(0, MAX_HEADER_BYTES)).replaceAll('\u0000', '')
  const fields: HeaderField[] = []
  let current = ''
  const finish = () => {
    const match = FIELD.exec(current)
    if (match?.[1] !== undefined)
      fields.push({ name: match[1].toLowerCase(), value: (match[2] ?? '').replace(/[ \t]+/g, ' ').trim() })
  }
  for (const line of text.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      if (current.length < MAX_HEADER_BYTES) current += ` ${line.trim()}`
    } else {
      finish()
      current = line
    }
  }
  finish()
  return fields
}

/** The first field of that name, or null. */
export function firstField(fields: readonly HeaderField[], name: string): string | null {
  return fields.find((field) => field.name === name)?.value ?? null
}

/** True when this can be the header of a mail at all. */
export function isMailHeader(fields: readonly HeaderField[]): boolean {
  return fields.some((field) => MAIL_FIELDS.has(field.name))
}

/** The fields that the parser itself reads; all others are read here. */
const PARSED_FIELDS = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'subject',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
] as const
/** Parsing of addresses takes time by the square of their length; nobody writes to so many. */
const MAX_FIELD_CHARS = 16 * 1024

export interface OpenedMail {
  fields: HeaderField[]
  /** The mail as the parser takes it: what it reads of the header, in UTF-8, each field on one line. */
  mail: Buffer
  body: Buffer
}

/**
 * Opens raw mail, leaving out what may stand before the first field: a byte order mark, empty lines, the
 * `From ` line of a mailbox file.
 */
export function openMail(raw: Buffer): OpenedMail {
  let start = 0
  if (raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf) start = 3
  while (raw[start] === 0x0d || raw[start] === 0x0a) start++
  if (isMailboxLine(raw, start)) {
    const end = raw.indexOf(0x0a, start)
    if (end !== -1) start = end + 1
  }
  const { header, body } = splitMail(raw.subarray(start))
  const fields = parseHeader(header)
  const lines = PARSED_FIELDS.flatMap((name) => {
    const value = firstField(fields, name)
    return value === null ? [] : [`${name}: ${value.slice(0, MAX_FIELD_CHARS)}\r\n`]
  })
  return { fields, mail: Buffer.concat([Buffer.from(`${lines.join('')}\r\n`), body]), body }
}

function isMailboxLine(raw: Buffer, start: number): boolean {
  const text = raw.toString('latin1', start, start + 6)
  return text.startsWith('From ') || text === '>From '
}

/** Every `<id>` in a value, in order, without repeats. Ids are opaque and case-sensitive. */
export function messageIds(value: string | null): string[] {
  if (value === null) return []
  const ids = value.match(/<[^<>\s]{1,990}>/g) ?? []
  return [...new Set(ids)]
}

/** The one id of a `Message-ID` field; programs that forget the angle brackets exist. */
export function messageId(value: string | null): string | null {
  const [bracketed] = messageIds(value)
  if (bracketed !== undefined) return bracketed
  const bare = value?.trim().replace(/[<>]/g, '') ?? ''
  return /^[^\s@]+@[^\s@]+$/.test(bare) && bare.length <= 990 ? `<${bare}>` : null
}

/** A date that a mail program can have meant, or null. */
export function mailDate(value: string | null): Date | null {
  if (value === null) return null
  const time = Date.parse(value.replace(/\([^()]*\)/g, ' ').trim())
  if (Number.isNaN(time)) return null
  const date = new Date(time)
  return date.getUTCFullYear() >= 1970 && date.getUTCFullYear() <= 2200 ? date : null
}
