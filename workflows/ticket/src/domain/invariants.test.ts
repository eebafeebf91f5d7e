import { eventErrors } from '@onus/proto/events'
import {
  type Command,
  type CommandEnvelope,
  type Entry,
  PRIORITIES,
  REOPEN_POLICIES,
  TICKET_STATUSES,
  type TicketState,
  type TicketStatus,
} from '@onus/workflows-contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DirectoryPlan, directoryOf } from '../testing/directory.ts'
import { type RulePlan, rulesOf } from '../testing/rules.ts'
import { creation, KEY } from '../testing/story.ts'
import { MAX_DEPTH } from './automation.ts'
import { decide } from './decide.ts'
import { applyCommit, evolve } from './evolve.ts'
import { type DirectoryFacts, mayHold, type RuleAction } from './facts.ts'

const DEPARTMENTS = ['billing', 'sales', 'support']
const AGENTS = ['ana', 'bob', 'cem', 'dia']

const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const department = oneOf([...DEPARTMENTS, 'gone'])
const agent = oneOf([...AGENTS, 'ghost'])
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

/** A department that is in use cannot be deleted; `fewest: 1` looks at what happens if it is nevertheless. */
const planWith = (fewest: number): fc.Arbitrary<DirectoryPlan> =>
  fc.record({
    departments: fc
      .subarray(DEPARTMENTS, { minLength: fewest })
      .chain((ids) =>
        fc.tuple(
          ...ids.map((id) =>
            fc.tuple(
              fc.constant(id),
              fc.record({
                reopenPolicy: oneOf([...REOPEN_POLICIES, 'unheard_of']),
                onlyOwnerAnswers: fc.boolean(),
                membersMayTakeOver: fc.boolean(),
                claimTimeout: maybe(
                  fc.record({
                    warnAfter: maybe(oneOf(['PT10M', 'PT1H', 'nonsense'])),
                    then: oneOf(['notify', 'escalate', 'redistribute', 'unheard_of']),
                    after: oneOf(['PT0S', 'PT30M', 'PT4H', 'P1D', 'nonsense']),
                    toDepartmentId: maybe(department),
                  }),
                ),
              }),
            ),
          ),
        ),
      )
      .map((pairs) => Object.fromEntries(pairs)),
    agents: fc
      .subarray(AGENTS, { minLength: 1 })
      .chain((ids) =>
        fc.tuple(
          ...ids.map((id) =>
            fc.tuple(
              fc.constant(id),
              fc.record({
                in: fc.subarray(DEPARTMENTS),
                role: oneOf(['owner', 'admin', 'agent'] as const),
                status: oneOf(['active', 'active', 'active', 'suspended', 'removed']),
                presence: oneOf(['online', 'away', 'offline']),
              }),
            ),
          ),
        ),
      )
      .map((pairs) => Object.fromEntries(pairs)),
    settings: fc.record({ reopenWindow: oneOf(['P7D', 'PT1H', 'nonsense']) }),
  })

const tagsOf = fc.array(oneOf(['a', 'b', 'c']), { minLength: 1, maxLength: 2 })
const ruleAction: fc.Arbitrary<RuleAction> = fc.oneof(
  fc.record({ type: fc.constant('transfer'), departmentId: department, agentId: maybe(agent) }),
  fc.record({ type: fc.constant('assign'), agentId: agent }),
  fc.constant({ type: 'release' }),
  fc.record({ type: fc.constant('set_status'), status: oneOf([...TICKET_STATUSES, 'unheard_of']) }),
  fc.record({ type: fc.constant('postpone'), for: oneOf(['PT1H', 'P3D', 'soon']) }),
  fc.record({ type: fc.constant('set_priority'), priority: oneOf([...PRIORITIES, 'huge']) }),
  fc.record({ type: oneOf(['add_tags', 'remove_tags']), tags: tagsOf }),
  fc.record({ type: fc.constant('require_skills'), skills: oneOf([[{ name: 'French', level: 2 }], []]) }),
  fc.record({ type: oneOf(['add_note', 'answer']), body: oneOf(['Hello', '']) }),
  fc.record({ type: fc.constant('notify'), agentId: agent, text: fc.constant('Look') }),
  fc.record({ type: oneOf(['stop', 'webhook', 'unheard_of']), webhookId: maybe(fc.constant('w')) }),
)
const EVENTS = [
  'ticket_created',
  'customer_replied',
  'agent_answered',
  'responsibility_changed',
  'status_changed',
  'tags_changed',
  'ticket_reopened',
]
const TIMES = ['unclaimed_for', 'unanswered_for', 'older_than', 'status_older_than', 'due_in']
/** Conditions that hold for some tickets and not for others, by their names. */
const CONDITIONS: Record<string, RulePlan['when']> = {
  always: undefined,
  in_billing: ({ departmentId }) => departmentId === 'billing',
  elsewhere: ({ departmentId }) => departmentId !== 'billing',
  held: ({ agentId }) => agentId !== null,
  open: ({ status }) => status === 'open',
}
const rulePlan = fc
  .record({
    version: fc.integer({ min: 1, max: 9 }),
    event: fc.oneof(
      { weight: 3, arbitrary: oneOf(EVENTS).map((on): Pick<RulePlan, 'on' | 'after'> => ({ on })) },
      fc.record({ on: oneOf(TIMES), after: oneOf(['PT10M', 'PT3H', 'P2D']) }),
    ),
    when: oneOf(Object.keys(CONDITIONS)),
    actions: fc.array(ruleAction, { minLength: 1, maxLength: 3 }),
  })
  .map(({ version, event, when, actions }) => ({ version, ...event, when: CONDITIONS[when], do: actions }))
