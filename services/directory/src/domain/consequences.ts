import { isDeepStrictEqual } from 'node:util'
import type { Actor, DelegationRunInput, OffboardingRunInput, SweepInput } from '@onus/workflows-contract'
import { type DrainItem, drainsOf } from './drains.ts'
import { type Agent, type Department, type DirectoryState, type Leave, soloAgent } from './model.ts'

/**
 * What follows from a change, found by comparing the account before and after it: nothing that changes the
 * account can forget to say so. All of it is written with the change, and goes out later.
 */
export type OutboxItem = AuditItem | EventItem | SweepItem | OperationItem | DrainItem

export interface AuditItem {
  kind: 'audit'
  /** `<accountId>:<sequence>`. */
  id: string
  sequence: number
  at: string
  actor: Actor
  action: string
  entityId: string
  fields: string[]
}

export interface EventItem {
  kind: 'event'
  /** `<entityId>-<version>`: the event's id, and the same on a repeat. */
  id: string
  /** For example `agent.updated`. */
  type: string
  entityId: string
  /** The account's version: higher is later, for any one entity. */
  sequence: number
  at: string
  traceparent?: string
  /** The entity whole, without secrets. */
  data: Record<string, unknown>
}

export interface SweepItem {
  kind: 'sweep'
  id: string
  input: SweepInput
}

/** What people want of an operation over many tickets; starts it when it is not there. */
export type OperationItem = { kind: 'operation'; id: string } & (
  | { workflow: 'offboarding'; input: OffboardingRunInput }
  | { workflow: 'delegation'; input: DelegationRunInput }
)

export interface ChangeContext {
  actor: Actor
  now: string
  /** Number of the account's last audit entry. */
  auditSequence: number
  /** W3C trace context of the request. */
  traceparent?: string
}

/** `before` is null for a new account. */
export function consequences(
  before: DirectoryState | null,
  after: DirectoryState,
  context: ChangeContext,
): OutboxItem[] {
  const changes = findChanges(before, after)
  return [
    ...auditOf(changes, after, context),
    ...eventsOf(changes, after, context),
    ...(before && !after.deletedAt ? sweepsOf(before, after, context.actor) : []),
    ...(before && !after.deletedAt ? operationsOf(before, after) : []),
    ...(before && !after.deletedAt ? drainsOf(before, after) : []),
  ]
}

/** Everything but the number of the change. */
export const isSame = (before: DirectoryState, after: DirectoryState): boolean =>
  isDeepStrictEqual({ ...before, version: 0 }, { ...after, version: 0 })

interface Change {
  entity: 'account' | 'department' | 'agent' | 'api_key' | 'oidc' | 'offboarding'
  verb: 'created' | 'updated' | 'removed' | 'deleted'
  id: string
  fields: string[]
  /** As it is now, or was last. */
  data: object
}

function findChanges(before: DirectoryState | null, after: DirectoryState): Change[] {
  const { accountId } = after
  return [
    ...accountChanges(before, after),
    ...listChanges('department', before?.departments ?? [], after.departments),
    ...listChanges('agent', before?.agents ?? [], after.agents),
    ...(after.deletedAt ? [] : listChanges('api_key', before?.apiKeys ?? [], after.apiKeys)),
    ...(after.deletedAt ? [] : offboardingChanges(before, after)),
    ...(after.deletedAt
      ? []
      : listChanges(
          'oidc',
          ...([before, after].map((state) => named(state, accountId)) as [Named[], Named[]]),
        )),
  ]
}

/** A new plan takes the place of the agent's last one, which is no change of that one. */
function offboardingChanges(before: DirectoryState | null, after: DirectoryState): Change[] {
  const plans = after.offboardings ?? []
  const same = new Set(plans.map(({ id }) => id))
  return listChanges(
    'offboarding',
    (before?.offboardings ?? []).filter(({ id }) => same.has(id)),
    plans,
  )
}

