import type { Facts } from '../facts.ts'
import type { Values } from '../values.ts'
import type { Template } from './model.ts'
import { fillIn } from './placeholders.ts'

/** A template with its placeholders filled in. */
export interface Rendered {
  subject?: string
  body: string
  html: string
}

/** The text for one ticket; `values` and `facts` are those of an evaluation. */
export function render(template: Pick<Template, 'subject' | 'body'>, values: Values, facts: Facts): Rendered {
  const body = fillIn(template.body, values, facts)
  const subject = template.subject && fillIn(template.subject, values, facts)
  return { ...(subject && { subject }), body, html: htmlOf(body) }
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Plain text as HTML: paragraphs and line breaks, and everything else as it was written. */
export function htmlOf(text: string): string {
  const escaped = text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!)
  return escaped
    .split(/\n\s*\n/)
    .map((paragraph) => `<p>${paragraph.trim().replaceAll('\n', '<br>')}</p>`)
    .join('\n')
}
