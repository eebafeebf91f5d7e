import type {
  Actor,
  Cause,
  Command,
  CommandEnvelope,
  Entry,
  Holder,
  Refusal,
  TicketState,
} from '@onus/workflows-contract'
import { evolve, type TicketKey } from './evolve.ts'
import type { Facts } from './facts.ts'

/** The system's own hand: rules, timers, policies. */
export const SYSTEM: Actor = { type: 'system' }

/** What a decision is made of: entries that were decided so far, and the state that they lead to. */
export interface Draft {
  readonly key: TicketKey
  /** The ticket before the command; null when it is created. */
  readonly before: TicketState | null
  readonly facts: Facts
  readonly envelope: CommandEnvelope
  /** Who commands, by the name they have now. */
  readonly actor: Actor
  readonly at: string
  readonly entries: readonly Entry[]
  readonly state: TicketState
  /** Messages that the decision writes itself, named by its entries. */
  readonly messages: readonly WrittenMessage[]
  /** Adds one entry; the next decisions see the ticket as it leaves it. */
  add(entry: Omit<Entry, 'sequence' | 'at'>): Entry
  /** Keeps a message that an entry names. */
  write(message: WrittenMessage): void
  /** A draft to try something on, from here on. */
  fork(): Draft
}

/** A message that nobody sent: a rule's note or answer. */
export interface WrittenMessage {
  messageId: string
  author: Actor
  kind: 'public' | 'note'
  body: string
  html?: string
}

/** One kind of command: adds entries to the draft, or says why not. */
export type Decide<T extends Command['type']> = (
  draft: Draft,
  command: Command & { type: T },
) => Refusal | undefined

export function createDraft(
  before: TicketState | null,
  envelope: CommandEnvelope,
  facts: Facts,
  key: TicketKey,
  origin: TicketState | null = before,
): Draft {
  const entries: Entry[] = []
  const messages: WrittenMessage[] = []
  let state = before
  const now = facts.now.toISOString()
  // Clocks of machines differ; the ticket's own time never runs backwards.
  const at = before !== null && before.updatedAt > now ? before.updatedAt : now
  return {
    key,
    before: origin,
    facts,
    envelope,
    actor: named(envelope.authority.actor, facts),
    at,
    entries,
    messages,
    get state() {
      if (state === null) throw new Error('a ticket has no state before its first entry')
      return state
    },
    add(entry) {
      const numbered: Entry = { sequence: (state?.sequence ?? 0) + 1, at, ...entry }
      state = evolve(state, numbered, key)
      entries.push(numbered)
      return numbered
    },
    write(message) {
      messages.push(message)
    },
    fork: () => createDraft(state, envelope, facts, key, origin),
  }
}

/** Agents by their name of now; contacts without theirs, which belongs to nobody's timeline but their own. */
function named(actor: Actor, facts: Facts): Actor {
  if (actor.type === 'contact')
    return { type: 'contact', ...(actor.id === undefined ? {} : { id: actor.id }) }
  if (actor.type !== 'agent' || actor.id === undefined) return actor
  const name = facts.directory.agent(actor.id)?.name ?? actor.name
  return { type: 'agent', id: actor.id, ...(name === undefined ? {} : { name }) }
}

interface HolderChange {
  actor: Actor
  cause: Cause
  reason?: string
  details?: Record<string, unknown>
}

/** Changes the pair as one value; nothing happens when it stays what it is. */
export function changeHolder(draft: Draft, to: Holder, change: HolderChange): void {
  const { departmentId, agentId, revision } = draft.state.responsibility
  if (departmentId === to.departmentId && agentId === to.agentId) return
  draft.add({
    type: 'responsibility.changed',
    ...change,
    from: { departmentId, agentId },
    to: { departmentId: to.departmentId, agentId: to.agentId },
    revision: revision + 1,
  })
}

/** Changes the status; nothing happens when it stays what it is, unless there are details to tell. */
export function changeStatus(
  draft: Draft,
  to: TicketState['status'],
  change: { actor?: Actor; cause: Cause; details?: Record<string, unknown> },
): void {
  const from = draft.state.status
  if (from === to && change.details === undefined) return
  draft.add({ type: 'status.changed', actor: change.actor ?? draft.actor, ...withoutActor(change), from, to })
}

const withoutActor = ({
  cause,
  details,
}: {
  cause: Cause
  details?: Record<string, unknown>
}): Pick<Entry, 'cause' | 'details'> => (details === undefined ? { cause } : { cause, details })

/** Adds a message of the commanding actor. */
export function addMessage(draft: Draft, messageId: string, kind: 'public' | 'note', cause: Cause): void {
  const { actor } = draft
  draft.add({ type: 'message.added', actor, cause, details: { messageId, authorType: actor.type, kind } })
}

/** Refusals of a race or of the state carry the responsibility as it is: everything that is 409. */
export function conflict(
  state: TicketState,
  reason:
    | 'stale-revision'
    | 'already-claimed'
    | 'not-unassigned'
    | 'not-assigned'
    | 'only-owner-answers'
    | 'same-department'
    | 'nothing-to-return'
    | 'wrong-status'
    | 'already-exists',
  detail: string,
): Refusal {
  return { reason, detail, current: state.responsibility }
}

export const wrongStatus = (state: TicketState, verb: string): Refusal =>
  conflict(state, 'wrong-status', `A ticket that is ${state.status} cannot be ${verb}.`)

export const forbidden = (detail: string): Refusal => ({ reason: 'forbidden', detail })

/** Well formed, and names something that does not exist or does not fit. */
export const unknownReference = (field: string, message: string): Refusal => ({
  reason: 'unknown-reference',
  detail: message,
  errors: [{ field, message }],
})

export const invalid = (field: string, message: string): Refusal => ({
  reason: 'invalid-request',
  detail: message,
  errors: [{ field, message }],
})