type Named = { id: string }
const named = (state: DirectoryState | null, id: string): Named[] =>
  state?.oidc ? [{ id, ...state.oidc }] : []

function accountChanges(before: DirectoryState | null, after: DirectoryState): Change[] {
  const data = { id: after.accountId, ...after.settings, createdAt: after.createdAt }
  const base = { entity: 'account', id: after.accountId, data } as const
  if (!before) return [{ ...base, verb: 'created', fields: Object.keys(after.settings) }]
  if (!before.deletedAt && after.deletedAt) return [{ ...base, verb: 'deleted', fields: [] }]
  const fields = changedFields(before.settings, after.settings)
  return fields.length ? [{ ...base, verb: 'updated', fields }] : []
}

function listChanges(entity: Change['entity'], before: Named[], after: Named[]): Change[] {
  const old = new Map(before.map((one) => [one.id, one]))
  const changes: Change[] = []
  for (const data of after) {
    const was = old.get(data.id)
    old.delete(data.id)
    const fields = changedFields(was ?? {}, data).filter((field) => field !== 'id')
    if (!was) changes.push({ entity, verb: 'created', id: data.id, fields, data })
    else if (fields.length) {
      const gone = entity === 'agent' && fields.includes('status') && (data as Agent).status === 'removed'
      changes.push({ entity, verb: gone ? 'removed' : 'updated', id: data.id, fields, data })
    }
  }
  for (const data of old.values()) changes.push({ entity, verb: 'deleted', id: data.id, fields: [], data })
  return changes
}

function changedFields(before: object, after: object): string[] {
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>]
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => !isDeepStrictEqual(a[name], b[name]))
}

function auditOf(changes: Change[], after: DirectoryState, context: ChangeContext): AuditItem[] {
  return changes.map(({ entity, verb, id, fields }, index) =>
    auditItem(after.accountId, `${entity}.${verb}`, id, fields, {
      ...context,
      auditSequence: context.auditSequence + index,
    }),
  )
}

/** One audit entry; also for what is kept outside of the account's one document. */
export function auditItem(
  accountId: string,
  action: string,
  entityId: string,
  fields: string[],
  { actor, now, auditSequence }: ChangeContext,
): AuditItem {
  const sequence = auditSequence + 1
  return { kind: 'audit', id: `${accountId}:${sequence}`, sequence, at: now, actor, action, entityId, fields }
}

/** Keys and issuers are audited, and are no news for integrators. */
const PUBLISHED = new Set<Change['entity']>(['account', 'department', 'agent'])

function eventsOf(
  changes: Change[],
  after: DirectoryState,
  { now, traceparent }: ChangeContext,
): EventItem[] {
  return changes
    .filter(({ entity }) => PUBLISHED.has(entity))
    .map(({ entity, verb, id, data }) => ({
      kind: 'event',
      id: `${id}-${after.version}`,
      type: `${entity}.${verb}`,
      entityId: id,
      sequence: after.version,
      at: now,
      ...(traceparent && { traceparent }),
      data: published(data),
    }))
}

/** The entity whole, but for why somebody is on leave: that is theirs. */
function published(data: object): Record<string, unknown> {
  if (!('leave' in data) || !Array.isArray(data.leave)) return { ...data }
  return { ...data, leave: (data.leave as Leave[]).map(({ from, until }) => ({ from, until })) }
}

type Scope = SweepInput['scope']
type Recheck = Omit<SweepInput['command'], 'type'>

function sweepsOf(before: DirectoryState, after: DirectoryState, actor: Actor): SweepItem[] {
  const { accountId, version } = after
  return findSweeps(before, after, actor).map(({ scope, recheck }, index) => {
    const sweepId = `${version}-${index}`
    const command = { type: 'recheck', ...recheck } as const
    return {
      kind: 'sweep',
      id: `${accountId}:sweep:${sweepId}`,
      input: { accountId, scope, command, sweepId },
    }
  })
}

