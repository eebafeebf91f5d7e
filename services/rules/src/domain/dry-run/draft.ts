import { Problem, problems } from '@onus/kit/problems'
import { compileRules } from '../evaluate.ts'
import { emptyRules, type Rule } from '../model.ts'
import { createRule, type RuleInput, type SaveContext } from '../rules.ts'
import { waitsFor } from '../waiting.ts'
import type { DraftRules } from './simulate.ts'

/** A rule of a draft: one that there is, changed or not, or a new one. */
export interface DraftInput extends RuleInput {
  id?: string
  version?: number
}

type FieldError = { field: string; message: string }

/** The rules of a draft in their order, checked as if they were saved. */
export function draftRules(inputs: readonly DraftInput[], context: SaveContext): Rule[] {
  const errors: FieldError[] = []
  const unknown: FieldError[] = []
  const places = new Map<number, number>()
  const ids = new Map<string, number>()
  const rules = inputs.flatMap((input, at) => {
    const path = `rules[${at}]`
    const position = input.position || at + 1
    const id = input.id || `draft-${at + 1}`
    const other = places.get(position)
    if (other !== undefined) {
      const message = `rules[${other}] has position ${position} already. Give each its own, or leave all of them out.`
      errors.push({ field: `${path}.position`, message })
    }
    if (ids.has(id))
      errors.push({ field: `${path}.id`, message: `rules[${ids.get(id)}] has this id already.` })
    places.set(position, at)
    ids.set(id, at)
    try {
      const [rule] = createRule(emptyRules(''), id, { ...input, position: 0 }, context).rules
      return [{ rule: { ...rule!, version: input.version || 1 }, position }]
    } catch (error) {
      if (!(error instanceof Problem) || !error.errors) throw error
      const list = error.reason === 'unknown-reference' ? unknown : errors
      list.push(...error.errors.map(({ field, message }) => ({ field: `${path}.${field}`, message })))
      return []
    }
  })
  if (errors.length) throw problems.invalid(errors)
  if (unknown.length) throw problems.unknownReference(unknown)
  return rules.sort((a, b) => a.position - b.position).map(({ rule }) => rule)
}

/** Makes a draft ready to be asked. */
export function prepareDraft(rules: Rule[]): DraftRules {
  const state = { ...emptyRules(''), rules }
  return { compiled: compileRules(state), waiting: waitsFor(state) }
}
