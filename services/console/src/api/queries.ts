import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  type QueryKey,
  queryOptions,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { get, getAll } from './client.ts'
import {
  filterQuery,
  isMisplaced,
  type Pages,
  patchPages,
  type TicketFilter,
  withoutTicket,
} from './filter.ts'
import type {
  Agent,
  DeliveryHealth,
  Department,
  Device,
  DryRun,
  Explanation,
  Me,
  Message,
  Notice,
  Page,
  Preferences,
  PushIntegration,
  Rule,
  SavedViews,
  Settings,
  Ticket,
  TimelineEntry,
  ToSolve,
  Viewer,
} from './types.ts'

/** Every query of the console by name, so that the live events know what to patch. */

const DIRECTORY_STALE_MS = 60_000
const PAGE_SIZE = 100
const MORE_SIZE = 200
const LISTS_KEPT_MS = 30 * 60_000

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => get<Me>('/me', { signal }),
  staleTime: DIRECTORY_STALE_MS,
})
export const departmentsQuery = queryOptions({
  queryKey: ['departments'],
  queryFn: ({ signal }) => getAll<Department>('/departments', { signal }),
  staleTime: DIRECTORY_STALE_MS,
})
export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: ({ signal }) => getAll<Agent>('/agents', { signal }),
  staleTime: DIRECTORY_STALE_MS,
})
export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => get<Settings>('/settings', { signal }),
  staleTime: DIRECTORY_STALE_MS,
})
export const toSolveQuery = queryOptions({
  queryKey: ['to-solve'],
  queryFn: ({ signal }) => get<ToSolve>('/me/to-solve?limit=1', { signal }),
})
export const ticketQuery = (id: string) =>
  queryOptions({
    queryKey: ['ticket', id],
    queryFn: ({ signal }) => get<Ticket>(`/tickets/${encodeURIComponent(id)}`, { signal }),
  })
export const messagesQuery = (id: string) =>
  queryOptions({
    queryKey: ['messages', id],
    queryFn: ({ signal }) => getAll<Message>(`/tickets/${encodeURIComponent(id)}/messages`, { signal }),
  })
export const timelineQuery = (id: string, language: string) =>
  queryOptions({
    queryKey: ['timeline', id, language],
    queryFn: ({ signal }) =>
      getAll<TimelineEntry>(`/tickets/${encodeURIComponent(id)}/timeline`, { signal, language }),
  })
export const noticesQuery = (id: string) =>
  queryOptions({
    queryKey: ['notices', id],
    queryFn: ({ signal }) => getAll<Notice>(`/tickets/${encodeURIComponent(id)}/notifications`, { signal }),
  })
/** Of one notice, for what an event does not tell of it. */
export const noticeQuery = (id: string) =>
  queryOptions({
    queryKey: ['notice', id],
    queryFn: ({ signal }) => get<Notice>(`/notifications/${encodeURIComponent(id)}`, { signal }),
  })
/** Lines of the ledger on a page; what came in the app is about a quarter of them. */
export const FEED_SIZE = 200
/** What the reader was told, on every channel, newest first. */
export const feedQuery = infiniteQueryOptions({
  queryKey: ['feed'],
  queryFn: ({ pageParam, signal }) => {
    const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''
    return get<Page<Notice>>(`/me/notifications?limit=${FEED_SIZE}${cursor}`, { signal })
  },
  initialPageParam: '',
  getNextPageParam: (last) => last.nextCursor ?? undefined,
  // Events keep it true.
  staleTime: Number.POSITIVE_INFINITY,
})
export const preferencesQuery = queryOptions({
  queryKey: ['preferences'],
  queryFn: ({ signal }) => get<Preferences>('/me/preferences', { signal }),
})
export const agentPreferencesQuery = (id: string) =>
  queryOptions({
    queryKey: ['preferences', id],
    queryFn: ({ signal }) => get<Preferences>(`/agents/${encodeURIComponent(id)}/preferences`, { signal }),
    staleTime: 0,
  })
const HEALTH_EVERY_MS = 30_000
export const deliveryHealthQuery = queryOptions({
  queryKey: ['delivery-health'],
  queryFn: ({ signal }) => get<DeliveryHealth>('/notifications/health', { signal }),
  staleTime: 0,
  refetchInterval: HEALTH_EVERY_MS,
})
export const devicesQuery = queryOptions({
  queryKey: ['devices'],
  queryFn: async ({ signal }) => (await get<Page<Device>>('/me/devices', { signal })).items,
})
export const pushIntegrationQuery = queryOptions({
  queryKey: ['push-integration'],
  queryFn: ({ signal }) => get<PushIntegration>('/integrations/push', { signal }),
})
export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => getAll<Rule>('/rules', { signal }),
})
/** What an account has that rules name: an address stands for the name of what has none. */
export interface NamedThing {
  id: string
  name?: string
  url?: string
}
export type NamedPath = '/templates' | '/webhooks'
export const namedThingsQuery = (path: NamedPath) =>
  queryOptions({
    queryKey: [path],
    queryFn: ({ signal }) => getAll<NamedThing>(path, { signal }),
  })

/** Below the rules, since a saved rule makes a version and may act otherwise. */
export const ruleVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['rules', id, 'versions'],
    queryFn: ({ signal }) => getAll<Rule>(`/rules/${encodeURIComponent(id)}/versions`, { signal }),
  })