/** Those who leave a department first, then who holds everything now, then the clocks. */
function findSweeps(
  before: DirectoryState,
  after: DirectoryState,
  actor: Actor,
): { scope: Scope; recheck: Recheck }[] {
  const sweeps: { scope: Scope; recheck: Recheck }[] = []
  const solo = soloAgent(after)
  for (const agent of after.agents) {
    const was = before.agents.find((one) => one.id === agent.id)
    if (!was) continue
    // Who leaves altogether has an operation of their own.
    if (agent.status !== 'active' || agent.id === solo?.id) continue
    for (const departmentId of droppedDepartments(was, agent)) {
      const recheck = { because: 'membership_change', startedBy: actor } as const
      sweeps.push({ scope: { agentId: agent.id, departmentId }, recheck })
    }
  }
  if (solo && solo.id !== soloAgent(before)?.id) {
    sweeps.push({ scope: { all: true }, recheck: { because: 'solo_account' } })
  }
  if (before.settings.reopenWindow !== after.settings.reopenWindow) {
    sweeps.push({ scope: { all: true }, recheck: { because: 'settings' } })
  }
  for (const department of after.departments) {
    const was = before.departments.find((one) => one.id === department.id)
    if (was && movesClocks(was, department)) {
      sweeps.push({ scope: { departmentId: department.id }, recheck: { because: 'settings' } })
    }
  }
  return sweeps
}

function operationsOf(before: DirectoryState, after: DirectoryState): OperationItem[] {
  const { accountId, version } = after
  const items: OperationItem[] = []
  const idOf = (of: string) => `${accountId}:${of}:${version}`
  for (const plan of after.offboardings ?? []) {
    const was = before.offboardings?.find(({ id }) => id === plan.id)
    if (was?.wanted === plan.wanted) continue
    const { id: offboardingId, agentId, startedBy, wanted, undoneBy } = plan
    const by = wanted === 'undone' && undoneBy ? { by: undoneBy } : {}
    const input = { accountId, agentId, offboardingId, startedBy, wanted, version, ...by }
    items.push({ kind: 'operation', id: idOf(offboardingId), workflow: 'offboarding', input })
  }
  for (const agent of after.agents) {
    const was = before.agents.find(({ id }) => id === agent.id)?.delegation
    if (was?.id === agent.delegation?.id) continue
    for (const [delegation, wanted] of [
      [was, 'ended'],
      [agent.delegation, 'running'],
    ] as const) {
      if (delegation?.mode !== 'tickets') continue
      const { id: delegationId, from, until } = delegation
      const input = { accountId, agentId: agent.id, delegationId, from, until, wanted, version }
      items.push({ kind: 'operation', id: idOf(delegationId), workflow: 'delegation', input })
    }
  }
  return items
}

function droppedDepartments(before: Agent, after: Agent): string[] {
  const kept = new Set(after.memberships.map((one) => one.departmentId))
  return before.memberships.map((one) => one.departmentId).filter((id) => !kept.has(id))
}

const movesClocks = (before: Department, after: Department): boolean =>
  !isDeepStrictEqual([before.claimTimeout, before.hours], [after.claimTimeout, after.hours])

/** So many items may wait before older news of the same entity gives way to the newest. */
const COALESCE_ABOVE = 1000

/**
 * Keeps what waits for a broker that is away from growing without bound: of several updates of one entity
 * only the last is kept, which carries the entity whole. Nothing else is dropped, and the order stays.
 */
export function coalesce(items: OutboxItem[], limit = COALESCE_ABOVE): OutboxItem[] {
  if (items.length <= limit) return items
  const last = new Map<string, number>()
  items.forEach((item, at) => {
    if (isUpdate(item)) last.set(item.entityId, at)
  })
  return items.filter((item, at) => !isUpdate(item) || last.get(item.entityId) === at)
}

const isUpdate = (item: OutboxItem): item is EventItem =>
  item.kind === 'event' && item.type.endsWith('.updated')
