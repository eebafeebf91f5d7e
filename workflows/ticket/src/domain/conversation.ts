import {
  type Actor,
  type Cause,
  REOPEN_POLICIES,
  type ReopenPolicy,
  type TicketState,
} from '@onus/workflows-contract'
import { passOn } from './absence.ts'
import { type Absence, delegateOf, isAway } from './availability.ts'
import { choose, detailsOf, giveOut } from './distribute.ts'
import {
  addMessage,
  changeHolder,
  changeStatus,
  conflict,
  type Decide,
  type Draft,
  SYSTEM,
  wrongStatus,
} from './draft.ts'
import { mayHold } from './facts.ts'

export const answer: Decide<'answer'> = (draft, { messageId }) => {
  const { state, facts, actor } = draft
  if (state.status === 'closed' || state.status === 'spam')
    return wrongStatus(state, 'answered; reopen it first')
  const { departmentId, agentId } = state.responsibility
  const self = actor.type === 'agent' ? actor.id : undefined
  const takesOver = agentId === null && self !== undefined && mayHold(facts.directory, self, departmentId)
  const department = facts.directory.department(departmentId)
  if (self !== undefined && agentId !== self && !takesOver && department?.onlyOwnerAnswers === true)
    return conflict(
      state,
      'only-owner-answers',
      `In ${department.name} only the one who holds a ticket answers it.`,
    )
  addMessage(draft, messageId, 'public', { type: 'answer' })
  if (takesOver) changeHolder(draft, { departmentId, agentId: self }, { actor, cause: { type: 'answer' } })
  if (state.status === 'new' || state.status === 'open')
    changeStatus(draft, 'answered', { cause: { type: 'answer' } })
  return undefined
}

export const note: Decide<'note'> = (draft, { messageId }) => {
  addMessage(draft, messageId, 'note', { type: 'note' })
  return undefined
}

export const contactReply: Decide<'contact_reply'> = (draft, { messageId, automatic }) => {
  addContactMessage(draft, messageId, {
    cause: { type: automatic === true ? 'auto_reply' : 'reply' },
    automatic: automatic === true,
  })
  // Machines, and contacts whose ticket is spam, change nothing else.
  if (automatic === true || draft.state.status === 'spam') return undefined
  const { status } = draft.state
  if (status === 'answered' || status === 'postponed')
    changeStatus(draft, 'open', { actor: contactOf(draft.state), cause: { type: 'reply' } })
  else if (status === 'resolved' || status === 'closed')
    reopening(draft, { actor: contactOf(draft.state), cause: { type: 'reply' } })
  return undefined
}

export const reopen: Decide<'reopen'> = (draft) => {
  const { state, actor } = draft
  if (state.status === 'resolved' || state.status === 'closed')
    reopening(draft, { actor, cause: { type: 'reopen' } })
  // Not spam after all: it was never done with, so this is no reopening.
  else if (state.status === 'spam') changeStatus(draft, 'open', { cause: { type: 'reopen' } })
  else return wrongStatus(state, 'reopened')
  return undefined
}

/** A message written by the contact, or by somebody with the right in the contact's name. */
export function addContactMessage(
  draft: Draft,
  messageId: string,
  { cause, automatic }: { cause: Cause; automatic: boolean },
): void {
  const { actor, state } = draft
  draft.add({
    type: 'message.added',
    actor: contactOf(state),
    cause,
    details: {
      messageId,
      authorType: 'contact',
      kind: 'public',
      ...(automatic ? { automatic: true } : {}),
      ...(actor.type === 'agent' || actor.type === 'api_client' ? { writtenBy: actor } : {}),
    },
  })
}

const contactOf = (state: TicketState): Actor => ({ type: 'contact', id: state.contactId })

/** The one reopening there is, whatever the channel: status, the department's policy, and what it decided. */
export function reopening(draft: Draft, by: { actor: Actor; cause: Cause }): void {
  const previousStatus = draft.state.status
  const { departmentId } = draft.state.responsibility
  const policy = reopenPolicy(draft.facts.directory.department(departmentId)?.reopenPolicy)
  const outcome = reopenOutcome(draft, policy)
  const redistributed = policy === 'redistribute' && (outcome === 'policy' || outcome === 'not_member')
  const choice = redistributed
    ? choose(draft.facts, departmentId, 'reopened', draft.state.requiredSkills)
    : null
  changeStatus(draft, 'open', by)
  draft.add({ type: 'reopened', ...by, details: { policy, outcome, previousStatus } })
  if (outcome === 'kept' || outcome === 'unassigned') return
  if (outcome === 'delegated') {
    passOn(draft)
    return
  }
  if (choice?.agentId) {
    const details = detailsOf(choice, 'reopened')
    changeHolder(
      draft,
      { departmentId, agentId: choice.agentId },
      { actor: SYSTEM, cause: { type: 'distribution' }, details },
    )
    return
  }
  changeHolder(
    draft,
    { departmentId, agentId: null },
    { actor: SYSTEM, cause: { type: 'reopen_policy', policy, outcome } },
  )
  if (choice !== null) giveOut(draft, 'reopened')
}

type ReopenOutcome = 'kept' | 'unassigned' | 'policy' | 'not_member' | 'delegated' | Absence

function reopenOutcome({ state, facts }: Draft, policy: ReopenPolicy): ReopenOutcome {
  const { departmentId, agentId } = state.responsibility
  if (agentId === null) return 'unassigned'
  if (!mayHold(facts.directory, agentId, departmentId)) return 'not_member'
  if (policy === 'department' || policy === 'redistribute') return 'policy'
  const { directory, now } = facts
  const delegated =
    directory.soloAgentId === null && delegateOf(directory, agentId, departmentId, now) !== null
  if (delegated) return 'delegated'
  const agent = directory.agent(agentId)
  const away = policy === 'keep_if_available' && agent ? isAway(agent, departmentId, now) : null
  return away ?? 'kept'
}

const reopenPolicy = (value: string | undefined): ReopenPolicy =>
  REOPEN_POLICIES.find((policy) => policy === value) ?? 'keep_if_available'
