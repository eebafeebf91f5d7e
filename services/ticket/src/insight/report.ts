import type { DirectoryView } from '@onus/kit/directory'
import type {
  ClaimTimes,
  DepartmentClaims,
  DepartmentFlow,
  DepartmentWork,
  Flow,
  GetClaimsResponse,
  GetFlowsResponse,
  GetOpenWorkResponse,
  HolderWork,
  UnclaimedAge,
} from '@onus/proto/onus/v1/insight'
import { AGE_BOUNDS, ageMoments, type WorkGroup } from './open-work.ts'
import { addSketch, countOf, quantile, type Sketch } from './sketch.ts'
import { addTally, emptyTally, endsOf, type Tally } from './tally.ts'

/** From counts to what a reader sees of them. */

export type Names = Pick<DirectoryView, 'departments' | 'department' | 'agent'>

/** The departments that a reader sees; null: all of them. */
export type Sight = ReadonlySet<string> | null

const sees = (sight: Sight, departmentId: string): boolean => sight === null || sight.has(departmentId)

/** Every department that is seen, and those of the past that there are figures of; by name. */
function departmentsIn(names: Names, sight: Sight, counted: Iterable<string>): string[] {
  const ids = new Set([...names.departments.map(({ id }) => id), ...counted])
  const nameOf = (id: string) => names.department(id)?.name
  return [...ids]
    .filter((id) => sees(sight, id))
    .sort((a, b) => (nameOf(a) ?? '\uffff').localeCompare(nameOf(b) ?? '\uffff') || (a < b ? -1 : 1))
}

const earlier = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one

const noWork = () => ({ new: 0, open: 0, answered: 0, postponed: 0 })
const sizeOf = (work: ReturnType<typeof noWork>): number =>
  work.new + work.open + work.answered + work.postponed

export function reportWork(
  groups: readonly WorkGroup[],
  names: Names,
  sight: Sight,
  now: Date,
): GetOpenWorkResponse {
  const seen = groups.filter(({ departmentId }) => sees(sight, departmentId))
  const ids = departmentsIn(
    names,
    sight,
    seen.map(({ departmentId }) => departmentId),
  )
  const departments = new Map<string, DepartmentWork>(
    ids.map((departmentId) => [
      departmentId,
      {
        departmentId,
        departmentName: names.department(departmentId)?.name,
        ...noWork(),
        unclaimed: 0,
        noEligibleAgent: 0,
      },
    ]),
  )
  const holders = new Map<string, HolderWork>()
  for (const { departmentId, agentId, status, tickets, ...group } of seen) {
    const department = departments.get(departmentId)
    if (!department) continue
    department[status] += tickets
    department.unclaimed += group.unclaimedByAge.reduce((sum, count) => sum + count, 0)
    department.noEligibleAgent += group.noEligibleAgent
    department.oldestUnclaimedSince = earlier(
      department.oldestUnclaimedSince,
      group.oldestUnclaimedSince ?? undefined,
    )
    const key = `${departmentId}>${agentId ?? ''}`
    const holder = holders.get(key) ?? {
      departmentId,
      departmentName: department.departmentName,
      agentId: agentId ?? undefined,
      agentName: agentId === null ? undefined : names.agent(agentId)?.name,
      ...noWork(),
      oldestSince: group.oldestSince,
    }
    holder[status] += tickets
    holder.oldestSince = earlier(holder.oldestSince, group.oldestSince) ?? ''
    holders.set(key, holder)
  }
  return {
    at: now.toISOString(),
    departments: [...departments.values()],
    holders: [...holders.values()].sort(
      (a, b) => sizeOf(b) - sizeOf(a) || (a.oldestSince < b.oldestSince ? -1 : 1),
    ),
    unclaimedAge: agesOf(seen, now),
  }
}

function agesOf(groups: readonly WorkGroup[], now: Date): UnclaimedAge[] {
  const moments = ageMoments(now)
  return AGE_BOUNDS.map((fromSeconds, at) => {
    const counts = new Map<string, number>()
    for (const { departmentId, unclaimedByAge } of groups) {
      const tickets = unclaimedByAge[at] ?? 0
      if (tickets > 0) counts.set(departmentId, (counts.get(departmentId) ?? 0) + tickets)
    }
    return {
      fromSeconds,
      untilSeconds: AGE_BOUNDS[at + 1],
      sinceFrom: moments[at + 1],
      sinceUntil: at === 0 ? undefined : moments[at],
      tickets: [...counts.values()].reduce((sum, count) => sum + count, 0),
      departments: [...counts].map(([departmentId, tickets]) => ({ departmentId, tickets })),
    }
  })
}

