import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '@onus/workflows-contract'
import { RuleErrors } from '../problems.ts'
import type { Template } from './model.ts'
import { checkPlaceholders } from './placeholders.ts'

/** What a caller may say of a template. */
export interface TemplateInput {
  name?: string
  subject?: string
  body?: string
}

const FIELDS = ['name', 'subject', 'body'] as const
const MAX_NAME = 200
const MAX_SUBJECT = 998
const MAX_BODY = 50_000

interface SaveContext {
  by: Actor
  now: string
}

export function createTemplate(id: string, input: TemplateInput, { by, now }: SaveContext): Template {
  return { id, ...checked(input), createdAt: now, updatedAt: now, updatedBy: by }
}

/** Changes the named fields; the same template when that changes nothing. */
export function updateTemplate(
  current: Template,
  input: TemplateInput,
  mask: readonly string[] | undefined,
  { by, now }: SaveContext,
): Template {
  const errors = new RuleErrors()
  const names = mask ?? FIELDS.filter((field) => input[field])
  for (const name of names) {
    if (!(FIELDS as readonly string[]).includes(name)) {
      errors.add(name, `This cannot be changed; use some of ${FIELDS.join(', ')}.`)
    }
  }
  errors.throwIfAny()
  const merged = { name: current.name, subject: current.subject, body: current.body }
  for (const name of names as (typeof FIELDS)[number][]) Object.assign(merged, { [name]: input[name] })
  const content = checked(merged)
  const { name, subject, body } = current
  if (isDeepStrictEqual(content, { name, ...(subject !== undefined && { subject }), body })) return current
  const { id, createdAt } = current
  return { id, ...content, createdAt, updatedAt: now, updatedBy: by }
}

function checked(input: TemplateInput): Pick<Template, 'name' | 'subject' | 'body'> {
  const errors = new RuleErrors()
  const name = line(input.name, 'name', MAX_NAME, errors)
  const subject = input.subject ? line(input.subject, 'subject', MAX_SUBJECT, errors) : undefined
  const body = (input.body ?? '').normalize('NFC').replaceAll('\r\n', '\n')
  if (!body.trim() || [...body].length > MAX_BODY) {
    errors.add('body', `Give a text of 1 to ${MAX_BODY} characters.`)
  }
  checkPlaceholders(subject ?? '', 'subject', errors)
  checkPlaceholders(body, 'body', errors)
  errors.throwIfAny()
  return { name, ...(subject !== undefined && { subject }), body }
}

function line(input: string | undefined, field: string, max: number, errors: RuleErrors): string {
  const text = (input ?? '').trim().normalize('NFC')
  if (text.length < 1 || [...text].length > max || /\p{Cc}/u.test(text)) {
    errors.add(field, `Give 1 to ${max} characters on one line.`)
  }
  return text
}
