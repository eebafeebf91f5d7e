import type { Cause, Holder, Refusal, TicketState } from '@onus/workflows-contract'
import { handOver } from './absence.ts'
import { standing } from './access.ts'
import {
  addMessage,
  changeHolder,
  conflict,
  type Decide,
  type Draft,
  forbidden,
  invalid,
  SYSTEM,
  unknownReference,
  wrongStatus,
} from './draft.ts'
import { type Facts, mayHold } from './facts.ts'

/** Responsibility changes by hand only while somebody may still have to do something. */
export const HANDED_ON: ReadonlySet<TicketState['status']> = new Set([
  'new',
  'open',
  'answered',
  'postponed',
  'resolved',
])

export const claim: Decide<'claim'> = (draft) => {
  const { state, facts, actor } = draft
  if (!HANDED_ON.has(state.status)) return wrongStatus(state, 'claimed; reopen it first')
  const { departmentId, agentId } = state.responsibility
  if (agentId !== null) return alreadyClaimed(draft)
  const self = draft.actor.id
  if (self === undefined || !mayHold(facts.directory, self, departmentId))
    return notMember(draft, departmentId)
  changeHolder(draft, { departmentId, agentId: self }, { actor, cause: { type: 'claim' } })
  return undefined
}

export const assign: Decide<'assign'> = (draft, { agentId }) => {
  const { state, facts } = draft
  if (!HANDED_ON.has(state.status)) return wrongStatus(state, 'assigned; reopen it first')
  const { departmentId } = state.responsibility
  if (!mayHold(facts.directory, agentId, departmentId)) return noSuchMember(draft, agentId, departmentId)
  const takesOver = takeOverInDisguise(draft, agentId)
  if (takesOver) return takesOver
  changeHolder(draft, { departmentId, agentId }, { actor: draft.actor, cause: { type: 'assign' } })
  return undefined
}

export const transfer: Decide<'transfer'> = (draft, command) => {
  const { state, facts, actor } = draft
  const { departmentId, agentId, noteMessageId } = command
  if (!HANDED_ON.has(state.status)) return wrongStatus(state, 'transferred; reopen it first')
  if (facts.directory.department(departmentId) === undefined)
    return unknownReference('departmentId', `There is no department ${departmentId}.`)
  if (agentId === undefined && departmentId === state.responsibility.departmentId)
    return conflict(
      state,
      'same-department',
      `The ticket is already ${departmentName(facts, departmentId)}'s; name an agent, another department, or release it.`,
    )
  if (agentId !== undefined) {
    if (!mayHold(facts.directory, agentId, departmentId)) return noSuchMember(draft, agentId, departmentId)
    const takesOver = takeOverInDisguise(draft, agentId)
    if (takesOver) return takesOver
  }
  changeHolder(draft, { departmentId, agentId: agentId ?? null }, { actor, cause: { type: 'transfer' } })
  settleSolo(draft)
  if (noteMessageId !== undefined) addMessage(draft, noteMessageId, 'note', { type: 'note' })
  return undefined
}

export const release: Decide<'release'> = (draft) => {
  const { state, actor } = draft
  if (!HANDED_ON.has(state.status)) return wrongStatus(state, 'released; reopen it first')
  const { departmentId, agentId } = state.responsibility
  if (agentId === null) return nobodyHolds(state)
  changeHolder(draft, { departmentId, agentId: null }, { actor, cause: { type: 'release' } })
  return undefined
}

export const takeOver: Decide<'take_over'> = (draft, { reason }) => {
  const { state, facts, actor } = draft
  if (reason.trim() === '') return invalid('reason', 'Say why you take it over.')
  if (!HANDED_ON.has(state.status)) return wrongStatus(state, 'taken over; reopen it first')
  const { departmentId, agentId } = state.responsibility
  if (agentId === null) return nobodyHolds(state)
  if (agentId === actor.id) return alreadyClaimed(draft)
  if (actor.id === undefined || !mayHold(facts.directory, actor.id, departmentId))
    return notMember(draft, departmentId)
  changeHolder(
    draft,
    { departmentId, agentId: actor.id },
    { actor, cause: { type: 'take_over' }, reason: reason.trim() },
  )
  return undefined
}

