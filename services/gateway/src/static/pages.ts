import { PROBLEM_TYPE_BASE, PROBLEMS, type Reason } from '@onus/kit/problems'

/** Small pages for people who look at the gateway with a browser. */

/** Styles are inline and nothing else may be. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cache-control': 'no-cache',
}

export interface Addresses {
  publicUrl: string
  smtp?: string
}

export const homePage = ({ publicUrl, smtp }: Addresses): string =>
  page(
    'Onus',
    `<p>Onus always knows who is responsible for a ticket: one department and at most one agent.</p>
<ul>
<li>API: <code>${escapeHtml(publicUrl)}/api/v1</code></li>
<li><a href="/api/v1/openapi.json">OpenAPI document</a> of the API</li>
<li><a href="/api/v1/asyncapi.json">AsyncAPI document</a> of the events on Kafka</li>
<li><a href="/problems">Problems</a> that the API answers</li>
${smtp ? `<li>Inbound mail (SMTP): <code>${escapeHtml(smtp)}</code></li>` : ''}
</ul>`,
  )

export const problemListPage = (): string =>
  page(
    'Problems',
    `<p>Every error of the API is a problem document (RFC 9457). Its <code>type</code> is one of these.</p>
<dl>${(Object.keys(PROBLEMS) as Reason[]).map(entry).join('\n')}</dl>`,
  )

export const problemPage = (reason: Reason): string =>
  page(PROBLEMS[reason].title, `<dl>${entry(reason)}</dl><p><a href="/problems">All problems</a></p>`)

const entry = (reason: Reason): string => {
  const { title, status, doc } = PROBLEMS[reason]
  return `<dt id="${reason}"><a href="/problems/${reason}"><code>${PROBLEM_TYPE_BASE}${reason}</code></a></dt>
<dd>${status} ${escapeHtml(title)}. ${escapeHtml(doc)}</dd>`
}

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}dt{margin-top:1rem}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