const rules: fc.Arbitrary<RulePlan[]> = fc
  .array(rulePlan, { maxLength: 4 })
  .map((plans) => plans.map((plan, index) => ({ id: `r${index + 1}`, ...plan })))

const create: fc.Arbitrary<Command> = fc
  .record({
    departmentId: maybe(department),
    departmentBy: maybe(oneOf(['assign', 'inbound_address'] as const)),
    automatic: maybe(fc.boolean()),
    tags: fc.array(oneOf(['a', 'b'])),
    fields: oneOf([{}, { plan: 'gold' }]),
    channel: oneOf(['email', 'api'] as const),
  })
  .map(creation)

const command: fc.Arbitrary<Command> = fc.oneof(
  ...(['claim', 'release', 'resolve', 'reopen', 'close', 'spam', 'delete', 'tick'] as const).map((type) =>
    fc.constant({ type }),
  ),
  { weight: 2, arbitrary: fc.constant({ type: 'answer' as const, messageId: 'm' }) },
  fc.constant({ type: 'note' as const, messageId: 'm' }),
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('contact_reply' as const),
      messageId: fc.constant('m'),
      automatic: maybe(fc.boolean()),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('assign' as const), agentId: agent }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('transfer' as const),
      departmentId: department,
      agentId: maybe(agent),
      noteMessageId: maybe(fc.constant('n')),
    }),
  },
  fc.record({ type: fc.constant('take_over' as const), reason: oneOf(['', ' ', 'ill']) }),
  fc.constant({ type: 'return' as const }),
  fc.record({
    type: fc.constant('postpone' as const),
    until: oneOf(['2026-03-01T00:00:00Z', '2026-03-05T09:00:00Z', '2030-01-01T00:00:00Z', 'soon']),
  }),
  fc.record({
    type: fc.constant('update' as const),
    tags: maybe(fc.array(oneOf(['a', 'b', 'c']))),
    priority: maybe(oneOf(PRIORITIES)),
    fields: maybe(oneOf([{ plan: 'gold' }, { plan: null }, {}])),
    dueAt: maybe(oneOf(['2026-03-03T09:00:00Z', '2026-03-20T09:00:00Z', null])),
  }),
  fc.record({
    type: fc.constant('recheck' as const),
    because: oneOf(['membership_change', 'offboarding', 'solo_account', 'settings'] as const),
    offboardingId: maybe(fc.constant('o1')),
  }),
)

const authority: fc.Arbitrary<CommandEnvelope['authority']> = fc.oneof(
  { weight: 6, arbitrary: agent.map((id) => ({ actor: { type: 'agent' as const, id } })) },
  { weight: 3, arbitrary: fc.constant({ actor: { type: 'system' as const } }) },
  fc.constant({ actor: { type: 'contact' as const, id: 'c1' } }),
  fc
    .subarray(['tickets:read', 'tickets:write', 'contact:write'])
    .map((scopes) => ({ actor: { type: 'api_client' as const, id: 'k1' }, scopes })),
)

interface Step {
  command: Command
  authority: CommandEnvelope['authority']
  expectedRevision: number | undefined
  /** Seconds since the last one; clocks of machines may also run backwards. */
  later: number
  /** The directory changes before this command. */
  plan: DirectoryPlan | undefined
}

