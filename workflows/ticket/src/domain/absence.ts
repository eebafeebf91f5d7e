import type { Actor, Cause, Command } from '@onus/workflows-contract'
import { delegateOf } from './availability.ts'
import { choose, detailsOf, giveOut } from './distribute.ts'
import { changeHolder, type Draft, SYSTEM } from './draft.ts'
import { mayHold, type OffboardingFacts } from './facts.ts'

/** What becomes of the tickets of somebody who leaves, or who is away and lets somebody stand in. */

type Recheck = Extract<Command, { type: 'recheck' }>

/** To who was named for the department, or to nobody; the only agent who is left has everything. */
export function handOver(draft: Draft, leaving: OffboardingFacts): void {
  const { state, facts } = draft
  const { directory } = facts
  const { departmentId } = state.responsibility
  const done = state.status === 'closed' || state.status === 'spam'
  const successor = leaving.successors.find((one) => one.departmentId === departmentId)
  const redistributed = successor?.policy === 'redistribute' && !done
  const choice = redistributed ? choose(facts, departmentId, 'offboarding', state.requiredSkills) : null
  const heirs = [successor?.agentId, choice?.agentId, done ? null : directory.soloAgentId]
  const heir = heirs.find((id) => typeof id === 'string' && mayHold(directory, id, departmentId))
  changeHolder(
    draft,
    { departmentId, agentId: heir ?? null },
    {
      actor: SYSTEM,
      cause: offboardingCause(leaving.id, leaving.startedBy as Actor | undefined),
      ...(choice?.agentId ? { details: detailsOf(choice, 'offboarding') } : {}),
    },
  )
  // Nobody can get it: that is said, and it goes where the department falls back to.
  if (choice !== null && heir === undefined) giveOut(draft, 'offboarding')
}

export const offboardingCause = (offboardingId: string, startedBy: Actor | undefined): Cause => ({
  type: 'offboarding',
  offboardingId,
  ...(startedBy === undefined ? {} : { startedBy }),
})

/** The off-boarding is taken back: what is still where it put it goes back to who held it. */
export function undoHandOver(draft: Draft, agentId: string, { offboardingId, startedBy }: Recheck): void {
  const { state, facts } = draft
  const { departmentId, cause } = state.responsibility
  if (cause.type !== 'offboarding' || cause.offboardingId !== offboardingId || cause.undone === true) return
  if (!mayHold(facts.directory, agentId, departmentId)) return
  changeHolder(
    draft,
    { departmentId, agentId },
    { actor: SYSTEM, cause: { ...offboardingCause(offboardingId, startedBy), undone: true } as Cause },
  )
}

/** By hand somebody was meant in person: they have it, also while somebody stands in for them. */
const IN_PERSON: ReadonlySet<Cause['type']> = new Set([
  'claim',
  'answer',
  'assign',
  'transfer',
  'release',
  'take_over',
  'return',
  'offboarding',
])

/**
 * What comes to somebody by itself, who has delegated their tickets, goes on to who stands in for them: when
 * it is given to them, and when the contact or the time makes it need somebody again.
 */
export function settleDelegation(draft: Draft): void {
  const { entries, envelope, facts } = draft
  if (facts.directory.soloAgentId !== null) return
  const moved = entries.findLast(({ type }) => type === 'responsibility.changed')
  const byItself = moved !== undefined && !IN_PERSON.has(moved.cause.type)
  const needed =
    envelope.command.type === 'recheck' ||
    entries.some(
      ({ type, to, details }) =>
        (type === 'status.changed' && (to === 'new' || to === 'open')) ||
        (type === 'message.added' && details?.authorType === 'contact' && details.automatic !== true),
    )
  if (moved === undefined ? needed : byItself) passOn(draft)
}

/** To who stands in for the holder now, if somebody does. */
export function passOn(draft: Draft): boolean {
  const { state, facts } = draft
  const { departmentId, agentId, cause } = state.responsibility
  if (agentId === null || (state.status !== 'new' && state.status !== 'open')) return false
  const delegate = delegateOf(facts.directory, agentId, departmentId, facts.now)
  if (delegate === null) return false
  const before = standsInBy(cause)
  changeHolder(
    draft,
    { departmentId, agentId: delegate.agentId },
    {
      actor: SYSTEM,
      cause: {
        type: 'delegation',
        delegationId: facts.directory.agent(agentId)?.delegation?.id,
        agentId,
        ...(before === undefined ? {} : { before }),
      },
      details: { chain: delegate.chain },
    },
  )
  return true
}

/** The delegation is over: what came by it and is still there goes back to who was away. */
export function endDelegation(draft: Draft, delegation: NonNullable<Recheck['delegation']>): void {
  const { state, facts } = draft
  const { directory, now } = facts
  const { departmentId, cause } = state.responsibility
  if (cause.type !== 'delegation' || cause.delegationId !== delegation.id || cause.ended === true) return
  const still = directory.agent(delegation.agentId)?.delegation
  if (still?.id === delegation.id && now.toISOString() < still.until) return
  // Who was stood in for may have stood in themselves, and not any more.
  const before = cause.before
  const first = before && directory.agent(before.agentId)?.delegation
  const beforeRuns =
    before !== undefined && first?.id === before.delegationId && now.toISOString() < first.until
  const back = before !== undefined && !beforeRuns ? before.agentId : delegation.agentId
  const agentId = [back, delegation.agentId].find((id) => mayHold(directory, id, departmentId))
  if (agentId === undefined) return
  changeHolder(
    draft,
    { departmentId, agentId },
    {
      actor: SYSTEM,
      cause:
        before !== undefined && beforeRuns
          ? { type: 'delegation', ...before }
          : { type: 'delegation', delegationId: delegation.id, agentId: delegation.agentId, ended: true },
    },
  )
}

/** The delegation that a ticket came by to its holder, while it runs. */
function standsInBy(cause: Cause): { delegationId: string; agentId: string } | undefined {
  if (cause.type !== 'delegation' || cause.ended === true) return undefined
  const { delegationId, agentId } = cause
  return delegationId === undefined || agentId === undefined ? undefined : { delegationId, agentId }
}
