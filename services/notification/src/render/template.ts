import juice from 'juice'
import type { Texts } from './catalog.ts'
import { escapeHtml } from './escape.ts'

/** What a page of a mail holds. Everything is text; the template makes it HTML. */
export interface MailPage {
  title: string
  /** What lists of mails show after the subject. */
  preheader: string
  items: MailItem[]
  /** Below the items: what was left out. */
  more?: string | undefined
  footer: string[]
  links: { label: string; url: string }[]
}

/** One notice on the page. */
export interface MailItem {
  headline: string
  subject: string
  rule?: { label: string; text: string } | undefined
  facts: { label: string; value: string }[]
  excerpt?: string | undefined
  excerptMore?: string | undefined
  open: { label: string; url: string }
  /** Why this one came, where the page holds several: each has its own reason and its own preference. */
  reason?: { text: string; change: { label: string; url: string } } | undefined
}

/**
 * Mail programs know little CSS and some remove style sheets, so every style is on its element; what is in
 * `data-embed` stays a style sheet for those that know dark mode. Tables, because Outlook knows nothing else.
 */
const STYLES = `
body { margin: 0; padding: 0; background-color: #f3f4f6; color: #1c1f23; }
table { border-collapse: separate; mso-table-lspace: 0; mso-table-rspace: 0; }
.page { width: 100%; background-color: #f3f4f6; }
.gap { padding: 24px 12px; }
.column { width: 100%; max-width: 560px; }
.card { background-color: #ffffff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 24px; }
.font { font-family: -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; font-size: 15px; line-height: 22px; color: #1c1f23; }
.headline { margin: 0 0 4px; font-size: 18px; line-height: 25px; font-weight: 600; }
.subject { margin: 0 0 16px; font-size: 16px; line-height: 24px; }
.facts { font-size: 14px; line-height: 20px; }
.soft { color: #5f6670; }
.label { padding-top: 2px; padding-bottom: 2px; white-space: nowrap; vertical-align: top; }
.value { padding: 2px 12px; vertical-align: top; }
.quote { margin: 16px 0 0; padding: 0 12px; white-space: pre-wrap; overflow-wrap: anywhere; word-break: break-word; }
.after { margin: 8px 0 0; font-size: 14px; }
.action { padding-top: 24px; }
.button { background-color: #1a56db; border-radius: 6px; }
.button-link { display: inline-block; padding: 10px 18px; color: #ffffff; font-weight: 600; text-decoration: none; }
.between { padding: 12px 0 0; font-size: 1px; line-height: 1px; }
.footer { padding: 12px 4px; font-size: 12px; line-height: 18px; }
.link { color: #1a56db; }
.preheader { display: none; max-height: 0; max-width: 0; overflow: hidden; opacity: 0; font-size: 1px; line-height: 1px; color: #f3f4f6; mso-hide: all; }
`
const DARK = `:root{color-scheme:light dark;supported-color-schemes:light dark}@media (prefers-color-scheme:dark){body,.page{background-color:#16181c!important}.font{color:#e8eaed!important}.card{background-color:#202328!important;border-color:#3a3f47!important}.soft{color:#a8adb5!important}.quote{border-color:#4d5560!important}.button{background-color:#8ab4f8!important}.button-link{color:#16181c!important}.link{color:#8ab4f8!important}.preheader{color:#16181c!important}}[data-ogsc] .font{color:#e8eaed!important}[data-ogsc] .soft{color:#a8adb5!important}`

/** A part of the source between `<!--name-->` and `<!--/name-->`. */
const part = (name: string, html: string): string => `<!--${name}-->${html}<!--/${name}-->`

const source = (direction: 'ltr' | 'rtl'): string => {
  const start = direction === 'rtl' ? 'right' : 'left'
  const facts = part(
    'fact',
    `<tr><td class="font facts soft label" align="${start}">%LABEL%</td><td class="font facts value" align="${start}"><bdi>%VALUE%</bdi></td></tr>`,
  )
  const quote = part(
    'quote',
    `<div class="font quote" dir="auto" style="border-${start}:3px solid #d0d5dc">%TEXT%</div>`,
  )
  const item = part(
    'item',
    `<tr><td class="between">&nbsp;</td></tr><tr><td class="card" align="${start}" dir="${direction}">
<h1 class="font headline">%HEADLINE%</h1>
<p class="font subject" dir="auto" align="${start}"><bdi>%SUBJECT%</bdi></p>
%RULE%
<table role="presentation" cellpadding="0" cellspacing="0" border="0" dir="${direction}">%FACTS%</table>
%QUOTE%
<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td class="action"><table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td class="button" bgcolor="#1a56db"><a class="font button-link" href="%URL%">%OPEN%</a></td></tr></table></td></tr></table>
%REASON%
</td></tr>`,
  )
  const after = part('after', '<p class="font soft after">%TEXT%</p>')
  const link = part('link', '<a class="link" href="%URL%">%LABEL%</a>')
  const reason = part('reason', '<p class="font soft after">%TEXT% %LINK%</p>')
  const parts = `${facts}${quote}${after}${link}${reason}`
  return `<!doctype html>
<html lang="%LANG%" dir="${direction}" xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="x-apple-disable-message-reformatting"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>%TITLE%</title><!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]--><style data-embed>${DARK}</style></head>
<body dir="${direction}">
<div class="preheader">%PREHEADER%</div>
<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f4f6"><tr><td class="gap" align="center">
<!--[if mso]><table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table class="column" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
${item}
<tr><td class="font soft footer" align="${start}" dir="${direction}">%FOOTER%</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
${part('parts', parts)}</body></html>
`
}

