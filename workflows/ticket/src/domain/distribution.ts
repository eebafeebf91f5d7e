import { availability, delegateOf } from './availability.ts'
import type { AgentFacts, DepartmentFacts, DirectoryFacts, HoursFacts, SkillFacts } from './facts.ts'
import { afterWorkingTime, isOpenAt } from './hours.ts'

/**
 * Whom a department's distribution gives a ticket to. Pure: presence, hours and skills come from the
 * directory, loads and turns from who asks, who also keeps the turns that are answered.
 */

/** Why somebody was passed over who could not get the ticket. */
export type Ineligible =
  | 'department_closed'
  | 'suspended'
  | 'on_leave'
  | 'off_shift'
  | 'away'
  | 'offline'
  | 'delegated'
  | 'missing_skill'
  | 'at_capacity'
/** Why, of those who could get it, one got it and the others did not. */
export type Preference =
  | 'next_in_turn'
  | 'not_in_turn'
  | 'least_loaded'
  | 'more_loaded'
  | 'waited_longest'
  | 'waited_less'
  | 'best_fit'
  | 'weaker_fit'

/** One agent who was looked at; data, for the timeline of the ticket. */
export interface Candidate {
  agentId: string
  outcome: 'chosen' | 'passed_over'
  reason: Ineligible | Preference
  /** Tickets in `new` or `open` at that moment, and how many may be. */
  load?: number
  capacity?: number
  /** The required skills that are missing, or are at too low a level. */
  skills?: SkillFacts[]
}

/** What an agent has got: how many tickets count against the capacity now, and when the last one came. */
export interface Load {
  tickets: number
  /** Milliseconds; 0: never. */
  lastGivenAt: number
}

/** Whose turn it is in a department; what is kept from one choice to the next. */
export interface Turns {
  /** The last one who got a ticket in turn. */
  last?: string
  /** Credits of the weighted turns. */
  credits?: Readonly<Record<string, number>>
}

export interface ChoiceRequest {
  directory: DirectoryFacts
  department: DepartmentFacts
  now: Date
  requiredSkills: readonly SkillFacts[]
  /** By agent; who is absent has nothing. */
  loads: ReadonlyMap<string, Load>
  turns: Turns
  /** Got it by this same decision before, which is made again: gets it again, if that is possible. */
  preferred?: string
}

export interface Chosen {
  agentId: string | null
  /** The chosen one first, then those who could have got it, then the others; at most {@link MAX_CANDIDATES}. */
  candidates: Candidate[]
  /** The turns after this choice. */
  turns: Turns
}

/** A timeline entry keeps so many candidates. */
export const MAX_CANDIDATES = 100

const STRATEGIES = ['round_robin', 'least_loaded', 'weighted', 'skill_based'] as const
type Strategy = (typeof STRATEGIES)[number]

/** How a department distributes; null when it leaves that to people. */
export const strategyOf = (department: Pick<DepartmentFacts, 'distribution'> | undefined): Strategy | null =>
  STRATEGIES.find((strategy) => strategy === department?.distribution?.strategy) ?? null

/** Whether a department gives out tickets that are nobody's for this reason; `any`: for whatever reason. */
export function distributes(
  department: Pick<DepartmentFacts, 'distribution'> | undefined,
  occasion: string,
): boolean {
  if (strategyOf(department) === null) return false
  return occasion === 'any' || department?.distribution?.on.includes(occasion) === true
}

/** The agents whose tickets are counted: members of a department that distributes. */
export function isCounted(
  directory: Pick<DirectoryFacts, 'agent' | 'department' | 'isMember'>,
  agentId: string,
): boolean {
  const memberships = directory.agent(agentId)?.memberships ?? []
  return memberships.some(({ departmentId }) => strategyOf(directory.department(departmentId)) !== null)
}

