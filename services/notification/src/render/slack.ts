import { buttonValue, CLAIM_ACTION, OPEN_ACTION } from '../slack/button.ts'
import type { Texts } from './catalog.ts'
import { channelText } from './channel-texts.ts'
import { contentOf, type NoticeSubject } from './content.ts'
import { escapeSlack } from './escape.ts'

/** Body of `chat.postMessage`, without the channel. */
export interface SlackMessage {
  /** What notifications and old clients show. */
  text: string
  blocks: object[]
  client_msg_id: string
  metadata: { event_type: string; event_payload: Record<string, string> }
  unfurl_links: false
}

const LONGEST_EXCERPT = 500

/**
 * The notice as a Slack message in the recipient's language. `claimable`: with a button that claims the
 * ticket for whoever presses it.
 */
export function noticeSlackMessage(
  about: NoticeSubject,
  texts: Texts,
  publicUrl: string,
  claimable = false,
): SlackMessage {
  const content = contentOf(about, texts, publicUrl, 'slack', LONGEST_EXCERPT)
  const quote = content.excerpt
    ?.split('\n')
    .map((line) => `>${escapeSlack(line)}`)
    .join('\n')
  const value = buttonValue({
    accountId: about.accountId,
    ticketId: about.ticket.id,
    locale: texts.locale,
  })
  return {
    text: `${short(content.headline)}: ${short(content.subject)}`,
    blocks: [
      section(`*${short(content.headline)}*\n<${content.open.url}|${linkText(content.subject)}>`),
      {
        type: 'section',
        fields: content.facts.map(({ label, value }) => mrkdwn(`*${escapeSlack(label)}*\n${short(value)}`)),
      },
      ...(content.rule
        ? [section(`*${escapeSlack(content.rule.label)}*\n${escapeSlack(content.rule.text.slice(0, 500))}`)]
        : []),
      ...(quote ? [section(quote)] : []),
      {
        type: 'actions',
        elements: [
          ...(claimable
            ? [{ ...button(CLAIM_ACTION, channelText(texts.locale, 'slack.claim')), value, style: 'primary' }]
            : []),
          { ...button(OPEN_ACTION, content.open.label), value, url: content.open.url },
        ],
      },
      {
        type: 'context',
        elements: [mrkdwn(`${short(content.why)} <${content.change.url}|${content.change.label}>`)],
      },
    ],
    client_msg_id: uuidOf(about.noticeId),
    metadata: {
      event_type: 'onus_notice',
      event_payload: { notice_id: about.noticeId, ticket_id: about.ticket.id, event: about.event },
    },
    unfurl_links: false,
  }
}

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })
/** A button's label has at most 75 characters there. */
const button = (actionId: string, label: string) => ({
  type: 'button',
  action_id: actionId,
  text: { type: 'plain_text', text: label.slice(0, 75) },
})
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) })
/** Within Slack's limits even when every character is escaped. */
const short = (text: string) => escapeSlack(text.slice(0, 250))
/** `|` would end the link's address. */
const linkText = (text: string) => short(text.replaceAll('|', '¦')) || '—'
const uuidOf = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
