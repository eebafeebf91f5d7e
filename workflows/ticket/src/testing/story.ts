import type {
  Actor,
  Authority,
  Cause,
  Command,
  CommandEnvelope,
  Deadlines,
  Entry,
  Refusal,
  TicketState,
} from '@onus/workflows-contract'
import { deadlines } from '../domain/deadlines.ts'
import { type Decision, decide } from '../domain/decide.ts'
import { applyCommit } from '../domain/evolve.ts'
import type { Facts, RuleEffectFacts, RulesFacts } from '../domain/facts.ts'
import { type DirectoryPlan, directoryOf } from './directory.ts'

export const KEY = { accountId: 'acme', ticketId: 't1' }

export const SYSTEM_AUTHORITY: Authority = { actor: { type: 'system' } }
export const CONTACT_AUTHORITY: Authority = { actor: { type: 'contact', id: 'c1', name: 'Carla' } }

/** What a key without an agent brings. */
export const keyWith = (...scopes: string[]): Authority => ({
  actor: { type: 'api_client', id: 'k1', name: 'Shop' },
  scopes,
})

export const agentAuthority = (id: string): Authority => ({ actor: { type: 'agent', id } })

/** A new ticket as the API would ask for it. */
export const creation = (
  more: Partial<Extract<Command, { type: 'create' }>> = {},
): Extract<Command, { type: 'create' }> => ({
  type: 'create',
  number: '42',
  channel: 'email',
  contactId: 'c1',
  messageId: 'm1',
  priority: 'normal',
  tags: [],
  fields: {},
  ...more,
})

/** Rules that want this of every new ticket. */
export const rulesOnCreation = (effects: readonly RuleEffectFacts[]): RulesFacts => ({
  events: new Set(effects.length > 0 ? ['ticket_created'] : []),
  times: [],
  evaluate: ({ trigger }) => (trigger === 'ticket_created' ? effects : []),
})

/** One ticket's life, told command by command; time moves on by a minute with each. */
export class Story {
  state: TicketState | null = null
  readonly entries: Entry[] = []
  now: Date
  plan: DirectoryPlan
  /** What the rules want of a new ticket. */
  rules: RuleEffectFacts[] = []
  /** The account's rules; those of {@link rules} when it is left out. */
  automation: RulesFacts | undefined
  /** Until when rules by time have been asked. */
  #asked: string | null = null
  choose: Facts['choose']

  constructor(plan: DirectoryPlan, now = '2026-03-02T09:00:00.000Z') {
    this.plan = plan
    this.now = new Date(now)
  }

  get facts(): Facts {
    const { now, choose } = this
    const rules = this.automation ?? rulesOnCreation(this.rules)
    return { now, directory: directoryOf(this.plan), rules, ...(choose ? { choose } : {}) }
  }

  get ticket(): TicketState {
    if (this.state === null) throw new Error('the story has no ticket yet')
    return this.state
  }

  /** `department/agent`, with `-` for nobody. */
  get holder(): string {
    const { departmentId, agentId } = this.ticket.responsibility
    return `${departmentId}/${agentId ?? '-'}`
  }

  get cause(): Cause {
    return this.ticket.responsibility.cause
  }

  get deadlines(): Deadlines {
    const { directory, rules } = this.facts
    return deadlines(this.state, directory, { times: rules?.times ?? [], asked: this.#asked })
  }

  /** When the next rule by time is due. */
  get ruleDueAt(): string | undefined {
    return this.deadlines.ruleDueAt
  }

  /** Creates the ticket by a mail of its contact. */
  create(more: Parameters<typeof creation>[0] = {}, by: Authority = CONTACT_AUTHORITY): this {
    this.expect(creation(more), by)
    return this
  }

  /** One command; a string names the acting agent. */
  do(command: Command, by: string | Authority, more: Partial<CommandEnvelope> = {}): Decision {
    const authority = typeof by === 'string' ? agentAuthority(by) : by
    const decision = decide(this.state, { commandId: 'x', command, authority, ...more }, this.facts, KEY)
    if (decision.refusal === undefined) this.#asked = this.now.toISOString()
    if (decision.entries.length > 0) {
      this.state = applyCommit(
        this.state,
        { commandNumber: (this.state?.commandNumber ?? 0) + 1, ...decision },
        KEY,
      )
      this.entries.push(...decision.entries)
    }
    this.wait(60)
    return decision
  }

  /** A command that must be carried out; answers its entries. */
  expect(command: Command, by: string | Authority): Entry[] {
    const { entries, refusal } = this.do(command, by)
    if (refusal !== undefined) throw new Error(`refused: ${refusal.reason}: ${refusal.detail}`)
    return entries
  }

  /** A command that must be refused; answers why. */
  refused(command: Command, by: string | Authority, more: Partial<CommandEnvelope> = {}): Refusal {
    const before = this.state
    const { entries, refusal } = this.do(command, by, more)
    if (refusal === undefined) throw new Error('was not refused')
    if (entries.length > 0 || this.state !== before) throw new Error('a refusal changed the ticket')
    return refusal
  }

  tick(): Entry[] {
    return this.expect({ type: 'tick' }, SYSTEM_AUTHORITY)
  }

  recheck(because: 'membership_change' | 'offboarding' | 'solo_account' | 'settings' = 'membership_change') {
    return this.expect({ type: 'recheck', because }, SYSTEM_AUTHORITY)
  }

  wait(seconds: number): this {
    this.now = new Date(this.now.getTime() + seconds * 1000)
    return this
  }

  /** Time is now this. */
  at(time: string): this {
    this.now = new Date(time)
    return this
  }
}

/** Types of entries, for comparing what a command did. */
export const types = (entries: readonly { type: string }[]): string[] => entries.map(({ type }) => type)

export const actorOf = (id: string, name = id.charAt(0).toUpperCase() + id.slice(1)): Actor => ({
  type: 'agent',
  id,
  name,
})
