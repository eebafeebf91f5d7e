import type { ParsedMail } from './mail/parse.ts'
import type { MailPlan } from './store/mails.ts'

/** A ticket that a mail may belong to, and what binds it to the mail. */
export interface Candidate {
  ticketId: string
  /** The sender is its contact, or was sender or recipient of a mail in it. */
  takesPart: boolean
  /** A report about an answer that went out from it. */
  reported: boolean
}

/**
 * Where a mail goes. It joins the first ticket that it names and whose conversation its sender takes part in:
 * whoever got hold of a number or a Message-ID could write into a stranger's ticket otherwise. A bounce comes
 * from a mail server and not from a participant; that it carries the Message-ID of our own answer is enough.
 * All else is a new ticket that names the other.
 */
export function planFor(candidates: readonly Candidate[]): MailPlan {
  const joined = candidates.find(({ takesPart, reported }) => takesPart || reported)
  if (joined) return { kind: 'reply', ticketId: joined.ticketId }
  const named = candidates[0]
  return named ? { kind: 'create', followUpOf: named.ticketId } : { kind: 'create' }
}

/** Message-IDs by which a mail says what it answers, nearest first. */
export function answeredIds({
  inReplyTo,
  references,
}: Pick<ParsedMail, 'inReplyTo' | 'references'>): string[] {
  return [...new Set([...inReplyTo, ...references.toReversed()])].slice(0, MOST_IDS)
}

/** Threads grow without end, and programs keep the newest ids and the first. */
const MOST_IDS = 100

const TAG = /\[#(\d{1,15})\]/g

/** Ticket numbers in a subject: `[#123]`, as our answers write them. */
export function subjectNumbers(subject: string): string[] {
  return [...new Set([...subject.matchAll(TAG)].map(([, number]) => number ?? ''))].slice(0, 5)
}