/** Chooses one of the department's members, or nobody; says of each why. */
export function chooseAgent(request: ChoiceRequest): Chosen {
  const { directory, department, turns } = request
  const strategy = strategyOf(department)
  if (strategy === null) return { agentId: null, candidates: [], turns }
  const eligible: Member[] = []
  const others: Candidate[] = []
  // In the order of their ids, so that a turn has a next one also when the last one has left.
  for (const agent of [...directory.membersOf(department.id)].sort(byId)) {
    const obstacle = obstacleOf(agent, request)
    if (obstacle === null) eligible.push(memberOf(agent, request))
    else others.push({ agentId: agent.id, outcome: 'passed_over', ...obstacle })
  }
  const again = eligible.find(({ id }) => id === request.preferred)
  const ranking = RANKINGS[strategy](eligible, turns)
  const { reasons } = ranking
  const order = again ? [again, ...ranking.order.filter((member) => member !== again)] : ranking.order
  const next = again ? turns : ranking.next
  const ranked = order.map((member, at): Candidate => {
    const { capacity } = member
    return {
      agentId: member.id,
      outcome: at === 0 ? 'chosen' : 'passed_over',
      reason: reasons(member, at),
      load: member.load.tickets,
      ...(capacity === undefined ? {} : { capacity }),
    }
  })
  return {
    agentId: order[0]?.id ?? null,
    candidates: [...ranked, ...others].slice(0, MAX_CANDIDATES),
    turns: next,
  }
}

/** What keeps an agent from getting a ticket of the department now; null: nothing. What lasts longest is told. */
export function obstacleOf(
  agent: AgentFacts,
  { directory, department, now, requiredSkills, loads }: Omit<ChoiceRequest, 'turns'>,
): Pick<Candidate, 'reason' | 'skills' | 'load' | 'capacity'> | null {
  const missing = missingSkills(agent, requiredSkills)
  if (missing.length > 0) return { reason: 'missing_skill', skills: missing }
  if (!isOpenAt(department.hours, now)) return { reason: 'department_closed' }
  if (delegateOf(directory, agent.id, department.id, now) !== null) return { reason: 'delegated' }
  const found = availability(agent, department.id, now)
  if (!found.available) return { reason: found.reason }
  const { capacity } = agent
  const load = loads.get(agent.id)?.tickets ?? 0
  return hasRoom(capacity, load) ? null : { reason: 'at_capacity', load, capacity: capacity ?? 0 }
}

/** Whether one more ticket fits; no capacity is no limit. */
export const hasRoom = (capacity: number | null | undefined, tickets: number): boolean =>
  capacity === undefined || capacity === null || tickets < capacity

function missingSkills(agent: AgentFacts, required: readonly SkillFacts[]): SkillFacts[] {
  return required
    .filter(({ name, level }) => levelOf(agent, name) < level)
    .map(({ name, level }) => ({ name, level }))
}

const levelOf = (agent: AgentFacts, skill: string): number =>
  (agent.skills ?? []).find(({ name }) => name.toLowerCase() === skill.toLowerCase())?.level ?? 0

/** Somebody who can get the ticket. */
interface Member {
  id: string
  load: Load
  capacity?: number
  weight: number
  /** The sum of their levels in the required skills. */
  fit: number
}

function memberOf(agent: AgentFacts, { department, loads, requiredSkills }: ChoiceRequest): Member {
  const membership = agent.memberships?.find(({ departmentId }) => departmentId === department.id)
  return {
    id: agent.id,
    load: loads.get(agent.id) ?? { tickets: 0, lastGivenAt: 0 },
    ...(typeof agent.capacity === 'number' ? { capacity: agent.capacity } : {}),
    weight: Math.max(1, membership?.weight ?? 1),
    fit: requiredSkills.reduce((sum, { name }) => sum + levelOf(agent, name), 0),
  }
}

interface Ranking {
  /** The chosen one first. */
  order: Member[]
  reasons(member: Member, at: number): Preference
  next: Turns
}

