import { queryOptions } from '@tanstack/react-query'
import { get } from '../api/client.ts'

/** What the figures are made of, as `/api/v1/insight/*` answers it. */

interface Of {
  departmentId: string
  departmentName?: string
}

export interface Statuses {
  new: number
  open: number
  answered: number
  postponed: number
}

export interface DepartmentWork extends Of, Statuses {
  unclaimed: number
  oldestUnclaimedSince?: string
  noEligibleAgent: number
}

export interface HolderWork extends Of, Statuses {
  agentId: string | null
  agentName?: string
  oldestSince: string
}

export interface UnclaimedAge {
  fromSeconds: number
  untilSeconds?: number
  count: number
  departments: { departmentId: string; count: number; tickets: string }[]
  tickets: string
}

export interface OpenWork {
  at: string
  departments: DepartmentWork[]
  holders: HolderWork[]
  unclaimedAge: UnclaimedAge[]
}

export interface Times {
  claims: number
  medianSeconds?: number
  p90Seconds?: number
}

export interface ClaimTimes extends Times {
  timeZone: string
  since: string
  until: string
  departments: (Of & Times)[]
  days: (Times & { day: string; departments: (Of & Times)[] })[]
}

export interface Flow {
  fromDepartmentId: string
  fromDepartmentName?: string
  toDepartmentId: string
  toDepartmentName?: string
  transfers: number
  reopened: number
}

export interface DepartmentFlow extends Of {
  transferredIn: number
  transferredOut: number
  resolved: number
  reopened: number
  reopenRate: number | null
}

export interface Flows {
  timeZone: string
  since: string
  until: string
  transfers: number
  resolved: number
  reopened: number
  reopenRate: number | null
  flows: Flow[]
  departments: DepartmentFlow[]
}

/** First and last day, both included. */
export interface Period {
  since: string
  until: string
}

const FRESH = { staleTime: 15_000, refetchOnWindowFocus: true, refetchOnMount: 'always' as const }
const NOW_AGAIN_MS = 30_000
const PAST_AGAIN_MS = 120_000

export const openWorkQuery = queryOptions({
  queryKey: ['insight', 'work'],
  queryFn: ({ signal }) => get<OpenWork>('/insight/responsibility', { signal }),
  refetchInterval: NOW_AGAIN_MS,
  ...FRESH,
})

const periodOf = ({ since, until }: Period): string => `?since=${since}&until=${until}`

export const claimTimesQuery = (period: Period) =>
  queryOptions({
    queryKey: ['insight', 'claims', period],
    queryFn: ({ signal }) => get<ClaimTimes>(`/insight/claims${periodOf(period)}`, { signal }),
    refetchInterval: PAST_AGAIN_MS,
    ...FRESH,
  })

export const flowsQuery = (period: Period) =>
  queryOptions({
    queryKey: ['insight', 'flows', period],
    queryFn: ({ signal }) => get<Flows>(`/insight/flows${periodOf(period)}`, { signal }),
    refetchInterval: PAST_AGAIN_MS,
    ...FRESH,
  })