interface Template {
  page: string
  item: string
  fact: string
  quote: string
  after: string
  link: string
  reason: string
}

/** The styles are put on the elements once, when the service begins. */
function compile(direction: 'ltr' | 'rtl'): Template {
  const html = juice.inlineContent(source(direction), STYLES, {
    applyWidthAttributes: false,
    preserveImportant: true,
  })
  const between = (name: string): string => html.split(`<!--${name}-->`)[1]?.split(`<!--/${name}-->`)[0] ?? ''
  const without = (name: string, text: string, put = ''): string =>
    text.replace(`<!--${name}-->${between(name)}<!--/${name}-->`, () => put)
  return {
    page: without('parts', without('item', html, '%ITEMS%')),
    item: between('item'),
    fact: between('fact'),
    quote: between('quote'),
    after: between('after'),
    link: between('link'),
    reason: between('reason'),
  }
}

const TEMPLATES = { ltr: compile('ltr'), rtl: compile('rtl') }

const fill = (template: string, values: Record<string, string>): string =>
  template.replace(/%([A-Z]+)%/g, (whole, name: string) => values[name] ?? whole)

/** Keeps what follows in the mail out of the lists' preview. */
const FILLER = '&#847;&zwnj;&nbsp;'.repeat(40)

/** The page as HTML. */
export function htmlPage(page: MailPage, texts: Texts): string {
  const template = TEMPLATES[texts.direction]
  const link = ({ label, url }: { label: string; url: string }) =>
    fill(template.link, { LABEL: escapeHtml(label), URL: escapeHtml(url) })
  const after = (text: string | undefined) => (text ? fill(template.after, { TEXT: escapeHtml(text) }) : '')
  const quote = (text: string | undefined) => (text ? fill(template.quote, { TEXT: escapeHtml(text) }) : '')
  const items = page.items.map((item) =>
    fill(template.item, {
      HEADLINE: escapeHtml(item.headline),
      SUBJECT: escapeHtml(item.subject),
      RULE: item.rule ? `${after(item.rule.label)}${quote(item.rule.text)}` : '',
      FACTS: item.facts
        .map(({ label, value }) =>
          fill(template.fact, { LABEL: escapeHtml(label), VALUE: escapeHtml(value) }),
        )
        .join(''),
      QUOTE: `${quote(item.excerpt)}${after(item.excerptMore)}`,
      URL: escapeHtml(item.open.url),
      OPEN: escapeHtml(item.open.label),
      REASON: item.reason
        ? fill(template.reason, {
            TEXT: escapeHtml(item.reason.text),
            LINK: link(item.reason.change),
          })
        : '',
    }),
  )
  const footer = [page.more, ...page.footer].flatMap((line) => (line ? escapeHtml(line) : []))
  return fill(template.page, {
    LANG: texts.locale,
    TITLE: escapeHtml(page.title),
    PREHEADER: `${escapeHtml(page.preheader)}${FILLER}`,
    ITEMS: items.join('\n'),
    FOOTER: [...footer, page.links.map(link).join(' · ')].join('<br>'),
  })
}

/** The page as plain text. */
export function textPage(page: MailPage): string {
  const items = page.items.map((item) => {
    const quoted = (text: string) => text.split('\n').map((line) => `> ${line}`.trimEnd())
    return [
      item.headline,
      item.subject,
      ...(item.rule ? ['', `${item.rule.label}:`, ...quoted(item.rule.text)] : []),
      ...(item.facts.length ? ['', ...item.facts.map(({ label, value }) => `${label}: ${value}`)] : []),
      ...(item.excerpt ? ['', ...quoted(item.excerpt)] : []),
      ...(item.excerptMore ? ['', item.excerptMore] : []),
      '',
      `${item.open.label}: ${item.open.url}`,
      ...(item.reason
        ? ['', item.reason.text, `${item.reason.change.label}: ${item.reason.change.url}`]
        : []),
    ].join('\n')
  })
  return [
    items.join('\n\n\n'),
    ...(page.more ? ['', page.more] : []),
    '',
    '-- ',
    ...page.footer,
    ...page.links.map(({ label, url }) => `${label}: ${url}`),
    '',
  ].join('\n')
}