const RANKINGS: Record<Strategy, (eligible: Member[], turns: Turns) => Ranking> = {
  /** The next after the last one, in a circle. */
  round_robin(eligible, turns) {
    const at = eligible.findIndex(({ id }) => id > (turns.last ?? ''))
    const order = at <= 0 ? eligible : [...eligible.slice(at), ...eligible.slice(0, at)]
    const last = order[0]?.id ?? turns.last
    return {
      order,
      reasons: (_, place) => (place === 0 ? 'next_in_turn' : 'not_in_turn'),
      next: last === undefined ? turns : { ...turns, last },
    }
  },
  /** Smooth weighted turns: everybody earns their weight, the richest pays for all. */
  weighted(eligible, turns) {
    if (eligible.length === 0) return { order: [], reasons: () => 'not_in_turn', next: turns }
    const total = eligible.reduce((sum, { weight }) => sum + weight, 0)
    const earned = eligible.map((member) => ({
      member,
      credit: (turns.credits?.[member.id] ?? 0) + member.weight,
    }))
    const order = earned.toSorted((a, b) => b.credit - a.credit).map(({ member }) => member)
    const paid = earned.map(({ member: { id }, credit }) => [
      id,
      id === order[0]?.id ? credit - total : credit,
    ])
    return {
      order,
      reasons: (_, place) => (place === 0 ? 'next_in_turn' : 'not_in_turn'),
      // Who is away earns nothing, and starts afresh.
      next: { ...turns, credits: Object.fromEntries(paid) },
    }
  },
  least_loaded: (eligible, turns) => byLoad(eligible, turns),
  /** Best fit first, then as least loaded. */
  skill_based(eligible, turns) {
    const best = Math.max(...eligible.map(({ fit }) => fit))
    const { order, reasons } = byLoad(
      eligible.filter(({ fit }) => fit === best),
      turns,
    )
    const weaker = eligible.filter(({ fit }) => fit < best).sort((a, b) => b.fit - a.fit)
    return {
      order: [...order, ...weaker],
      reasons: (member, at) => {
        if (member.fit < best) return 'weaker_fit'
        return at === 0 && (weaker.length > 0 || order.length === 1) ? 'best_fit' : reasons(member, at)
      },
      next: turns,
    }
  },
}

function byLoad(eligible: Member[], turns: Turns): Ranking {
  const order = eligible.toSorted(
    (a, b) => a.load.tickets - b.load.tickets || a.load.lastGivenAt - b.load.lastGivenAt,
  )
  const least = order[0]?.load.tickets ?? 0
  const tied = order.filter(({ load }) => load.tickets === least).length > 1
  return {
    order,
    reasons: ({ load }, at) => {
      if (at === 0) return tied ? 'waited_longest' : 'least_loaded'
      return load.tickets === least ? 'waited_less' : 'more_loaded'
    },
    next: turns,
  }
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** What the ticket shows while nobody could get it: the one reason, or that there are several. */
export function reasonForNobody(candidates: readonly { reason: string }[]): string {
  const reasons = new Set(candidates.map(({ reason }) => reason))
  const [only] = reasons
  if (only === undefined) return 'no_members'
  return reasons.size === 1 ? only : 'several'
}

/** The least time there is: when it has passed in working hours, they have begun. */
const AN_INSTANT = 'PT0.001S'

/**
 * When somebody may become able to get a ticket of the department without anybody doing anything: hours and
 * shifts begin, leave and delegations end. Null: not by time alone.
 */
export function nextChange(directory: DirectoryFacts, department: DepartmentFacts, now: Date): string | null {
  const at = now.toISOString()
  const moments = [opensAt(department.hours, now)]
  for (const { schedule, leave, delegation } of directory.membersOf(department.id)) {
    moments.push(opensAt(schedule, now))
    for (const { until } of leave) moments.push(until)
    if (delegation) moments.push(delegation.until)
  }
  const coming = moments.filter((moment): moment is string => moment !== null && moment > at).sort()
  return coming[0] ?? null
}

const opensAt = (hours: HoursFacts | undefined, now: Date): string | null =>
  isOpenAt(hours, now) ? null : afterWorkingTime(now.toISOString(), AN_INSTANT, hours)
