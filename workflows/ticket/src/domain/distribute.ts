import type { Entry } from '@onus/workflows-contract'
import { distributes, reasonForNobody, strategyOf } from './distribution.ts'
import { changeHolder, type Draft, SYSTEM } from './draft.ts'
import type { Choice, Facts, Occasion, SkillFacts } from './facts.ts'
import { awaitedBy } from './waiting.ts'

/** What a department's distribution does to a ticket, as entries of the command that it is part of. */

/** Whom the department's distribution chooses; null when it leaves that to people. */
export function choose(
  { directory, choose }: Facts,
  departmentId: string,
  occasion: Occasion,
  requiredSkills: readonly SkillFacts[] = [],
): Choice | null {
  if (choose === undefined || strategyOf(directory.department(departmentId)) === null) return null
  // The only active agent has everything.
  return directory.soloAgentId === null ? choose(departmentId, occasion, requiredSkills) : null
}

/** Whether the department gives out tickets that are new, reopened or transferred. */
export const isDistributed = ({ directory }: Facts, departmentId: string, occasion: Occasion): boolean =>
  distributes(directory.department(departmentId), occasion)

/** Why somebody has it, for the timeline. */
export const detailsOf = (
  { strategy, candidates }: Choice,
  occasion: Occasion,
): NonNullable<Entry['details']> => ({
  occasion,
  ...(strategy === undefined ? {} : { strategy }),
  candidates,
})

/**
 * After everything else of a command: a ticket that became nobody's by it is given to somebody, if its
 * department distributes such tickets.
 */
export function distribute(draft: Draft): void {
  const { state, facts } = draft
  const awaited = awaitedBy(state)
  if (awaited === null || awaited === 'any' || !draft.entries.some(makesItNobodys)) return
  const { departmentId } = state.responsibility
  if (isDistributed(facts, departmentId, awaited as Occasion)) giveOut(draft, awaited as Occasion)
}

const makesItNobodys = ({ type }: Entry): boolean =>
  type === 'responsibility.changed' || type === 'status.changed' || type === 'reopened'

/**
 * Gives the ticket to whom its department chooses. When that is nobody, it says so and who was looked at, and
 * the ticket goes where the department falls back to, whose own distribution then counts.
 */
export function giveOut(draft: Draft, occasion: Occasion): void {
  const { facts } = draft
  const seen = new Set<string>()
  for (;;) {
    const { responsibility, requiredSkills } = draft.state
    const { departmentId } = responsibility
    const choice = choose(facts, departmentId, occasion, requiredSkills)
    if (choice === null || isOpen(choice)) return
    if (choice.agentId !== null) {
      give(draft, departmentId, choice, occasion)
      return
    }
    seen.add(departmentId)
    const fallback = facts.directory.department(departmentId)?.distribution?.fallbackDepartmentId
    const goesOn =
      fallback !== undefined && !seen.has(fallback) && facts.directory.department(fallback) !== undefined
    draft.add({
      type: 'distribution.no_eligible_agent',
      actor: SYSTEM,
      cause: { type: 'distribution' },
      details: {
        departmentId,
        occasion,
        reason: reasonForNobody(choice.candidates),
        candidates: choice.candidates,
        ...(goesOn ? { fallbackDepartmentId: fallback } : {}),
      },
    })
    if (!goesOn) return
    const there = isDistributed(facts, fallback, occasion)
      ? choose(facts, fallback, occasion, requiredSkills)
      : null
    if (there?.agentId) {
      give(draft, fallback, there, occasion)
      return
    }
    const by = { actor: SYSTEM, cause: { type: 'distribution' } as const }
    changeHolder(draft, { departmentId: fallback, agentId: null }, { ...by, details: { occasion } })
    if (there === null || isOpen(there)) return
  }
}

function give(draft: Draft, departmentId: string, choice: Choice, occasion: Occasion): void {
  changeHolder(
    draft,
    { departmentId, agentId: choice.agentId },
    { actor: SYSTEM, cause: { type: 'distribution' }, details: detailsOf(choice, occasion) },
  )
}

/** Nothing is said of it: the answer is on its way, or it waits in turn behind older ones. */
export const isOpen = ({ pending, queued }: Choice): boolean => pending === true || queued === true

/** The drain asks again: somebody who can get it now, does. That still nobody can is known already. */
export function drainBacklog(draft: Draft): void {
  const { state, facts } = draft
  const awaited = awaitedBy(state)
  const { departmentId } = state.responsibility
  if (awaited === null || !distributes(facts.directory.department(departmentId), awaited)) return
  const choice = choose(facts, departmentId, 'drain', state.requiredSkills)
  if (choice?.agentId) give(draft, departmentId, choice, 'drain')
}
