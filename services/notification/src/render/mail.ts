import type { Texts } from './catalog.ts'
import { type Content, contentOf, type NoticeSubject } from './content.ts'
import { escapeHtml, headerText } from './escape.ts'

/** A mail, before it has a sender and a recipient. */
export interface Mail {
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  messageId: string
  references: string[]
}

const LONGEST_EXCERPT = 2000

/** What every notice about a ticket refers to, so that mail programs show them as one conversation. */
export const ticketThreadId = (ticketId: string, mailDomain: string): string =>
  `<ticket.${ticketId}@${mailDomain}>`

/** The notice as a mail in the recipient's language. The same notice is the same mail on every attempt. */
export function noticeMail(
  about: NoticeSubject,
  texts: Texts,
  where: { publicUrl: string; mailDomain: string },
): Mail {
  const content = contentOf(about, texts, where.publicUrl, 'email', LONGEST_EXCERPT)
  return {
    subject: headerText(`[#${about.ticket.number}] ${about.ticket.subject}`),
    text: plainText(content),
    html: page(content, texts),
    headers: {
      'X-Onus-Event': about.event,
      'X-Onus-Ticket': about.ticket.id,
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': texts.locale,
    },
    messageId: `<${about.noticeId}@${where.mailDomain}>`,
    references: [ticketThreadId(about.ticket.id, where.mailDomain)],
  }
}

function plainText(content: Content): string {
  const quoted = content.excerpt?.split('\n').map((line) => `> ${line}`.trimEnd())
  return [
    content.headline,
    content.subject,
    '',
    ...content.facts.map(({ label, value }) => `${label}: ${value}`),
    ...(quoted ? ['', ...quoted] : []),
    ...(content.excerptMore ? ['', content.excerptMore] : []),
    '',
    `${content.open.label}: ${content.open.url}`,
    '',
    '-- ',
    content.why,
    `${content.change.label}: ${content.change.url}`,
    '',
  ].join('\n')
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const DARK = `@media (prefers-color-scheme:dark){.page{background:#16181c!important;color:#e8eaed!important}.card{background:#202328!important;border-color:#3a3f47!important}.soft{color:#a8adb5!important}.quote{border-color:#4d5560!important}.button{background:#8ab4f8!important;color:#16181c!important}.link{color:#8ab4f8!important}}`

function page(content: Content, texts: Texts): string {
  const side = texts.direction === 'rtl' ? 'right' : 'left'
  const facts = content.facts
    .map(
      ({ label, value }) =>
        `<tr><td class="soft" style="padding:2px 12px 2px 0;color:#5f6670">${escapeHtml(label)}</td><td style="padding:2px 0"><bdi>${escapeHtml(value)}</bdi></td></tr>`,
    )
    .join('')
  const excerpt = content.excerpt
    ? `<div class="quote" dir="auto" style="margin:16px 0 0;padding:0 12px;border-${side}:3px solid #d0d5dc;white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(content.excerpt)}</div>`
    : ''
  const more = content.excerptMore
    ? `<p class="soft" style="margin:8px 0 0;color:#5f6670">${escapeHtml(content.excerptMore)}</p>`
    : ''
  return `<!doctype html>
<html lang="${texts.locale}" dir="${texts.direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${escapeHtml(content.headline)}</title><style>${DARK}</style></head>
<body class="page" style="margin:0;padding:24px 12px;background:#f3f4f6;color:#1c1f23;${FONT};font-size:15px;line-height:1.5">
<div class="card" style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #dfe3e8;border-radius:8px;text-align:${side}">
<h1 style="margin:0 0 4px;font-size:18px;line-height:1.35">${escapeHtml(content.headline)}</h1>
<p dir="auto" style="margin:0 0 16px;font-size:16px"><bdi>${escapeHtml(content.subject)}</bdi></p>
<table role="presentation" cellpadding="0" cellspacing="0" style="font-size:14px;border-collapse:collapse">${facts}</table>
${excerpt}${more}
<p style="margin:24px 0 0"><a class="button" href="${escapeHtml(content.open.url)}" style="display:inline-block;padding:10px 18px;background:#1a56db;color:#ffffff;border-radius:6px;text-decoration:none;font-weight:600">${escapeHtml(content.open.label)}</a></p>
</div>
<p class="soft" style="max-width:560px;margin:12px auto 0;color:#5f6670;font-size:12px;text-align:${side}">${escapeHtml(content.why)} <a class="link" href="${escapeHtml(content.change.url)}" style="color:#1a56db">${escapeHtml(content.change.label)}</a></p>
</body></html>
`
}
