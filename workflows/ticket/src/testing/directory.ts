import type {
  AgentFacts,
  ClaimTimeoutFacts,
  DepartmentFacts,
  DirectoryFacts,
  DistributionFacts,
  HoursFacts,
  OffboardingFacts,
  SettingsFacts,
} from '../domain/facts.ts'

/** A small directory, written down as tests think of it. */
export interface DirectoryPlan {
  departments: Record<
    string,
    {
      reopenPolicy?: string
      onlyOwnerAnswers?: boolean
      membersMayTakeOver?: boolean
      hours?: HoursFacts
      claimTimeout?: ClaimTimeoutFacts
      distribution?: DistributionFacts
    }
  >
  agents: Record<
    string,
    {
      in?: string[]
      role?: 'owner' | 'admin' | 'agent'
      status?: string
      presence?: string
      schedule?: AgentFacts['schedule']
      leave?: AgentFacts['leave']
      delegation?: AgentFacts['delegation']
      offboarding?: OffboardingFacts
      capacity?: number
      skills?: AgentFacts['skills']
      /** By department; 1 where there is none. */
      weights?: Record<string, number>
    }
  >
  settings?: Partial<SettingsFacts>
}

/** What the directory service would answer for such a plan; the first department is the default one. */
export function directoryOf(plan: DirectoryPlan): DirectoryFacts {
  const departments = new Map<string, DepartmentFacts>(
    Object.entries(plan.departments).map(([id, department]) => [
      id,
      {
        id,
        name: titleOf(id),
        reopenPolicy: 'keep_if_available',
        onlyOwnerAnswers: false,
        membersMayTakeOver: false,
        ...department,
      },
    ]),
  )
  const agents = new Map<string, AgentFacts>(
    Object.entries(plan.agents).map(([id, planned]) => {
      const {
        role = 'agent',
        status = 'active',
        presence = 'online',
        schedule,
        leave = [],
        delegation,
        capacity,
        skills = [],
        weights = {},
      } = planned
      const memberships = (planned.in ?? []).map((departmentId) => ({
        departmentId,
        weight: weights[departmentId] ?? 1,
      }))
      const away = { schedule, leave, delegation }
      return [id, { id, name: titleOf(id), role, status, presence, ...away, capacity, skills, memberships }]
    }),
  )
  const active = [...agents.values()].filter(({ status }) => status === 'active')
  const soloAgentId = active.length === 1 ? (active[0]?.id ?? null) : null
  const isMember = (agentId: string, departmentId: string): boolean =>
    agents.get(agentId)?.status === 'active' &&
    departments.has(departmentId) &&
    (agentId === soloAgentId || (plan.agents[agentId]?.in ?? []).includes(departmentId))
  return {
    settings: {
      defaultDepartmentId: Object.keys(plan.departments)[0] ?? '',
      reopenWindow: 'P7D',
      timeZone: 'UTC',
      ...plan.settings,
    },
    department: (id) => departments.get(id),
    agent: (id) => agents.get(id),
    isMember,
    soloAgentId,
    offboarding: (id) => (agents.get(id)?.status === 'active' ? undefined : plan.agents[id]?.offboarding),
    membersOf: (departmentId) => active.filter(({ id }) => isMember(id, departmentId)),
  }
}

const titleOf = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1)
