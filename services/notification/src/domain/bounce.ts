/** What a mail that came back says of the one that was sent. */
export type Bounce =
  /** `hard`: there is no such mailbox. `soft`: it did not arrive, and a later one may. */
  | { kind: 'hard' | 'soft'; error: string }
  /** `delayed`: it is still on its way. `none`: nothing about a delivery. */
  | { kind: 'delayed' | 'none' }

const BOUNCE = /^bounce\+([0-9a-f]{32})$/i

/** Where a mail that cannot be delivered comes back to: each notice has its own address. */
export const bounceAddress = (noticeId: string, mailDomain: string): string =>
  `bounce+${noticeId}@${mailDomain}`

/** The notice that an address belongs to, or null for another address. */
export function noticeOfBounceAddress(address: string, mailDomain: string): string | null {
  const at = address.lastIndexOf('@')
  if (address.slice(at + 1).toLowerCase() !== mailDomain.toLowerCase()) return null
  return BOUNCE.exec(address.slice(0, at))?.[1]?.toLowerCase() ?? null
}

/** Full, too large, greylisted, or a policy: the mailbox is there. */
const NOT_FOR_EVER: ReadonlySet<string> = new Set(['5.2.2', '5.2.3', '5.3.4', '5.4.6', '5.4.7', '5.7.1'])
const NO_SUCH_MAILBOX =
  /\b(user|mailbox|recipient|address|account)\b[^.\n]{0,60}\b(unknown|not found|does not exist|doesn'?t exist|unavailable|disabled|inactive)\b|\bno such (user|mailbox|recipient|person)\b|\bunknown (user|mailbox|recipient)\b|\bno mailbox here\b/i
const PLAIN_WORDS = /\b(?:no mailbox here|unknown user|user unknown|no such user)/i
const LONGEST = 1_048_576

/**
 * Reads a mail that came back: a delivery status notification (RFC 3464), or what old servers write instead.
 * Answers that people or their machines write are no bounces.
 */
export function readBounce(mail: string): Bounce {
  const text = mail.slice(0, LONGEST).replace(/\r\n?/g, '\n')
  const report = statusReport(text)
  if (report) return report
  return plainBounce(text)
}

/** The per-recipient fields of a delivery status notification. */
function statusReport(text: string): Bounce | null {
  const head = unfolded(text.split('\n\n', 1)[0] ?? '')
  if (!/^content-type:\s*multipart\/report\b/im.test(head)) return null
  const part = text.split(/\ncontent-type:\s*message\/(?:global-)?delivery-status\b[^\n]*/i)[1]
  if (part === undefined) return null
  const encoding = /^content-transfer-encoding:\s*(\S+)/im.exec(part.split('\n\n', 1)[0] ?? '')?.[1]
  const body = decoded(part.slice(part.indexOf('\n\n') + 2).split(/\n--[^\n]+/, 1)[0] ?? '', encoding)
  const groups = unfolded(body).split(/\n\s*\n/)
  const fields = (group: string, name: string) =>
    new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(group)?.[1]?.trim()
  for (const group of groups) {
    const action = fields(group, 'Action')?.toLowerCase().split(/[\s(]/)[0]
    if (!action) continue
    if (action === 'delayed') return { kind: 'delayed' }
    if (action !== 'failed') return { kind: 'none' }
    const status = /\d\.\d{1,3}\.\d{1,3}/.exec(fields(group, 'Status') ?? '')?.[0] ?? ''
    const diagnosis = (fields(group, 'Diagnostic-Code') ?? '').replace(/^[\w-]+\s*;\s*/, '')
    const error = diagnosis || `status ${status || 'unknown'}`
    return {
      kind: kindOf(status, diagnosis),
      error: status && !error.includes(status) ? `${status} ${error}` : error,
    }
  }
  return null
}

function kindOf(status: string, diagnosis: string): 'hard' | 'soft' {
  if (status.startsWith('4.') || NOT_FOR_EVER.has(status)) return 'soft'
  // Some say 5.0.0 or 5.4.1 of everything; their words tell more.
  if (status.startsWith('5.1.') || status === '5.2.1') return 'hard'
  if (NO_SUCH_MAILBOX.test(diagnosis)) return 'hard'
  return /^55[01]\b/.test(diagnosis) && !/\b(spam|policy|block|reputation|greylist|rate)/i.test(diagnosis)
    ? 'hard'
    : 'soft'
}

/** Bounces without a report: qmail's, Exim's, and those of old gateways. */
function plainBounce(text: string): Bounce {
  const split = text.indexOf('\n\n')
  const head = unfolded(text.slice(0, split))
  const body = text.slice(split + 2)
  const fromDaemon = /^from:.*(mailer-daemon|postmaster|mail delivery (sub)?system)/im.test(head)
  const failedHeader = /^x-failed-recipients:/im.test(head)
  const title =
    /^subject:.*(undeliver|delivery (status|failure|has failed)|failure notice|returned mail|mail delivery failed)/im
  if (!failedHeader && !(fromDaemon && title.test(head))) return { kind: 'none' }
  if (
    /\b(delayed|will be (re)?tried|no action is required|warning)\b/i.test(
      `${/^subject:.*$/im.exec(head)?.[0]}`,
    )
  )
    return { kind: 'delayed' }
  const reply = /\b([45]\d\d)[ -](?:#?([45]\.\d{1,3}\.\d{1,3})\s+)?[^\n]*/.exec(body)
  const status = reply?.[2] ?? /#([45]\.\d{1,3}\.\d{1,3})\b/.exec(body)?.[1] ?? ''
  const words = reply?.[0] ?? body.split('\n').find((line) => PLAIN_WORDS.test(line))
  const error = (words ?? 'the mail came back').trim()
  return { kind: kindOf(status, error), error }
}

const unfolded = (text: string): string => text.replace(/\n[ \t]+/g, ' ')

function decoded(body: string, encoding: string | undefined): string {
  if (encoding?.toLowerCase() === 'base64')
    return Buffer.from(body, 'base64').toString().replace(/\r\n?/g, '\n')
  if (encoding?.toLowerCase() !== 'quoted-printable') return body
  return body
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
