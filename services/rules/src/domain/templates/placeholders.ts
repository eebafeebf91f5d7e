import type { Facts } from '../facts.ts'
import { clip, type RuleErrors } from '../problems.ts'
import { textOf, type Values } from '../values.ts'

const named = (found: { name: string } | undefined): string => found?.name ?? ''

/** What templates can ask for. What a ticket does not have is an empty text. */
const PLACEHOLDERS: ReadonlyMap<string, (values: Values, facts: Facts) => string> = new Map([
  ['ticket.number', (values) => textOf(values.number) ?? ''],
  ['ticket.subject', (values) => textOf(values.subject) ?? ''],
  ['contact.name', (values) => textOf(values['contact.name']) ?? ''],
  ['agent.name', ({ agentId }, facts) => (agentId ? named(facts.agent(String(agentId))) : '')],
  ['department.name', ({ departmentId }, facts) => named(facts.department(String(departmentId)))],
])

export const PLACEHOLDER_NAMES = [...PLACEHOLDERS.keys()]

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g

/** Says of each placeholder that there is none of that name. */
export function checkPlaceholders(text: string, field: string, errors: RuleErrors): void {
  const unknown = new Set(
    [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!.trim()).filter((name) => !PLACEHOLDERS.has(name)),
  )
  const known = PLACEHOLDER_NAMES.map((name) => `{{${name}}}`).join(', ')
  for (const name of unknown) {
    errors.add(field, `There is no placeholder {{${clip(name)}}}; use some of ${known}.`)
  }
}

/** Fills the placeholders in, once: what a ticket says is never read as a placeholder. */
export function fillIn(text: string, values: Values, facts: Facts): string {
  return text.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = PLACEHOLDERS.get(name.trim())?.(values, facts) ?? ''
    return value.replaceAll(/\p{Cc}+/gu, ' ').trim()
  })
}