const stepWith = (plan: fc.Arbitrary<DirectoryPlan>): fc.Arbitrary<Step> =>
  fc.record({
    command: fc.oneof({ weight: 20, arbitrary: command }, create),
    authority,
    expectedRevision: fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      fc.integer({ min: 1, max: 4 }),
    ),
    later: fc.oneof(fc.integer({ min: -30, max: 600 }), fc.integer({ min: 0, max: 10 * 86_400 })),
    plan: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, plan),
  })

/** Which status may follow which; `deleted` is the end. */
const EDGES: Record<TicketStatus, TicketStatus[]> = {
  new: ['answered', 'postponed', 'resolved', 'closed', 'spam', 'deleted'],
  open: ['answered', 'postponed', 'resolved', 'closed', 'spam', 'deleted'],
  answered: ['open', 'postponed', 'resolved', 'closed', 'spam', 'deleted'],
  postponed: ['new', 'open', 'answered', 'postponed', 'resolved', 'closed', 'spam', 'deleted'],
  resolved: ['open', 'closed', 'spam', 'deleted'],
  closed: ['open', 'spam', 'deleted'],
  spam: ['open', 'closed', 'deleted'],
  deleted: [],
}

interface Done {
  before: TicketState | null
  after: TicketState | null
  command: Command
  entries: Entry[]
  directory: DirectoryFacts
}

const holderChanges = (entries: readonly Entry[]) =>
  entries.flatMap(({ type, cause, to }) =>
    type === 'responsibility.changed' && typeof to === 'object' ? [{ cause, to }] : [],
  )

/** Plays a life, checking each step; answers all that was done. */
function play(first: DirectoryPlan, plans: RulePlan[], steps: Step[]): Done[] {
  let directory = directoryOf(first)
  let state: TicketState | null = null
  let now = Date.parse('2026-03-02T09:00:00.000Z')
  const done: Done[] = []
  const opening: Step = {
    command: creation(),
    authority: { actor: { type: 'contact', id: 'c1' } },
    expectedRevision: undefined,
    later: 0,
    plan: undefined,
  }
  for (const [index, next] of [opening, ...steps].entries()) {
    now += next.later * 1000
    if (next.plan !== undefined) directory = directoryOf(next.plan)
    const { command, authority, expectedRevision } = next
    const frozen = JSON.stringify(state)
    const decision = decide(
      state,
      { commandId: `c${index}`, command, authority, expectedRevision },
      { now: new Date(now), directory, rules: rulesOf(plans) },
      KEY,
    )
    expect(JSON.stringify(state)).toBe(frozen)
    if (decision.refusal !== undefined) {
      expect(decision.entries).toEqual([])
      continue
    }
    const before: TicketState | null = state
    const commandNumber: number = (state?.commandNumber ?? 0) + 1
    const after: TicketState | null =
      decision.entries.length === 0 ? before : applyCommit(state, { commandNumber, ...decision }, KEY)
    done.push({ before, after, command, entries: decision.entries, directory })
    state = after
  }
  return done
}

const lifeWith = (plan: fc.Arbitrary<DirectoryPlan>) =>
  [plan, rules, fc.array(stepWith(plan), { minLength: 1, maxLength: 30 })] as const
const life = lifeWith(planWith(DEPARTMENTS.length))
const chaoticLife = lifeWith(planWith(1))
const RUNS = { numRuns: 600 }

