import type { z } from '@hono/zod-openapi'
import type {
  Account,
  Agent,
  ApiKey,
  AuditEntry,
  Delegation,
  Department,
  Hours,
  Leave,
  OidcIntegration,
  Preferences,
  Settings,
} from '@onus/proto/onus/v1/directory'
import type * as api from '../api/directory.ts'
import { actorJson, present } from './common.ts'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export const accountJson = ({ id, name, createdAt }: Account) => ({ id, name, createdAt })

export const settingsJson = (settings: Settings) => ({
  name: settings.name,
  defaultDepartmentId: settings.defaultDepartmentId,
  routeAssignedToMe: settings.routeAssignedToMe,
  reopenWindow: settings.reopenWindow,
  replyToClosed: settings.replyToClosed,
  locale: settings.locale,
  timeZone: settings.timeZone,
})

/** A change of settings; what is not in the field mask is not looked at. */
export const settingsProto = (change: z.output<typeof api.settingsChange>): Settings => ({
  name: change.name ?? '',
  defaultDepartmentId: change.defaultDepartmentId ?? '',
  routeAssignedToMe: change.routeAssignedToMe ?? false,
  reopenWindow: change.reopenWindow ?? '',
  replyToClosed: change.replyToClosed ?? '',
  locale: change.locale ?? '',
  timeZone: change.timeZone ?? '',
})

function hoursJson(hours: Hours) {
  const days: Record<string, [string, string][]> = {}
  for (const day of DAYS) {
    const intervals = hours[day]?.intervals
    if (intervals?.length) days[day] = intervals.map(({ from, to }) => [from, to])
  }
  return { timeZone: hours.timeZone, days, holidays: hours.holidays }
}

function hoursProto(hours: z.output<typeof api.hours>): Hours {
  const proto: Hours = { timeZone: hours.timeZone, holidays: hours.holidays ?? [] }
  for (const day of DAYS) {
    const intervals = hours.days[day]
    if (intervals) proto[day] = { intervals: intervals.map(([from, to]) => ({ from, to })) }
  }
  return proto
}

export const departmentJson = (department: Department) =>
  present({
    id: department.id,
    name: department.name,
    reopenPolicy: department.reopenPolicy,
    onlyOwnerAnswers: department.onlyOwnerAnswers,
    membersMayTakeOver: department.membersMayTakeOver,
    hours: department.hours && hoursJson(department.hours),
    addresses: department.addresses,
    distribution: present({
      strategy: department.distribution?.strategy || 'manual',
      on: department.distribution?.on ?? [],
      fallbackDepartmentId: department.distribution?.fallbackDepartmentId,
    }),
    claimTimeout: department.claimTimeout && present({ ...department.claimTimeout }),
    createdAt: department.createdAt,
  })

/** A new department, or the changed fields of one; the directory fills in what is empty. */
export function departmentProto(input: z.output<typeof api.departmentChange>): Department {
  const { distribution, claimTimeout } = input
  return {
    id: '',
    createdAt: '',
    name: input.name ?? '',
    reopenPolicy: input.reopenPolicy ?? '',
    onlyOwnerAnswers: input.onlyOwnerAnswers ?? false,
    membersMayTakeOver: input.membersMayTakeOver ?? false,
    addresses: input.addresses ?? [],
    ...(input.hours && { hours: hoursProto(input.hours) }),
    ...(distribution && {
      distribution: {
        strategy: distribution.strategy,
        on: distribution.on ?? [],
        fallbackDepartmentId: distribution.fallbackDepartmentId ?? undefined,
      },
    }),
    ...(claimTimeout && {
      claimTimeout: {
        warnAfter: claimTimeout.warnAfter ?? undefined,
        then: claimTimeout.then,
        after: claimTimeout.after,
        toDepartmentId: claimTimeout.toDepartmentId ?? undefined,
      },
    }),
  }
}

export const agentJson = (agent: Agent) => ({
  id: agent.id,
  name: agent.name,
  email: agent.email,
  role: agent.role,
  locale: agent.locale,
  timeZone: agent.timeZone,
  capacity: agent.capacity ?? null,
  skills: agent.skills.map(({ name, level }) => ({ name, level })),
  memberships: agent.memberships.map(({ departmentId, weight }) => present({ departmentId, weight })),
  status: agent.status,
  presence: agent.presence,
  createdAt: agent.createdAt,
  ...(agent.schedule && { schedule: hoursJson(agent.schedule) }),
  leave: agent.leave.map(({ from, until }) => ({ from, until })),
  ...(agent.delegation && { delegation: delegationJson(agent.delegation) }),
})

export const leaveJson = ({ from, until, note }: Leave) => present({ from, until, note })

export const delegationJson = ({ toAgentId, from, until, mode }: Delegation) => ({
  toAgentId,
  from,
  until,
  mode,
})

/** A new agent, or the changed fields of one; the directory fills in what is empty. */
export const agentProto = (input: z.output<typeof api.agentChange>): Agent => ({
  id: '',
  createdAt: '',
  presence: '',
  name: input.name ?? '',
  email: input.email ?? '',
  role: input.role ?? '',
  locale: input.locale ?? '',
  timeZone: input.timeZone ?? '',
  capacity: input.capacity ?? undefined,
  skills: input.skills ?? [],
  memberships: (input.memberships ?? []).map(({ departmentId, weight }) => ({
    departmentId,
    weight: weight ?? undefined,
  })),
  status: input.status ?? '',
  ...(input.schedule && { schedule: hoursProto(input.schedule) }),
  leave: [],
})

export const preferencesJson = (preferences: Preferences) =>
  present({
    locale: preferences.locale,
    timeZone: preferences.timeZone,
    quietHours: preferences.quietHours,
    digest: preferences.digest,
    rules: preferences.rules.map((rule) => present({ ...rule })),
  })

export const preferencesProto = (input: z.output<typeof api.preferences>): Preferences => ({
  locale: input.locale,
  timeZone: input.timeZone,
  quietHours: input.quietHours ?? undefined,
  digest: input.digest ?? undefined,
  rules: input.rules.map((rule) => ({ ...rule, departmentId: rule.departmentId ?? undefined })),
})

export const apiKeyJson = (key: ApiKey) =>
  present({
    id: key.id,
    name: key.name,
    agentId: key.agentId,
    scopes: key.scopes,
    createdAt: key.createdAt,
    hint: key.hint,
  })

/** A secret that is null is removed, which is an empty text in the call. */
export const oidcProto = (input: z.output<typeof api.oidcChange>): OidcIntegration => ({
  accountId: '',
  issuer: input.issuer,
  audience: input.audience,
  hasClientSecret: false,
  emailDomains: input.emailDomains ?? [],
  ...(input.clientSecret !== undefined && { clientSecret: input.clientSecret ?? '' }),
})

export const oidcJson = (
  { accountId, issuer, audience, hasClientSecret, emailDomains }: OidcIntegration,
  publicUrl: string,
) => ({
  issuer,
  audience,
  hasClientSecret,
  emailDomains,
  signInUrl: `${publicUrl.replace(/\/$/, '')}/sign-in?account=${encodeURIComponent(accountId)}`,
})

export const auditJson = (entry: AuditEntry) => ({
  id: entry.id,
  at: entry.at,
  actor: actorJson(entry.actor),
  action: entry.action,
  entityId: entry.entityId,
  fields: entry.fields,
})
