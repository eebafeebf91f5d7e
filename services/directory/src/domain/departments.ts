import { Problem, problems } from '@onus/kit/problems'
import { REOPEN_POLICIES } from '@onus/workflows-contract'
import { clip, duration, durationMs, emailAddress, FieldErrors, line, oneOf } from './fields.ts'
import { checkHours, type HoursInput } from './hours.ts'
import { namedFields } from './mask.ts'
import {
  CLAIM_TIMEOUT_ACTIONS,
  type ClaimTimeout,
  DEFAULTS,
  type Department,
  DISTRIBUTED,
  type DirectoryState,
  type Distribution,
  STRATEGIES,
} from './model.ts'

/** What a caller may say of a department; text that proto leaves empty counts as not said. */
export interface DepartmentInput {
  name?: string
  reopenPolicy?: string
  onlyOwnerAnswers?: boolean
  membersMayTakeOver?: boolean
  hours?: HoursInput
  addresses?: string[]
  distribution?: { strategy?: string; on?: string[]; fallbackDepartmentId?: string }
  claimTimeout?: { warnAfter?: string; then?: string; after?: string; toDepartmentId?: string }
}

export const DEPARTMENT_FIELDS = [
  'name',
  'reopenPolicy',
  'onlyOwnerAnswers',
  'membersMayTakeOver',
  'hours',
  'addresses',
  'distribution',
  'claimTimeout',
] as const

/** So that an agent who is a member of all still fits into one event. */
const MAX_DEPARTMENTS = 500
const MAX_ADDRESSES = 50

export function createDepartment(
  state: DirectoryState,
  input: DepartmentInput,
  given: { id: string; now: string },
): DirectoryState {
  if (state.departments.length >= MAX_DEPARTMENTS) {
    throw new Problem('in-use', `An account has at most ${MAX_DEPARTMENTS} departments.`)
  }
  const department = checkDepartment(state, { id: given.id, createdAt: given.now }, input)
  return { ...state, departments: [...state.departments, department] }
}

export function updateDepartment(
  state: DirectoryState,
  id: string,
  input: DepartmentInput,
  mask: readonly string[] | undefined,
): DirectoryState {
  const current = findDepartment(state, id)
  const named = namedFields(mask, input, DEPARTMENT_FIELDS)
  const merged: DepartmentInput = { ...current }
  for (const field of named) Object.assign(merged, { [field]: input[field] })
  const department = checkDepartment(state, current, merged)
  return { ...state, departments: state.departments.map((one) => (one.id === id ? department : one)) }
}

/**
 * Deletes a department that nothing names any more. Whether it has tickets is asked before, of the ticket
 * service. Removed agents forget it.
 */
export function deleteDepartment(state: DirectoryState, id: string): DirectoryState {
  const department = findDepartment(state, id)
  const remedy = reasonToKeep(state, department)
  if (remedy) throw new Problem('in-use', `"${department.name}" cannot be deleted: ${remedy}`)
  return {
    ...state,
    departments: state.departments.filter((one) => one.id !== id),
    agents: state.agents.map((agent) =>
      agent.memberships.some((one) => one.departmentId === id)
        ? { ...agent, memberships: agent.memberships.filter((one) => one.departmentId !== id) }
        : agent,
    ),
  }
}

function reasonToKeep(state: DirectoryState, { id }: Department): string | null {
  if (state.settings.defaultDepartmentId === id) {
    return 'it is the default department. Make another one the default first.'
  }
  const members = state.agents.filter(
    (agent) => agent.status !== 'removed' && agent.memberships.some((one) => one.departmentId === id),
  ).length
  if (members) return `it has ${members} member${members > 1 ? 's' : ''}. Take them out of it first.`
  const named = state.departments.find(
    (one) => one.distribution.fallbackDepartmentId === id || one.claimTimeout?.toDepartmentId === id,
  )
  return named ? `"${named.name}" falls back or escalates to it. Change that first.` : null
}

export function findDepartment(state: DirectoryState, id: string): Department {
  const department = state.departments.find((one) => one.id === id)
  if (!department) throw problems.notFound('department', id)
  return department
}