describe('whatever happens to a ticket', () => {
  it('its holder is an active member when the command is decided', () => {
    fc.assert(
      fc.property(...life, (...args) => {
        for (const { after, directory, command } of play(...args)) {
          if (after === null || after.status === 'deleted') continue
          const { departmentId, agentId } = after.responsibility
          if (agentId !== null) expect(mayHold(directory, agentId, departmentId), command.type).toBe(true)
        }
      }),
      RUNS,
    )
  })

  it('revisions and sequences are contiguous, time does not run backwards, intervals tile', () => {
    fc.assert(
      fc.property(...chaoticLife, (...args) => {
        const entries = play(...args).flatMap((done) => done.entries)
        expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1))
        const times = entries.map(({ at }) => at)
        expect(times).toEqual([...times].sort())
        const changes = entries.filter(({ type }) => type === 'responsibility.changed')
        expect(changes.map(({ revision }) => revision)).toEqual(changes.map((_, index) => index + 1))
        for (const [index, change] of changes.entries())
          expect(change.from).toEqual(index === 0 ? undefined : changes[index - 1]?.to)
        expect(entries.slice(0, 2).map(({ type }) => type)).toEqual(['created', 'responsibility.changed'])
      }),
      RUNS,
    )
  })

  it('the state is what its entries say', () => {
    fc.assert(
      fc.property(...chaoticLife, (...args) => {
        const done = play(...args)
        let state: TicketState | null = null
        for (const entry of done.flatMap(({ entries }) => entries)) state = evolve(state, entry, KEY)
        const last = done.at(-1)?.after
        const own = (ticket: TicketState | null | undefined) =>
          ticket && { ...ticket, fields: undefined, commandNumber: undefined }
        expect(own(state)).toEqual(own(last))
      }),
      RUNS,
    )
  })

  it('statuses change along the allowed edges, and only a done ticket is reopened', () => {
    fc.assert(
      fc.property(...chaoticLife, (...args) => {
        for (const { entries } of play(...args))
          for (const { type, from, to, details } of entries) {
            if (type === 'status.changed') expect(EDGES[from as TicketStatus]).toContain(to)
            if (type === 'reopened') expect(['resolved', 'closed']).toContain(details?.previousStatus)
          }
      }),
      RUNS,
    )
  })

  it('a transfer assigns nobody but who was named, or the only agent', () => {
    fc.assert(
      fc.property(...life, (...args) => {
        for (const { command, directory, entries } of play(...args))
          for (const { cause, to } of holderChanges(entries)) {
            if (command.type === 'transfer' && cause.type === 'transfer')
              expect(to.agentId).toBe(command.agentId ?? null)
            if (cause.type !== 'rule' || to.agentId === null) continue
            const { ruleId } = cause
            const named = args[1].find(({ id }) => id === ruleId)?.do.map(({ agentId }) => agentId) ?? []
            expect([...named, directory.soloAgentId]).toContain(to.agentId)
          }
      }),
      RUNS,
    )
  })

  it('the only agent of an account holds every ticket that is not done with', () => {
    fc.assert(
      fc.property(...life, (...args) => {
        for (const { after, entries, directory } of play(...args)) {
          if (after === null || entries.length === 0 || directory.soloAgentId === null) continue
          if (['closed', 'spam', 'deleted'].includes(after.status)) continue
          expect(after.responsibility.agentId).not.toBeNull()
        }
      }),
      RUNS,
    )
  })

  it('a clock runs only for a ticket that somebody must claim', () => {
    fc.assert(
      fc.property(...life, (...args) => {
        for (const { after } of play(...args)) {
          if (after === null || after.unclaimedSince === null) continue
          expect(after.responsibility.agentId).toBeNull()
          expect(['new', 'open']).toContain(after.status)
        }
      }),
      RUNS,
    )
  })

  it('every entry is an event as its published schema says', () => {
    fc.assert(
      fc.property(...chaoticLife, (...args) => {
        for (const entry of play(...args).flatMap(({ entries }) => entries)) {
          const data = JSON.parse(JSON.stringify({ ...KEY, number: '42', ...entry }))
          expect(eventErrors(`dev.onus.ticket.${entry.type}.v1`, data), JSON.stringify(data)).toEqual([])
        }
      }),
      RUNS,
    )
  })

  it('rules come to an end, and what they did is said to be theirs', () => {
    fc.assert(
      fc.property(...chaoticLife, (...args) => {
        for (const { entries } of play(...args)) {
          const stopped = entries.filter(({ type }) => type === 'rule.loop_stopped')
          expect(stopped.length).toBeLessThanOrEqual(1)
          expect(stopped.every(({ details }) => details?.depth === MAX_DEPTH)).toBe(true)
          const applied = entries.filter(({ type }) => type === 'rule.applied')
          expect(applied.length).toBeLessThanOrEqual(args[1].length * MAX_DEPTH)
          const rules = new Set(applied.map(({ details }) => details?.ruleId))
          for (const { type, cause } of entries)
            if (cause.type === 'rule' && !type.startsWith('rule.') && cause.ruleId !== undefined)
              expect(rules).toContain(cause.ruleId)
        }
      }),
      RUNS,
    )
  })

  it('a rule by time has one turn in a spell', () => {
    fc.assert(
      fc.property(...life, (...args) => {
        const turns = play(...args).flatMap(({ entries }) =>
          entries.flatMap(({ details }) => {
            const timer = details?.timer as { type: string; since: string } | undefined
            return timer === undefined ? [] : [`${details?.ruleId} ${timer.type} ${timer.since}`]
          }),
        )
        expect(turns).toEqual([...new Set(turns)])
      }),
      RUNS,
    )
  })

  it('what was decided once is decided again', () => {
    fc.assert(
      fc.property(...life, (...args) => {
        expect(play(...args)).toEqual(
          play(...args).map((done) => ({ ...done, directory: expect.anything() })),
        )
      }),
      { numRuns: 50 },
    )
  })
})
