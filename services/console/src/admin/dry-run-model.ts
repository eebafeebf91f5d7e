import type { DryRun, Rule } from '../api/types.ts'
import { type RuleBody, restorable } from './rule-text.ts'

/** A rule as a draft takes it: one that there is, or one that is being written. */
export type DraftRule = RuleBody & Partial<Pick<Rule, 'id' | 'version'>>

const draftOf = ({ id, version, ...rule }: DraftRule): DraftRule => ({
  ...(id !== undefined && { id }),
  ...(version !== undefined && { version }),
  ...restorable(rule),
})

/** The set that is tried: all rules in their order with the written one in its place, or that one alone. */
export function draftSet(rules: readonly Rule[], draft: DraftRule | undefined, alone: boolean): DraftRule[] {
  if (draft && alone) return [draftOf(draft)]
  const set = rules.toSorted((a, b) => a.position - b.position).map(draftOf)
  if (!draft) return set
  const at = set.findIndex(({ id }) => id !== undefined && id === draft.id)
  return at < 0 ? [...set, draftOf(draft)] : set.with(at, draftOf(draft))
}

/** The rule that a result names: ids of new ones say where they stand in the draft. */
export function ruleOf(set: readonly DraftRule[], ruleId: string): DraftRule | undefined {
  const place = /^draft-(\d+)$/.exec(ruleId)?.[1]
  return place ? set[Number(place) - 1] : set.find(({ id }) => id === ruleId)
}

/** Local days, both included, as moments; null when they are none. */
export function periodOf(from: string, to: string): { since: string; until: string } | null {
  const since = new Date(`${from}T00:00:00`)
  const until = new Date(`${to}T00:00:00`)
  until.setDate(until.getDate() + 1)
  if (Number.isNaN(since.getTime()) || Number.isNaN(until.getTime()) || since >= until) return null
  return { since: since.toISOString(), until: until.toISOString() }
}

/** The day of a moment where the reader is, as a field for dates has it. */
export function dayOf(moment: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
}

/** Whether nothing at all would have been different. */
export const isUneventful = (run: DryRun): boolean =>
  run.wouldDifferTotal === 0 && run.notices.length === 0 && run.loopsTotal === 0

/** Agents whose load would be another, the most changed first. */
export const changedLoad = (run: DryRun): DryRun['load'] =>
  run.load
    .filter(({ before, after }) => before !== after)
    .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
