import { newId, stableId } from '@onus/kit/ids'
import type { LedgerEvent } from '@onus/workflows-contract'
import type { Texts } from './catalog.ts'
import { channelText } from './channel-texts.ts'
import { contentOf, type NoticeSubject } from './content.ts'

/** What a device shows. */
export interface PushMessage {
  /** The same on every attempt, so that what can deduplicate does. */
  noticeId: string
  /** The same for all news of a ticket: a device that was off shows the latest, and one entry for a ticket. */
  collapseKey: string
  title: string
  body: string
  url: string
  event: string
  ticketId: string
  /** Why this person is told, in words, and where they can change that. */
  why: string
  preferenceUrl: string
  /** Of no use later. */
  ttlSeconds: number
  /** May wake a device that sleeps. */
  urgent: boolean
}

const DAY = 24 * 60 * 60
/** A chat that rings is answered at once or not at all. */
const TTL_SECONDS: Partial<Record<LedgerEvent, number>> = { chat_ringing: 60, chat_message: 15 * 60 }
const NOT_URGENT: ReadonlySet<LedgerEvent> = new Set(['ticket_new', 'ticket_reopened_department'])

/**
 * The notice as a push message in the recipient's language. A locked screen is anybody's to read: without
 * `showsText` it says which ticket and what happened, and nothing that a contact wrote, not even a name.
 */
export function noticePushMessage(
  about: NoticeSubject,
  texts: Texts,
  publicUrl: string,
  showsText: boolean,
): PushMessage {
  const shown = showsText ? about : { ...about, ticket: { ...about.ticket, contactName: undefined } }
  const content = contentOf(shown, texts, publicUrl, 'push', 140)
  const parts = [content.rule?.text, content.subject, content.excerpt].filter(Boolean)
  return {
    noticeId: about.noticeId,
    collapseKey: stableId('push', about.accountId, about.ticket.id),
    title: content.headline,
    body: showsText ? parts.join('\n') : channelText(texts.locale, 'push.hidden'),
    url: content.open.url,
    event: about.event,
    ticketId: about.ticket.id,
    why: content.why,
    preferenceUrl: content.change.url,
    ttlSeconds: TTL_SECONDS[about.event] ?? DAY,
    urgent: !NOT_URGENT.has(about.event),
  }
}

/** A message about nothing, by which people see that a device can be reached. */
export function testPushMessage(locale: string | undefined, publicUrl: string): PushMessage {
  const profile = new URL('/profile', publicUrl).href
  return {
    noticeId: newId(),
    collapseKey: stableId('push', 'test'),
    title: channelText(locale, 'push.test_title'),
    body: channelText(locale, 'push.test_body'),
    url: profile,
    event: 'test',
    ticketId: '',
    why: '',
    preferenceUrl: profile,
    ttlSeconds: 60,
    urgent: true,
  }
}
