import { firstField, type HeaderField } from './headers.ts'

/** Why a mail counts as written by a machine. */
export type Automatic = 'bounce' | 'auto_reply' | 'bulk'

/** Fields that only automatic answers carry. */
const AUTO_REPLY_FIELDS = [
  'x-autoreply',
  'x-autorespond',
  'x-auto-reply',
  'x-autoresponder',
  'x-mail-autoreply',
  'x-ms-exchange-generated-message-source',
]
const DAEMONS = /^(?:mailer-daemon|mail-daemon|mdaemon|bounce|bounces|postmaster)$/i

/**
 * Tells a machine's mail by its header (RFC 3834 and what came before it), never by its subject: "Out of
 * office" is also what a customer writes about.
 */
export function automaticOf(
  fields: readonly HeaderField[],
  sender: { envelopeFrom: string; from: string | null },
): Automatic | null {
  const value = (name: string) => (firstField(fields, name) ?? '').toLowerCase()
  if (isBounce(fields, value, sender)) return 'bounce'

  const submitted = value('auto-submitted')
    .replace(/[;(].*$/, '')
    .trim()
  if (submitted !== '' && submitted !== 'no') return 'auto_reply'
  if (AUTO_REPLY_FIELDS.some((name) => value(name) !== '' && value(name) !== 'no')) return 'auto_reply'
  if (/^multipart\/report\b/.test(value('content-type'))) return 'auto_reply'
  const precedence = value('precedence').trim()
  if (/^auto[_-]?reply$/.test(precedence)) return 'auto_reply'
  if (/^(?:bulk|junk|list)$/.test(precedence)) return 'bulk'
  const suppress = value('x-auto-response-suppress').trim()
  if (suppress !== '' && suppress !== 'none') return 'auto_reply'
  return null
}

function isBounce(
  fields: readonly HeaderField[],
  value: (name: string) => string,
  { envelopeFrom, from }: { envelopeFrom: string; from: string | null },
): boolean {
  const contentType = value('content-type')
  if (/^multipart\/report\b/.test(contentType) && /report-type\s*=\s*"?delivery-status/.test(contentType))
    return true
  if (firstField(fields, 'x-failed-recipients') !== null) return true
  const local = (from ?? '').split('@')[0] ?? ''
  if (/^mailer-daemon$/i.test(local)) return true
  const nullSender = envelopeFrom === '' || value('return-path') === '<>'
  return nullSender && from !== null && DAEMONS.test(local)
}
