import type { HttpReply } from './http.ts'
import type { SunkMail } from './mail.ts'

/** A mail's HTML is a stranger's: it gets no scripts, no forms and nothing from the net. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'"

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd}
pre{white-space:pre-wrap;background:#f6f6f6;padding:1rem}iframe{width:100%;height:30rem;border:1px solid #ddd}
dt{font-weight:600;float:left;clear:left;width:10rem}dd{margin:0 0 .2rem 10.5rem;overflow-wrap:anywhere}`

/** The mails of the sink for a person: a list, or one mail under `<id>`, its HTML under `<id>/html`. */
export function mailPage(mails: SunkMail[], action: string): HttpReply {
  if (action === '') return page('Mail that was sent', list(mails))
  const [id, part] = action.split('/')
  const mail = mails.find((candidate) => candidate.id === id)
  if (!mail) return { ...page('Not found', '<p>There is no such mail.</p>'), status: 404 }
  if (part === 'html')
    return html(mail.html ?? '', "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
  return page(mail.subject || '(no subject)', one(mail))
}

function list(mails: SunkMail[]): string {
  if (mails.length === 0) return '<p>Nothing yet.</p>'
  const rows = mails.toReversed().map(
    (
      mail,
    ) => `<tr><td>${escaped(mail.receivedAt)}</td><td>${escaped(mail.from)}</td><td>${escaped(mail.to)}</td>
<td><a href="/mail/${mail.id}">${escaped(mail.subject || '(no subject)')}</a></td></tr>`,
  )
  return `<table><tr><th>Received</th><th>From</th><th>To</th><th>Subject</th></tr>${rows.join('')}</table>`
}

function one(mail: SunkMail): string {
  const headers = Object.entries(mail.headers).map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`,
  )
  const frame = mail.html
    ? `<h2>As HTML</h2><iframe sandbox title="The mail as HTML" src="/mail/${mail.id}/html"></iframe>`
    : ''
  return `<p><a href="/mail">All mails</a></p><dl>${headers.join('')}</dl>
<pre>${escaped(mail.text)}</pre>${frame}`
}

function page(title: string, content: string): HttpReply {
  return html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style><h1>${escaped(title)}</h1>${content}</html>`,
    POLICY,
  )
}

const html = (body: string, policy: string): HttpReply => ({
  status: 200,
  headers: { 'content-security-policy': policy, 'x-content-type-options': 'nosniff' },
  body,
})

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
