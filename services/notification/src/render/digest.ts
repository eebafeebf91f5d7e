import { stableId } from '@onus/kit/ids'
import type { Texts } from './catalog.ts'
import { contentOf, headlineOf, type NoticeSubject, preferenceUrl, ticketUrl, whyOf } from './content.ts'
import { escapeSlack, headerText } from './escape.ts'
import { automaticHeaders, type Mail, type MailPlace, preheaderOf } from './mail.ts'
import type { PushMessage } from './push.ts'
import type { SlackMessage } from './slack.ts'
import { htmlPage, type MailPage, textPage } from './template.ts'

/** Notices that come together. */
export interface Digest {
  /** The same on every attempt. */
  id: string
  accountId: string
  /** Oldest first. */
  items: NoticeSubject[]
}

const MOST_IN_MAIL = 50
const MOST_IN_SLACK = 20
const LONGEST_EXCERPT = 300

const titleOf = ({ items }: Digest, texts: Texts): string =>
  texts.text('digest.title', { count: items.length })
const settingsUrl = (publicUrl: string): string => `${publicUrl}/profile/notifications`

/** The digest as a mail: each notice as it would have come, without what is in the ticket anyhow. */
export function digestMail(digest: Digest, texts: Texts, place: MailPlace): Mail {
  const shown = digest.items.slice(0, MOST_IN_MAIL)
  const left = digest.items.length - shown.length
  const title = titleOf(digest, texts)
  const page: MailPage = {
    title,
    preheader: preheaderOf(shown.map((about) => about.ticket.subject).join(' · ')),
    items: shown.map((about) => {
      const content = contentOf(about, texts, place.publicUrl, 'email', LONGEST_EXCERPT)
      const { why, change } = content
      return { ...content, facts: content.facts.slice(0, 2), reason: { text: why, change } }
    }),
    ...(left > 0 && { more: texts.text('digest.more', { count: left }) }),
    footer: [texts.text('why.digest')],
    links: [{ label: texts.text('why.change'), url: settingsUrl(place.publicUrl) }],
  }
  return {
    subject: headerText(title),
    text: textPage(page),
    html: htmlPage(page, texts),
    headers: { 'X-Onus-Event': 'digest', ...automaticHeaders(texts, place) },
    messageId: `<${digest.id}@${place.mailDomain}>`,
    references: [],
  }
}

/** The digest as a Slack message: each notice in a line, and below it why it came, which leads to its preference. */
export function digestSlackMessage(digest: Digest, texts: Texts, publicUrl: string): SlackMessage {
  const shown = digest.items.slice(0, MOST_IN_SLACK)
  const left = digest.items.length - shown.length
  const title = titleOf(digest, texts)
  const lines = shown.map((about) => {
    const subject = escapeSlack(about.ticket.subject.replaceAll('|', '¦').slice(0, 80)) || '—'
    const headline = escapeSlack(headlineOf(about, texts).slice(0, 120))
    const reason = escapeSlack(whyOf(about, texts).slice(0, 120))
    const change = preferenceUrl(publicUrl, { ...about, channel: 'slack' })
    return `• ${headline}: <${ticketUrl(publicUrl, about.ticket.id)}|${subject}>\n  _<${change}|${reason}>_`
  })
  const more = left > 0 ? [texts.text('digest.more', { count: left })] : []
  const why = `${escapeSlack(texts.text('why.digest'))} <${settingsUrl(publicUrl)}|${texts.text('why.change')}>`
  return {
    text: title,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${escapeSlack(title)}*` } },
      // A section holds 3,000 characters.
      ...inGroups([...lines, ...more], 4).map((group) => ({
        type: 'section',
        text: { type: 'mrkdwn', text: group.join('\n').slice(0, 3000) },
      })),
      { type: 'context', elements: [{ type: 'mrkdwn', text: why }] },
    ],
    client_msg_id: digest.id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    metadata: {
      event_type: 'onus_digest',
      event_payload: { notice_id: digest.id, ticket_id: '', event: 'digest' },
    },
    unfurl_links: false,
  }
}

const inGroups = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))

/** The digest as a push message: how many, and of which tickets. No contact's words. */
export function digestPushMessage(digest: Digest, texts: Texts, publicUrl: string): PushMessage {
  const numbers = [...new Set(digest.items.map(({ ticket }) => `#${ticket.number}`))]
  const shown = numbers.slice(0, 8)
  return {
    noticeId: digest.id,
    collapseKey: stableId('push', digest.accountId, 'digest'),
    title: titleOf(digest, texts),
    body: `${shown.join(', ')}${numbers.length > shown.length ? ', …' : ''}`,
    url: `${publicUrl}/`,
    event: 'digest',
    ticketId: digest.items[0]?.ticket.id ?? '',
    why: texts.text('why.digest'),
    preferenceUrl: settingsUrl(publicUrl),
    ttlSeconds: 24 * 60 * 60,
    urgent: false,
  }
}