export const giveBack: Decide<'return'> = (draft, { noteMessageId }) => {
  const { state, facts, actor } = draft
  if (!HANDED_ON.has(state.status)) return wrongStatus(state, 'returned; reopen it first')
  const { lastTransfer } = state
  if (lastTransfer === null)
    return conflict(state, 'nothing-to-return', 'The ticket was not transferred since it was last returned.')
  const { by, from } = lastTransfer
  if (facts.directory.department(from.departmentId) === undefined)
    return conflict(state, 'nothing-to-return', 'The department that it came from is gone.')
  const sender =
    by.type === 'agent' && by.id !== undefined && mayHold(facts.directory, by.id, from.departmentId)
      ? by.id
      : null
  const cause: Cause = { type: 'return' }
  const to: Holder = { departmentId: from.departmentId, agentId: sender }
  const { departmentId, agentId } = state.responsibility
  if (departmentId === to.departmentId && agentId === to.agentId)
    return conflict(state, 'nothing-to-return', 'The ticket is already where it came from.')
  changeHolder(draft, to, { actor, cause })
  settleSolo(draft)
  if (noteMessageId !== undefined) addMessage(draft, noteMessageId, 'note', { type: 'note' })
  return undefined
}

/** Rule 2: while the account has one active agent, every ticket that is not done with is that agent's. */
export function settleSolo(draft: Draft): void {
  const { state, facts } = draft
  const { soloAgentId } = facts.directory
  const { departmentId, agentId } = state.responsibility
  const working = HANDED_ON.has(state.status)
  if (soloAgentId === null || agentId !== null || !working) return
  if (!mayHold(facts.directory, soloAgentId, departmentId)) return
  changeHolder(
    draft,
    { departmentId, agentId: soloAgentId },
    { actor: SYSTEM, cause: { type: 'solo_account' } },
  )
}

/** Rule 9: somebody who may no longer hold the ticket does not, whatever the command is. */
export function dropFormerMember(draft: Draft, cause: Cause): void {
  const { state, facts } = draft
  const { departmentId, agentId } = state.responsibility
  if (agentId === null || mayHold(facts.directory, agentId, departmentId)) return
  const leaving = facts.directory.offboarding?.(agentId)
  if (leaving) handOver(draft, leaving)
  else changeHolder(draft, { departmentId, agentId: null }, { actor: SYSTEM, cause })
}

export function alreadyClaimed({ state, facts, actor }: Draft): Refusal {
  const { agentId, since } = state.responsibility
  const whose = agentId === actor.id ? 'already yours' : `already ${agentName(facts, agentId)}'s`
  return conflict(state, 'already-claimed', `Ticket ${state.number} is ${whose} since ${since}.`)
}

/** Giving oneself somebody else's ticket is a take-over by another name: it needs that right, and its reason. */
function takeOverInDisguise(draft: Draft, agentId: string): Refusal | undefined {
  const { state, facts, actor, envelope } = draft
  const holder = state.responsibility.agentId
  if (holder === null || holder === agentId || actor.id !== agentId) return undefined
  const { role, membersMayTakeOver } = standing(envelope.authority, state.responsibility, facts.directory)
  if (role === 'owner' || role === 'admin' || membersMayTakeOver) return undefined
  return forbidden(
    `Ticket ${state.number} is ${agentName(facts, holder)}'s; taking it needs the right to take over.`,
  )
}

const nobodyHolds = (state: TicketState): Refusal =>
  conflict(state, 'not-assigned', `Nobody holds ticket ${state.number}; it can be claimed.`)

const notMember = ({ facts }: Draft, departmentId: string): Refusal => ({
  reason: 'unknown-reference',
  detail: `Only a member of ${departmentName(facts, departmentId)} can be responsible for its tickets, and you are none.`,
})

const noSuchMember = ({ facts }: Draft, agentId: string, departmentId: string): Refusal =>
  unknownReference(
    'agentId',
    `${agentId} is no active agent of ${departmentName(facts, departmentId)}; name one who is.`,
  )

const departmentName = (facts: Facts, id: string): string => facts.directory.department(id)?.name ?? id

const agentName = (facts: Facts, id: string | null): string =>
  id === null ? 'nobody' : (facts.directory.agent(id)?.name ?? id)
