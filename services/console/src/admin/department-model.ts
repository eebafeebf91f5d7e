import type { Department, ReopenPolicy, Strategy } from '../api/types.ts'
import { durationOf, linesOf, minutesOf } from './forms.ts'
import { type HoursDraft, hoursBody, hoursDraft, hoursValid } from './hours-model.ts'

export const OCCASIONS = ['new', 'reopened', 'transferred'] as const
export const THENS = ['notify', 'escalate', 'redistribute'] as const
export const STRATEGIES: Strategy[] = ['manual', 'round_robin', 'least_loaded', 'weighted', 'skill_based']

/** A department while somebody edits it; numbers are texts, as they are typed. */
export interface DepartmentDraft {
  name: string
  addresses: string
  reopenPolicy: ReopenPolicy
  onlyOwnerAnswers: boolean
  membersMayTakeOver: boolean
  strategy: Strategy
  on: readonly string[]
  fallback: string
  hasClock: boolean
  /** Minutes. */
  warn: string
  after: string
  then: (typeof THENS)[number]
  toDepartmentId: string
  hours: HoursDraft
}

export function departmentDraft(department: Department | undefined, timeZone: string): DepartmentDraft {
  const clock = department?.claimTimeout
  const distribution = department?.distribution
  return {
    name: department?.name ?? '',
    addresses: (department?.addresses ?? []).join('\n'),
    reopenPolicy: department?.reopenPolicy ?? 'keep_if_available',
    onlyOwnerAnswers: department?.onlyOwnerAnswers ?? false,
    membersMayTakeOver: department?.membersMayTakeOver ?? false,
    strategy: distribution?.strategy ?? 'manual',
    on: distribution && distribution.strategy !== 'manual' ? (distribution.on ?? []) : ['new', 'reopened'],
    fallback: distribution?.fallbackDepartmentId ?? '',
    hasClock: clock !== undefined,
    warn: minutesText(clock?.warnAfter),
    after: clock ? minutesText(clock.after) : '30',
    then: clock?.then ?? 'notify',
    toDepartmentId: clock?.toDepartmentId ?? '',
    hours: hoursDraft(department?.hours, timeZone),
  }
}

const minutesText = (duration: string | null | undefined): string => String(minutesOf(duration) ?? '')

/** What the API is sent, whole. */
export function departmentBody(draft: DepartmentDraft) {
  const { strategy, on, fallback } = draft
  return {
    name: draft.name.trim(),
    addresses: linesOf(draft.addresses),
    reopenPolicy: draft.reopenPolicy,
    onlyOwnerAnswers: draft.onlyOwnerAnswers,
    membersMayTakeOver: draft.membersMayTakeOver,
    distribution: {
      strategy,
      ...(strategy !== 'manual' && {
        on: OCCASIONS.filter((occasion) => on.includes(occasion)),
        ...(fallback && { fallbackDepartmentId: fallback }),
      }),
    },
    claimTimeout: draft.hasClock ? clockBody(draft) : null,
    hours: hoursBody(draft.hours),
  }
}

function clockBody({ after, warn, then, toDepartmentId }: DepartmentDraft) {
  return {
    after: durationOf(Number(after)),
    ...(warn !== '' && { warnAfter: durationOf(Number(warn)) }),
    then,
    ...(then === 'escalate' && toDepartmentId && { toDepartmentId }),
  }
}

export type DepartmentFault = 'name' | 'on' | 'after' | 'warn' | 'escalate' | 'hours'

/** What has to be put right before it is worth sending. */
export function departmentFaults(draft: DepartmentDraft): DepartmentFault[] {
  const { strategy, on, hasClock, after, warn, then, toDepartmentId } = draft
  return [
    ...(draft.name.trim() === '' ? (['name'] as const) : []),
    ...(strategy !== 'manual' && on.length === 0 ? (['on'] as const) : []),
    ...(hasClock && !(Number(after) > 0) ? (['after'] as const) : []),
    ...(hasClock && warn !== '' && !(Number(warn) > 0 && Number(warn) < Number(after))
      ? (['warn'] as const)
      : []),
    ...(hasClock && then === 'escalate' && !toDepartmentId ? (['escalate'] as const) : []),
    ...(hoursValid(draft.hours) ? [] : (['hours'] as const)),
  ]
}
