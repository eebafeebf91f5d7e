import type {
  ClaimTimes,
  DepartmentClaims,
  GetClaimsResponse,
  GetFlowsResponse,
  GetOpenWorkResponse,
} from '@onus/proto/onus/v1/insight'
import { present } from './common.ts'

type Filter = Record<string, string | undefined>

/** The list's address for a filter. */
function list(filter: Filter): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value)
  return `/api/v1/tickets?${query}`
}

const WORK = 'new,open,answered,postponed'

export const openWorkJson = ({ at, departments, holders, unclaimedAge }: GetOpenWorkResponse) => ({
  at,
  departments: departments.map((row) =>
    present({
      ...row,
      tickets: list({ departmentId: row.departmentId, status: WORK }),
      unclaimedTickets: list({ departmentId: row.departmentId, status: 'new,open', unassigned: 'true' }),
      noEligibleAgentTickets: list({ departmentId: row.departmentId, noEligibleAgent: 'true' }),
    }),
  ),
  holders: holders.map((row) => ({
    ...present({ ...row }),
    agentId: row.agentId ?? null,
    tickets: list({
      departmentId: row.departmentId,
      ...(row.agentId === undefined ? { unassigned: 'true' } : { agentId: row.agentId }),
      status: WORK,
    }),
  })),
  unclaimedAge: unclaimedAge.map(({ sinceFrom, sinceUntil, tickets, departments: of, ...bounds }) => {
    // One bound at least: without any the list would be of everything.
    const filter = { unclaimedFrom: sinceFrom ?? BEGINNING, unclaimedUntil: sinceUntil }
    return {
      ...present({ ...bounds }),
      count: tickets,
      departments: of.map(({ departmentId, tickets }) => ({
        ...{ departmentId, count: tickets },
        tickets: list({ departmentId, ...filter }),
      })),
      tickets: list(filter),
    }
  }),
})

const BEGINNING = '2000-01-01T00:00:00.000Z'

const timesJson = (times: ClaimTimes | undefined) => ({ claims: 0, ...present({ ...times }) })

const departmentClaims =
  (filter: Filter) =>
  ({ times, ...department }: DepartmentClaims) => ({
    ...present({ ...department }),
    ...timesJson(times),
    tickets: list({ claimedIn: department.departmentId, ...filter }),
  })

export const claimsJson = ({ timeZone, since, until, total, departments, days }: GetClaimsResponse) => ({
  ...{ timeZone, since, until },
  ...timesJson(total),
  tickets: list({ happened: 'claimed', since, until }),
  departments: departments.map(departmentClaims({ since, until })),
  days: days.map(({ day, times, departments: of }) => ({
    day,
    ...timesJson(times),
    departments: of.map(departmentClaims({ claimedOn: day })),
    tickets: list({ claimedOn: day }),
  })),
})

const rateOf = ({ reopened, resolved }: { reopened: number; resolved: number }): number | null =>
  resolved === 0 ? null : reopened / resolved

export const flowsJson = ({ flows, departments, ...sums }: GetFlowsResponse) => {
  const { since, until } = sums
  return {
    ...sums,
    reopenRate: rateOf(sums),
    transferredTickets: list({ happened: 'transferred', since, until }),
    resolvedTickets: list({ happened: 'resolved', since, until }),
    reopenedTickets: list({ happened: 'reopened', since, until }),
    flows: flows.map((flow) => ({
      ...present({ ...flow }),
      tickets: list({
        transferredFrom: flow.fromDepartmentId,
        transferredTo: flow.toDepartmentId,
        since,
        until,
      }),
      reopenedTickets: list({
        reopenedIn: flow.fromDepartmentId,
        reopenedTo: flow.toDepartmentId,
        since,
        until,
      }),
    })),
    departments: departments.map((row) => ({
      ...present({ ...row }),
      reopenRate: rateOf(row),
      tickets: list({ reopenedIn: row.departmentId, since, until }),
      transferredInTickets: list({ transferredTo: row.departmentId, since, until }),
      transferredOutTickets: list({ transferredFrom: row.departmentId, since, until }),
      resolvedTickets: list({ resolvedIn: row.departmentId, since, until }),
    })),
  }
}
