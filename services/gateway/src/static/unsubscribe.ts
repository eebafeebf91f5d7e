import type { UnsubscribeResponse } from '@onus/proto/onus/v1/notification'
import { PAGE_HEADERS } from './pages.ts'

/** Nothing of the page leaves it, and its one form goes to where it came from. */
export const UNSUBSCRIBE_HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
}

const STYLE =
  ':root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem}button{font:inherit;font-weight:600;padding:.6rem 1.4rem;border:0;border-radius:.4rem;background:#1a56db;color:#fff;cursor:pointer}button:focus-visible,a:focus-visible{outline:3px solid #8ab4f8;outline-offset:2px}'

/** What an unsubscribe link opens: a button that does it, or the word that it is done. */
export function unsubscribePage(page: UnsubscribeResponse, token: string): string {
  const form = page.button
    ? `<form method="post" action="?token=${encodeURIComponent(token)}"><button type="submit">${escapeHtml(page.button)}</button></form>`
    : ''
  return `<!doctype html>
<html lang="${escapeHtml(page.locale)}" dir="${page.direction === 'rtl' ? 'rtl' : 'ltr'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${escapeHtml(page.title)}</title>
<style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(page.title)}</h1>
<p>${escapeHtml(page.text)}</p>
${form}
<p><a href="${escapeHtml(page.preferencesUrl)}">${escapeHtml(page.preferencesLabel)}</a></p></main></body>
</html>
`
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
