import { isDeepStrictEqual } from 'node:util'
import { DateTime } from 'luxon'
import { findAgent } from './agents.ts'
import { clip, FieldErrors, isDate, line, oneOf } from './fields.ts'
import { type Agent, DELEGATION_MODES, type Delegation, type DirectoryState, type Leave } from './model.ts'

/** When agents are away for longer, and who stands in for them. Both have dates, so they end by themselves. */

export interface LeaveInput {
  from?: string
  until?: string
  note?: string
}

export interface DelegationInput {
  toAgentId?: string
  from?: string
  until?: string
  mode?: string
}

const MAX_LEAVES = 200

/** The leave of an agent as it is given, whole or added to what there is. */
export function setLeave(
  state: DirectoryState,
  agent: Agent,
  input: readonly LeaveInput[],
  { add }: { add: boolean },
): DirectoryState {
  const errors = new FieldErrors()
  const given = input.map((one, at) => ({ at, leave: checkLeave(agent, one, `items[${at}]`, errors) }))
  if (given.length + (add ? agent.leave.length : 0) > MAX_LEAVES) {
    errors.add('items', `Give at most ${MAX_LEAVES} times of leave; leave out those that are over.`)
  }
  errors.throwIfAny()
  const kept = add ? agent.leave.map((leave) => ({ at: -1, leave })) : []
  const all = [...kept, ...given].sort((a, b) => (a.leave.from < b.leave.from ? -1 : 1))
  all.forEach(({ at, leave }, index) => {
    const before = all[index - 1]
    if (!before || before.leave.until <= leave.from) return
    const field = `items[${Math.max(at, before.at)}].from`
    const other = `${before.leave.from} to ${before.leave.until}`
    errors.add(field, `It overlaps the leave from ${other}. Make one of the two, or begin later.`)
  })
  errors.throwIfAny()
  return withAbsence(state, { ...agent, leave: all.map(({ leave }) => leave) })
}

function checkLeave(agent: Agent, input: LeaveInput, path: string, errors: FieldErrors): Leave {
  const period = checkPeriod(agent, input, path && `${path}.`, errors)
  return { ...period, ...(input.note && { note: line(input.note, `${path}.note`, errors) }) }
}

/** Lets somebody stand in for an agent for a time; it replaces what there was. */
export function setDelegation(
  state: DirectoryState,
  agent: Agent,
  input: DelegationInput,
  given: { id: string; now: string },
): DirectoryState {
  const errors = new FieldErrors()
  const mode = oneOf(input.mode || 'tickets', DELEGATION_MODES, 'mode', errors)
  const period = checkPeriod(agent, { ...input, from: input.from || given.now }, '', errors)
  const over = errors.invalid.length === 0 && period.until <= given.now
  if (over) errors.add('until', 'This is over already. Give a time that is still to come.')
  const toAgentId = input.toAgentId ?? ''
  if (!toAgentId) errors.add('toAgentId', 'Name the agent who stands in.')
  else checkDelegate(state, agent, toAgentId, errors)
  const delegation: Delegation = { id: given.id, toAgentId, ...period, mode }
  if (!errors.invalid.length && !errors.unknown.length) {
    const circle = circleOf(state, agent.id, delegation)
    if (circle) {
      const names = circle.map((id) => findAgent(state, id).name).join(' → ')
      errors.addUnknown(
        'toAgentId',
        `This would go round in a circle: ${names}. Name somebody else, or another time.`,
      )
    }
  }
  errors.throwIfAny()
  // Said again, it is the same one: nothing goes to and fro for it.
  const same = agent.delegation && isDeepStrictEqual({ ...agent.delegation, id: given.id }, delegation)
  return same ? state : withAbsence(state, { ...agent, delegation })
}

/** The one that is planned or runs; one that is over is none. */
export const delegationOf = ({ delegation }: Agent, now: string): Delegation | undefined =>
  delegation && now < delegation.until ? delegation : undefined

/** Ends what there is, now. */
export function endDelegation(state: DirectoryState, agent: Agent): DirectoryState {
  const { delegation: _, ...rest } = agent
  return withAbsence(state, rest)
}

function checkDelegate(state: DirectoryState, agent: Agent, id: string, errors: FieldErrors): void {
  if (id === agent.id) {
    errors.addUnknown('toAgentId', 'Nobody can stand in for themselves. Name somebody else.')
    return
  }
  const delegate = state.agents.find((one) => one.id === id)
  if (!delegate) errors.addUnknown('toAgentId', `There is no agent "${clip(id)}". Name one who is active.`)
  else if (delegate.status !== 'active') {
    errors.addUnknown('toAgentId', `"${delegate.name}" is ${delegate.status}. Name an agent who is active.`)
  }
}

/** The chain that would lead back to its begin at some moment; null when there is none. */
function circleOf(state: DirectoryState, agentId: string, first: Delegation): string[] | null {
  const chain = [agentId]
  let { from, until } = first
  for (let next: Delegation | undefined = first; next; ) {
    from = [from, next.from].sort()[1]!
    until = [until, next.until].sort()[0]!
    if (from >= until) return null
    chain.push(next.toAgentId)
    if (next.toAgentId === agentId) return chain
    const delegate: Agent | undefined = state.agents.find((one) => one.id === chain.at(-1))
    next = delegate?.delegation
  }
  return null
}

/** Times are kept in UTC. A date counts in the agent's own zone, from its begin to its end. */
function checkPeriod(
  agent: Agent,
  { from, until }: { from?: string; until?: string },
  path: string,
  errors: FieldErrors,
): { from: string; until: string } {
  const begin = momentOf(from, agent.timeZone, 'begin')
  const end = momentOf(until, agent.timeZone, 'end')
  const form = 'Give a time like 2026-12-24T08:00:00Z, or a date like 2026-12-24.'
  if (begin === null) errors.add(`${path}from`, form)
  if (end === null) errors.add(`${path}until`, form)
  if (begin !== null && end !== null && end <= begin) {
    errors.add(`${path}until`, 'End later than the begin.')
  }
  return { from: begin ?? '', until: end ?? '' }
}

const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/

function momentOf(text: string | undefined, zone: string, edge: 'begin' | 'end'): string | null {
  if (!text) return null
  if (isDate(text)) {
    const day = DateTime.fromISO(text, { zone })
    return (edge === 'begin' ? day : day.plus({ days: 1 })).startOf('day').toUTC().toISO()
  }
  const moment = INSTANT.test(text) ? DateTime.fromISO(text.toUpperCase(), { zone: 'utc' }) : null
  return moment?.isValid ? moment.toISO() : null
}

const withAbsence = (state: DirectoryState, agent: Agent): DirectoryState => ({
  ...state,
  agents: state.agents.map((one) => (one.id === agent.id ? agent : one)),
})
