import { type FieldProblem, problems } from '@onus/kit/problems'
import { Duration, IANAZone } from 'luxon'

/** Checks of single values. Each says what is wrong with the remedy, or gives the value in its one form. */

/** Collects everything that is wrong with a request, so that the caller is told once. */
export class FieldErrors {
  readonly invalid: FieldProblem[] = []
  readonly unknown: FieldProblem[] = []

  add(field: string, message: string): void {
    this.invalid.push({ field, message })
  }

  /** Well-formed, but it names something that does not exist or does not fit. */
  addUnknown(field: string, message: string): void {
    this.unknown.push({ field, message })
  }

  /** Shape before references: a malformed request is told of its shape only. */
  throwIfAny(): void {
    if (this.invalid.length) throw problems.invalid(this.invalid)
    if (this.unknown.length) throw problems.unknownReference(this.unknown)
  }
}

const CONTROL = /\p{Cc}/u

/** Text of one line of 1 to `max` characters, without the blanks around it. */
export function line(value: string | undefined, field: string, errors: FieldErrors, max = 200): string {
  const text = (value ?? '').trim().normalize('NFC')
  const length = [...text].length
  if (length < 1 || length > max) errors.add(field, `Give 1 to ${max} characters.`)
  else if (CONTROL.test(text)) errors.add(field, 'Leave out line breaks and control characters.')
  return text
}

export function oneOf<T extends string>(
  value: string | undefined,
  allowed: readonly T[],
  field: string,
  errors: FieldErrors,
): T {
  if (!(allowed as readonly string[]).includes(value ?? '')) {
    errors.add(field, `"${clip(value ?? '')}" is not one of ${allowed.join(', ')}.`)
  }
  return value as T
}

/** Letters, digits and the signs that RFC 5322 allows in a dot-atom; letters of any script (RFC 6532). */
const LOCAL = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+)*$/u
const LABEL = /^[\p{L}\p{N}\p{M}]([\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?$/u

/** Whether it is an address that mail can be sent to (RFC 5321 lengths, no quoted local part). */
export function isEmailAddress(value: string): boolean {
  const at = value.lastIndexOf('@')
  const local = value.slice(0, at)
  const domain = value.slice(at + 1)
  if (at < 1 || Buffer.byteLength(local) > 64 || Buffer.byteLength(value) > 254) return false
  const labels = domain.split('.')
  if (!LOCAL.test(local) || !labels.every((label) => LABEL.test(label))) return false
  return domain === 'localhost' || (labels.length > 1 && !/^\d+$/.test(labels.at(-1)!))
}

/** An e-mail address in lower case, the form in which addresses are compared. */
export function emailAddress(value: string | undefined, field: string, errors: FieldErrors): string {
  const address = (value ?? '').trim().normalize('NFC').toLowerCase()
  if (!isEmailAddress(address)) errors.add(field, 'Give an e-mail address like name@example.com.')
  return address
}

/** A BCP 47 language tag in canonical form. */
export function locale(value: string | undefined, field: string, errors: FieldErrors): string {
  try {
    return Intl.getCanonicalLocales(value ?? '')[0] ?? reject()
  } catch {
    return reject()
  }
  function reject(): string {
    errors.add(field, 'Give a BCP 47 language tag, for example "en" or "pt-BR".')
    return ''
  }
}

/** Whether a zone is in the time zone database, by its name; offsets know no daylight saving time. */
export const isTimeZone = (value: string): boolean => /^[A-Za-z]/.test(value) && IANAZone.isValidZone(value)

export function timeZone(value: string | undefined, field: string, errors: FieldErrors): string {
  if (!isTimeZone(value ?? '')) errors.add(field, 'Give an IANA time zone, for example "Europe/Berlin".')
  return value ?? ''
}

const MAX_DURATION_MS = 10 * 366 * 24 * 3600 * 1000
const DURATION =
  /^P(?=\d|T\d)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?$/

/** Milliseconds of an ISO 8601 duration above zero (a month as 30 days); null when it is none. */
export function durationMs(value: string | undefined): number | null {
  if (!value || value.length > 60 || !DURATION.test(value)) return null
  const ms = Duration.fromISO(value).as('milliseconds')
  return Number.isFinite(ms) && ms > 0 && ms <= MAX_DURATION_MS ? ms : null
}

export function duration(value: string | undefined, field: string, errors: FieldErrors): string {
  if (durationMs(value) === null) {
    errors.add(
      field,
      'Give an ISO 8601 duration above zero and up to 10 years, for example "PT30M" or "P7D".',
    )
  }
  return value ?? ''
}

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/

/** Local time HH:MM; `endOfDay` also takes 24:00. */
export const isTime = (value: string | undefined, endOfDay = false): boolean =>
  TIME.test(value ?? '') || (endOfDay && value === '24:00')

/** A day of the calendar, YYYY-MM-DD. */
export function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)
}

/** An https issuer as OpenID Connect has it; http only on this machine. */
export function issuerUrl(value: string | undefined, field: string, errors: FieldErrors): string {
  const text = (value ?? '').trim()
  const url = URL.canParse(text) ? new URL(text) : null
  const local = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const fits = url && (url.protocol === 'https:' || (url.protocol === 'http:' && local))
  if (!fits || url.search || url.hash || url.username || text.length > 500) {
    errors.add(
      field,
      'Give the issuer exactly as its tokens have it: an https URL without query or fragment.',
    )
  }
  return text
}

export const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