function checkDepartment(
  state: DirectoryState,
  { id, createdAt }: { id: string; createdAt: string },
  input: DepartmentInput,
): Department {
  const errors = new FieldErrors()
  const hours = input.hours && checkHours(input.hours, 'hours', state.settings.timeZone, errors)
  const claimTimeout = input.claimTimeout && checkClaimTimeout(state, id, input.claimTimeout, errors)
  const department: Department = {
    id,
    name: line(input.name, 'name', errors),
    reopenPolicy: oneOf(input.reopenPolicy || DEFAULTS.reopenPolicy, REOPEN_POLICIES, 'reopenPolicy', errors),
    onlyOwnerAnswers: input.onlyOwnerAnswers ?? false,
    membersMayTakeOver: input.membersMayTakeOver ?? false,
    ...(hours && { hours }),
    addresses: checkAddresses(input.addresses ?? [], errors),
    distribution: checkDistribution(state, id, input.distribution ?? {}, errors),
    ...(claimTimeout && { claimTimeout }),
    createdAt,
  }
  errors.throwIfAny()
  refuseTakenAddresses(state, department)
  return department
}

function checkAddresses(input: string[], errors: FieldErrors): string[] {
  if (input.length > MAX_ADDRESSES) errors.add('addresses', `Give at most ${MAX_ADDRESSES} addresses.`)
  const addresses = input.map((address, at) => emailAddress(address, `addresses[${at}]`, errors))
  addresses.forEach((address, at) => {
    if (addresses.indexOf(address) !== at) errors.add(`addresses[${at}]`, 'This address is named twice.')
  })
  return addresses
}

function refuseTakenAddresses(state: DirectoryState, department: Department): void {
  for (const other of state.departments) {
    if (other.id === department.id) continue
    const at = department.addresses.findIndex((address) => other.addresses.includes(address))
    if (at >= 0) throw addressTaken(department.addresses[at]!, at, `by "${other.name}"`)
  }
}

/** Somebody has this inbound address; who, is told within the account only. */
export function addressTaken(address: string, at: number, by = ''): Problem {
  const message = `Choose another address, or take it from the department that has it.`
  return new Problem('address-taken', `"${address}" is taken${by && ` ${by}`}.`, {
    errors: [{ field: `addresses[${at}]`, message }],
  })
}

function checkDistribution(
  state: DirectoryState,
  id: string,
  input: NonNullable<DepartmentInput['distribution']>,
  errors: FieldErrors,
): Distribution {
  const strategy = oneOf(input.strategy || 'manual', STRATEGIES, 'distribution.strategy', errors)
  const on = input.on?.length || strategy === 'manual' ? (input.on ?? []) : DEFAULTS.distributedOn
  const fallback = input.fallbackDepartmentId || undefined
  if (fallback) checkOther(state, id, fallback, 'distribution.fallbackDepartmentId', errors)
  return {
    strategy,
    on: [...new Set(on.map((one, at) => oneOf(one, DISTRIBUTED, `distribution.on[${at}]`, errors)))],
    ...(fallback && { fallbackDepartmentId: fallback }),
  }
}

function checkClaimTimeout(
  state: DirectoryState,
  id: string,
  input: NonNullable<DepartmentInput['claimTimeout']>,
  errors: FieldErrors,
): ClaimTimeout {
  const then = oneOf(input.then, CLAIM_TIMEOUT_ACTIONS, 'claimTimeout.then', errors)
  const after = duration(input.after, 'claimTimeout.after', errors)
  const warnAfter = input.warnAfter ? duration(input.warnAfter, 'claimTimeout.warnAfter', errors) : undefined
  const [warnMs, afterMs] = [durationMs(warnAfter), durationMs(after)]
  if (warnMs !== null && afterMs !== null && warnMs >= afterMs) {
    errors.add('claimTimeout.warnAfter', `Warn before the timeout itself, which is after ${after}.`)
  }
  const to = input.toDepartmentId || undefined
  if (then === 'escalate') {
    if (!to) errors.add('claimTimeout.toDepartmentId', 'Name the department to escalate to.')
    else checkOther(state, id, to, 'claimTimeout.toDepartmentId', errors)
  } else if (to) {
    errors.add('claimTimeout.toDepartmentId', 'Leave it out: only "escalate" goes to another department.')
  }
  return { ...(warnAfter && { warnAfter }), then, after, ...(to && { toDepartmentId: to }) }
}

function checkOther(
  state: DirectoryState,
  id: string,
  other: string,
  field: string,
  errors: FieldErrors,
): void {
  if (other === id) errors.addUnknown(field, 'Name another department than this one.')
  else if (!state.departments.some((one) => one.id === other)) {
    errors.addUnknown(field, `There is no department "${clip(other)}".`)
  }
}
