import type { Command, CommandEnvelope, Entry, Refusal, TicketState } from '@onus/workflows-contract'
import { settleDelegation } from './absence.ts'
import { mayCommand } from './access.ts'
import { automate } from './automation.ts'
import { recheck, tick } from './clock.ts'
import { answer, contactReply, note, reopen } from './conversation.ts'
import { create } from './create.ts'
import {
  conflict,
  createDraft,
  type Decide,
  type Draft,
  forbidden,
  type WrittenMessage,
  wrongStatus,
} from './draft.ts'
import type { TicketKey } from './evolve.ts'
import type { Facts } from './facts.ts'
import { changedFields, close, postpone, remove, resolve, spam, update } from './lifecycle.ts'
import {
  assign,
  claim,
  dropFormerMember,
  giveBack,
  release,
  settleSolo,
  takeOver,
  transfer,
} from './responsibility.ts'

/** What became of a command: entries (none: there was nothing to do), or why not. */
export interface Decision {
  entries: Entry[]
  /** Values of the custom fields that were set; null: removed. */
  fields?: Record<string, unknown>
  refusal?: Refusal
  /** Messages that the decision writes itself; kept before the entries that name them. */
  messages?: readonly WrittenMessage[]
}

const COMMANDS: { [T in Exclude<Command['type'], 'create'>]: Decide<T> } = {
  claim,
  answer,
  note,
  contact_reply: contactReply,
  assign,
  transfer,
  release,
  take_over: takeOver,
  return: giveBack,
  resolve,
  reopen,
  close,
  spam,
  delete: remove,
  postpone,
  update,
  tick,
  recheck,
}

/**
 * Decides one command by the facts of now: permission first, then the revision that the caller saw, then
 * the rules of responsibility. Pure; a refusal changes nothing.
 */
export function decide(
  state: TicketState | null,
  envelope: CommandEnvelope,
  facts: Facts,
  key: TicketKey,
): Decision {
  const draft = createDraft(state, envelope, facts, key)
  const refusal = state === null ? decideNew(draft) : decideExisting(draft, state)
  if (refusal !== undefined) return { entries: [], refusal }
  const { command } = envelope
  const sets = command.type === 'create' || command.type === 'update' ? command.fields : {}
  const fields = changedFields(state, sets)
  settleDelegation(draft)
  // A new ticket's rules have acted once by now.
  automate(draft, state === null ? 1 : 0, fields)
  settleDelegation(draft)
  return {
    entries: [...draft.entries],
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(draft.messages.length > 0 ? { messages: draft.messages } : {}),
  }
}

function decideNew(draft: Draft): Refusal | undefined {
  const { command } = draft.envelope
  if (command.type !== 'create') return notFound
  const nobody = { departmentId: '', agentId: null }
  if (mayCommand(draft.envelope, nobody, draft.facts.directory) !== 'allowed')
    return forbidden('You may not create tickets.')
  return create(draft, command)
}

function decideExisting(draft: Draft, state: TicketState): Refusal | undefined {
  const { envelope, facts } = draft
  const { command, expectedRevision } = envelope
  const access = mayCommand(envelope, state.responsibility, facts.directory)
  if (access === 'hidden') return notFound
  if (access === 'forbidden')
    return forbidden(`You may not ${command.type.replaceAll('_', ' ')} this ticket.`)
  if (command.type === 'create') return conflict(state, 'already-exists', 'There is a ticket of this id.')
  const { revision } = state.responsibility
  if (expectedRevision !== undefined && expectedRevision !== revision)
    return conflict(
      state,
      'stale-revision',
      `The ticket is at revision ${revision}, not ${expectedRevision}.`,
    )
  if (state.status === 'deleted') {
    const own = command.type === 'tick' || command.type === 'recheck'
    return own ? undefined : wrongStatus(state, 'changed')
  }
  // A reopening says itself why its agent could not keep the ticket.
  if (command.type !== 'recheck' && !mayReopen(state, command))
    dropFormerMember(draft, { type: 'membership_change' })
  const refusal = (COMMANDS[command.type] as Decide<Command['type']>)(draft, command)
  if (refusal === undefined) settleSolo(draft)
  return refusal
}

const mayReopen = (state: TicketState, command: Command): boolean =>
  (state.status === 'resolved' || state.status === 'closed') &&
  (command.type === 'reopen' || (command.type === 'contact_reply' && command.automatic !== true))

const notFound: Refusal = { reason: 'not-found', detail: 'There is no such ticket.' }
