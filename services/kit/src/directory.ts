import type {
  Agent,
  Department,
  DirectoryServiceService,
  DirectorySnapshot,
  OffboardingPlan,
  Settings,
} from '@onus/proto/onus/v1/directory'
import { type Caller, systemCaller } from './caller.ts'
import type { GrpcClient } from './grpc.ts'
import { currentCall, DeadlinePassed, detached } from './grpc.ts'
import { problems } from './problems.ts'

/** The directory of one account as others see it: one consistent value, with the solo rule applied. */
export interface DirectoryView {
  accountId: string
  /** Grows with every change of the account's directory. */
  version: number
  settings: Settings
  departments: readonly Department[]
  agents: readonly Agent[]
  department(id: string): Department | undefined
  agent(id: string): Agent | undefined
  /**
   * Whether an agent is active and belongs to a department that exists. While the account has exactly one
   * active agent, that one belongs to every department.
   */
  isMember(agentId: string, departmentId: string): boolean
  /** The only active agent; null when there are several, or none. */
  soloAgentId: string | null
  /** Active agents who belong to the department. */
  membersOf(departmentId: string): Agent[]
  /** Departments that the agent belongs to. */
  departmentsOf(agentId: string): Department[]
  /** Where the tickets of an agent go who is not active any more. */
  offboarding(agentId: string): OffboardingPlan | undefined
}

/** A view on a snapshot. */
export function directoryView(snapshot: DirectorySnapshot): DirectoryView {
  const departments = new Map(snapshot.departments.map((department) => [department.id, department]))
  const agents = new Map(snapshot.agents.map((agent) => [agent.id, agent]))
  const active = snapshot.agents.filter((agent) => agent.status === 'active')
  const [only] = active
  const offboardings = new Map(snapshot.offboardings.map((plan) => [plan.agentId, plan]))
  const soloAgentId = active.length === 1 && only ? only.id : null
  const memberships = new Map(
    active.map((agent) => [agent.id, new Set(agent.memberships.map((of) => of.departmentId))]),
  )
  const isMember = (agentId: string, departmentId: string): boolean => {
    if (!departments.has(departmentId)) return false
    return agentId === soloAgentId || (memberships.get(agentId)?.has(departmentId) ?? false)
  }
  if (!snapshot.settings) throw problems.internal(new Error('A directory snapshot without settings'))
  return {
    accountId: snapshot.accountId,
    version: snapshot.version,
    settings: snapshot.settings,
    departments: snapshot.departments,
    agents: snapshot.agents,
    department: (id) => departments.get(id),
    agent: (id) => agents.get(id),
    isMember,
    soloAgentId,
    membersOf: (departmentId) => active.filter((agent) => isMember(agent.id, departmentId)),
    departmentsOf: (agentId) => snapshot.departments.filter((department) => isMember(agentId, department.id)),
    offboarding: (agentId) =>
      agents.get(agentId)?.status === 'active' ? undefined : offboardings.get(agentId),
  }
}

export interface DirectoryReader {
  /** The directory as it is now: no change that was answered before this call is missing from it. */
  snapshot(accountId: string, options?: { deadlineMs?: number }): Promise<DirectoryView>
}

const DEFAULT_DEADLINE_MS = 5000
const SHARED_DEADLINE_MS = 10_000
/** Accounts whose last snapshot is kept. */
const MAX_ACCOUNTS = 500

interface Reading {
  view: Promise<DirectoryView>
}

interface AccountCache {
  caller: Caller
  view?: DirectoryView
  running?: Reading
  next?: Reading
}

/**
 * Reads snapshots: every time the directory is asked, which answers only "unchanged" while it is. Callers
 * that come while a question is on its way share the next one, never that one: it may have been answered
 * before their own moment.
 * @param name names the asking process, for example "ticket-worker"
 */
export function createDirectoryReader(
  client: Pick<GrpcClient<typeof DirectoryServiceService>, 'getSnapshot'>,
  name = 'directory-reader',
): DirectoryReader {
  const accounts = new Map<string, AccountCache>()

  const cacheOf = (accountId: string): AccountCache => {
    const cache = accounts.get(accountId) ?? { caller: systemCaller(accountId, name) }
    accounts.delete(accountId)
    accounts.set(accountId, cache)
    const [oldest] = accounts.keys()
    if (accounts.size > MAX_ACCOUNTS && oldest !== undefined) accounts.delete(oldest)
    return cache
  }

  const ask = async (accountId: string, cache: AccountCache): Promise<DirectoryView> => {
    const { snapshot, unchanged } = await client.getSnapshot(
      { accountId, knownVersion: cache.view?.version ?? 0 },
      { caller: cache.caller, deadlineMs: SHARED_DEADLINE_MS },
    )
    if (unchanged && cache.view) return cache.view
    if (!snapshot) throw problems.notFound('account', accountId)
    cache.view = directoryView(snapshot)
    return cache.view
  }

  const begin = (accountId: string, cache: AccountCache): Reading => {
    const reading: Reading = { view: detached(() => ask(accountId, cache)) }
    cache.running = reading
    reading.view
      .catch(() => {})
      .finally(() => {
        if (cache.running === reading) cache.running = undefined
      })
    return reading
  }

  const read = (accountId: string): Promise<DirectoryView> => {
    const cache = cacheOf(accountId)
    if (!cache.running) return begin(accountId, cache).view
    const before = cache.running.view
    cache.next ??= {
      view: before.then(noop, noop).then(() => {
        cache.next = undefined
        return begin(accountId, cache).view
      }),
    }
    return cache.next.view
  }

  return {
    async snapshot(accountId, { deadlineMs = DEFAULT_DEADLINE_MS } = {}) {
      const left = (currentCall()?.deadline.getTime() ?? Number.POSITIVE_INFINITY) - Date.now()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new DeadlinePassed()), Math.min(deadlineMs, left))
      })
      try {
        return await Promise.race([read(accountId), late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

const noop = () => {}