export const explanationQuery = (id: string, ticketId: string) =>
  queryOptions({
    queryKey: ['rules', id, 'explain', ticketId],
    queryFn: ({ signal }) =>
      get<Explanation>(`/rules/${encodeURIComponent(id)}/explain?ticketId=${encodeURIComponent(ticketId)}`, {
        signal,
      }),
    staleTime: 0,
  })
const DRY_RUN_EVERY_MS = 700
export const dryRunQuery = (id: string) =>
  queryOptions({
    queryKey: ['dry-run', id],
    queryFn: ({ signal }) => get<DryRun>(`/rules/dry-run/${encodeURIComponent(id)}`, { signal }),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? DRY_RUN_EVERY_MS : false),
  })
/** Filled by what the ticket's page says of itself, and by events; see `useViewers`. */
export const viewersQuery = (ticketId: string) =>
  queryOptions<Viewer[]>({
    queryKey: ['viewers', ticketId],
    queryFn: () => [],
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
export const viewsQuery = queryOptions({
  queryKey: ['views'],
  queryFn: ({ signal }) => get<SavedViews>('/me/views', { signal }),
})

export function useTickets(filter: TicketFilter) {
  return useInfiniteQuery({
    queryKey: ['tickets', filter],
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''
      // The first page is there soon; the further ones keep ahead of who scrolls fast.
      const limit = pageParam ? MORE_SIZE : PAGE_SIZE
      return get<Page<Ticket>>(`/tickets?limit=${limit}&${filterQuery(filter)}${cursor}`, { signal })
    },
    // In another order the rows that are there stay until the others have come.
    placeholderData: keepPreviousData,
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    // Events keep it true, also while another page is shown; loading a long list again would take it away.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: LISTS_KEPT_MS,
  })
}

/** Who is signed in; the shell shows nothing before this is known. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data
export const useToSolve = () => useQuery(toSolveQuery)

/** The account's people and departments by id, for names. */
export interface Directory {
  departments: Department[]
  agents: Agent[]
  department(id: string | undefined): Department | undefined
  agent(id: string | null | undefined): Agent | undefined
  activeMembers(departmentId: string): Agent[]
}

export function useDirectory(): Directory {
  const { data: departments } = useSuspenseQuery(departmentsQuery)
  const { data: agents } = useSuspenseQuery(agentsQuery)
  return directoryOf(departments, agents)
}

const known = new WeakMap<Agent[], { departments: Department[]; directory: Directory }>()

/** The same answer for the same lists: every row of a long list asks. */
export function directoryOf(departments: Department[], agents: Agent[]): Directory {
  const before = known.get(agents)
  if (before?.departments === departments) return before.directory
  const active = agents.filter(({ status }) => status === 'active')
  const departmentsById = new Map(departments.map((each) => [each.id, each]))
  const agentsById = new Map(agents.map((each) => [each.id, each]))
  const directory: Directory = {
    departments,
    agents,
    department: (id) => departmentsById.get(id ?? ''),
    agent: (id) => agentsById.get(id ?? ''),
    activeMembers: (departmentId) =>
      // The only active agent counts as a member of every department.
      active.length === 1
        ? active
        : active.filter(({ memberships }) => memberships.some((each) => each.departmentId === departmentId)),
  }
  known.set(agents, { departments, directory })
  return directory
}

/** Shows a ticket as it is now wherever it is shown. */
export function applyTicket(client: QueryClient, ticket: Ticket): void {
  const known = client.getQueryData(ticketQuery(ticket.id).queryKey)
  if (!known || known.sequence <= ticket.sequence)
    client.setQueryData(ticketQuery(ticket.id).queryKey, ticket)
  for (const query of client.getQueryCache().findAll({ queryKey: ['tickets'] })) {
    const filter = query.queryKey[1] as TicketFilter
    const data = query.state.data as Pages | undefined
    if (data && isMisplaced(data, filter, ticket)) sortAgain(client, query.queryKey, data.pages.length)
    client.setQueryData<Pages>(query.queryKey, (data) => data && patchPages(data, filter, ticket))
  }
}

const SORTED_AGAIN_MS = 1_500
/** Pages of a list that is put in order again; in a longer one tickets keep their places until it is opened again. */
const SORTED_PAGES = 3
const waiting = new Set<string>()

/** A list in an order of the reader's choice is asked for again when what it is in the order of has changed. */
function sortAgain(client: QueryClient, queryKey: QueryKey, pages: number): void {
  const name = JSON.stringify(queryKey)
  if (pages > SORTED_PAGES || waiting.has(name)) return
  waiting.add(name)
  setTimeout(() => {
    waiting.delete(name)
    void client.invalidateQueries({ queryKey, exact: true })
  }, SORTED_AGAIN_MS)
}

/** A ticket has left the reader's sight: no list shows it any more. */
export function dropTicket(client: QueryClient, id: string): void {
  for (const query of client.getQueryCache().findAll({ queryKey: ['tickets'] }))
    client.setQueryData<Pages>(query.queryKey, (data) => data && withoutTicket(data, id))
}

/** After a command: the ticket as the command left it, and what hangs on it. */
export function useApplyTicket(): (ticket: Ticket) => void {
  const client = useQueryClient()
  return (ticket) => {
    applyTicket(client, ticket)
    refreshTicketParts(client, ticket.id)
    void client.invalidateQueries(toSolveQuery)
  }
}

export function refreshTicketParts(client: QueryClient, id: string): void {
  for (const part of ['messages', 'timeline', 'notices'])
    void client.invalidateQueries({ queryKey: [part, id] })
}
