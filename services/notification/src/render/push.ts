import type { Texts } from './catalog.ts'
import { contentOf, type NoticeSubject } from './content.ts'

/** What a device shows. */
export interface PushMessage {
  /** The same on every attempt: a device replaces what it shows under the same tag. */
  tag: string
  title: string
  body: string
  url: string
  event: string
  ticketId: string
}

/** The notice as a push message in the recipient's language. */
export function noticePushMessage(about: NoticeSubject, texts: Texts, publicUrl: string): PushMessage {
  const content = contentOf(about, texts, publicUrl, 'push', 140)
  return {
    tag: about.noticeId,
    title: content.headline,
    body: content.subject,
    url: content.open.url,
    event: about.event,
    ticketId: about.ticket.id,
  }
}