export interface ReportedPeriod {
  timeZone: string
  since: string
  until: string
}

function timesOf(sketches: Iterable<Sketch>): ClaimTimes {
  const all: Sketch = new Map()
  for (const sketch of sketches) addSketch(all, sketch)
  const seconds = (share: number) => quantile(all, share) ?? undefined
  return { claims: countOf(all), medianSeconds: seconds(0.5), p90Seconds: seconds(0.9) }
}

export function reportClaims(
  days: ReadonlyMap<string, Tally>,
  names: Names,
  sight: Sight,
  period: ReportedPeriod,
): GetClaimsResponse {
  const seenIn = (tally: Tally) => [...tally.claims].filter(([departmentId]) => sees(sight, departmentId))
  const all = seenIn(sumOf(days.values()))
  const perDepartment = (claims: ReadonlyMap<string, Sketch>, ids: Iterable<string>): DepartmentClaims[] =>
    [...ids].map((departmentId) => ({
      departmentId,
      departmentName: names.department(departmentId)?.name,
      times: timesOf([claims.get(departmentId) ?? new Map()]),
    }))
  const ids = departmentsIn(
    names,
    sight,
    all.map(([id]) => id),
  )
  return {
    ...period,
    total: timesOf(all.map(([, sketch]) => sketch)),
    departments: perDepartment(new Map(all), ids),
    days: [...days].flatMap(([day, tally]) => {
      const claims = new Map(seenIn(tally))
      if (claims.size === 0) return []
      const departments = perDepartment(
        claims,
        ids.filter((id) => claims.has(id)),
      )
      return [{ day, times: timesOf(claims.values()), departments }]
    }),
  }
}

function sumOf(tallies: Iterable<Tally>): Tally {
  const sum = emptyTally()
  for (const tally of tallies) addTally(sum, tally)
  return sum
}

export function reportFlows(
  days: ReadonlyMap<string, Tally>,
  names: Names,
  sight: Sight,
  period: ReportedPeriod,
): GetFlowsResponse {
  const { moves, reopens, resolved } = sumOf(days.values())
  const nameOf = (departmentId: string) => names.department(departmentId)?.name
  const flows: Flow[] = [...new Set([...moves.keys(), ...reopens.keys()])]
    .map((key) => {
      const [fromDepartmentId, toDepartmentId] = endsOf(key)
      return {
        fromDepartmentId,
        fromDepartmentName: nameOf(fromDepartmentId),
        toDepartmentId,
        toDepartmentName: nameOf(toDepartmentId),
        transfers: moves.get(key) ?? 0,
        reopened: reopens.get(key) ?? 0,
      }
    })
    .filter((flow) => sees(sight, flow.fromDepartmentId) || sees(sight, flow.toDepartmentId))
    .sort(
      (a, b) =>
        b.transfers + b.reopened - (a.transfers + a.reopened) ||
        (`${a.fromDepartmentId}>${a.toDepartmentId}` < `${b.fromDepartmentId}>${b.toDepartmentId}` ? -1 : 1),
    )
  const sum = (which: (flow: Flow) => number) => flows.reduce((total, flow) => total + which(flow), 0)
  const touched = [
    ...flows.flatMap((flow) => [flow.fromDepartmentId, flow.toDepartmentId]),
    ...resolved.keys(),
  ]
  const departments: DepartmentFlow[] = departmentsIn(names, sight, touched).map((departmentId) => ({
    departmentId,
    departmentName: nameOf(departmentId),
    transferredIn: sum((flow) => (flow.toDepartmentId === departmentId ? flow.transfers : 0)),
    transferredOut: sum((flow) => (flow.fromDepartmentId === departmentId ? flow.transfers : 0)),
    resolved: resolved.get(departmentId) ?? 0,
    reopened: sum((flow) => (flow.fromDepartmentId === departmentId ? flow.reopened : 0)),
  }))
  return {
    ...period,
    transfers: sum(({ transfers }) => transfers),
    reopened: sum(({ reopened }) => reopened),
    resolved: departments.reduce((total, department) => total + department.resolved, 0),
    flows,
    departments,
  }
}
