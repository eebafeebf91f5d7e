import type { ListTicketsRequest } from '@onus/proto/onus/v1/ticket'
import type { FieldErrors } from '../domain/fields.ts'
import type { ListScope } from '../domain/visibility.ts'
import { dayAfter, daysFromTo, isDay } from '../insight/calendar.ts'
import { MARKS } from '../insight/measures.ts'
import { MAX_DAYS } from '../insight/period.ts'

/** Lists of what figures counted: by the marks that the counted commands left on their tickets. */

export const HAPPENINGS = ['claimed', 'transferred', 'reopened', 'resolved'] as const
type Happening = (typeof HAPPENINGS)[number]

export type Counted = Pick<
  ListTicketsRequest,
  'transferredFrom' | 'transferredTo' | 'reopenedIn' | 'reopenedTo' | 'resolvedIn' | 'claimedIn' | 'claimedOn'
> & {
  happened?: Happening
  /** Absent: at any time. */
  days?: string[]
}

const WHAT = [
  'transferredFrom',
  'transferredTo',
  'reopenedIn',
  'reopenedTo',
  'resolvedIn',
  'claimedIn',
] as const

/** What is asked of figures; faults go to `check`. */
export function readCounted(check: FieldErrors, request: ListTicketsRequest): Counted {
  const { happened, since, until } = request
  const counted: Counted = {
    ...request,
    happened: happened === undefined ? undefined : check.oneOf('happened', happened, HAPPENINGS),
  }
  if (since === undefined && until === undefined) return counted
  if (happened === undefined && WHAT.every((name) => request[name] === undefined))
    check.add(since === undefined ? 'until' : 'since', `Goes with happened, ${WHAT.join(', ')}.`)
  for (const [field, day] of [
    ['since', since],
    ['until', until],
  ] as const) {
    if (day === undefined) check.add(field, 'Give both `since` and `until`.')
    else if (!isDay(day)) check.add(field, 'Must be a day from 2000 to 2099, for example 2026-03-01.')
  }
  if (since === undefined || until === undefined || !isDay(since) || !isDay(until)) return counted
  const count = daysFromTo(since, until)
  if (count < 1) check.add('until', 'Must not be before `since`.')
  else if (count > MAX_DAYS) check.add('since', `A period has at most ${MAX_DAYS} days.`)
  else counted.days = Array.from({ length: count }, (_, at) => dayAfter(since, at))
  return counted
}

/** One mark of each of these is on every ticket that is asked for; none of one of them: there is no such ticket. */
export function countedMarks(counted: Counted, scope: ListScope): string[][] {
  const { transferredFrom, transferredTo, reopenedIn, reopenedTo, resolvedIn, claimedIn } = counted
  const { claimedOn, happened, days } = counted
  const moved = between(transferredFrom, transferredTo, {
    both: MARKS.movedBetween,
    from: MARKS.movedFrom,
    to: MARKS.movedTo,
  })
  const reopened = between(reopenedIn, reopenedTo, {
    both: MARKS.reopenedBetween,
    from: MARKS.reopenedIn,
    to: MARKS.reopenedTo,
  })
  const bases: string[][] = [
    ...(moved ? [[moved]] : []),
    ...(reopened ? [[reopened]] : []),
    ...(resolvedIn === undefined ? [] : [[MARKS.resolvedIn(resolvedIn)]]),
    ...(claimedIn === undefined || claimedOn !== undefined ? [] : [[MARKS.claimedIn(claimedIn)]]),
    ...(happened === undefined ? [] : [anywhere(happened, scope)]),
  ]
  const inTime = bases.map((some) =>
    days ? some.flatMap((mark) => days.map((day) => MARKS.on(mark, day))) : some,
  )
  if (claimedOn === undefined) return inTime
  const claimed = claimedIn === undefined ? anywhere('claimed', scope) : [MARKS.claimedIn(claimedIn)]
  return [...inTime, claimed.map((mark) => MARKS.on(mark, claimedOn))]
}

function between(
  from: string | undefined,
  to: string | undefined,
  marks: {
    both: (from: string, to: string) => string
    from: (from: string) => string
    to: (to: string) => string
  },
): string | undefined {
  if (from !== undefined && to !== undefined) return marks.both(from, to)
  if (from !== undefined) return marks.from(from)
  return to === undefined ? undefined : marks.to(to)
}

/** In every department whose figures the reader sees. */
function anywhere(happened: Happening, scope: ListScope): string[] {
  if (scope.kind === 'all') return [HAPPENED[happened].anywhere()]
  return scope.departmentIds.flatMap((id) => HAPPENED[happened].of.map((mark) => mark(id)))
}

const HAPPENED: Record<Happening, { anywhere: () => string; of: ((departmentId: string) => string)[] }> = {
  claimed: { anywhere: MARKS.claimed, of: [MARKS.claimedIn] },
  resolved: { anywhere: MARKS.resolved, of: [MARKS.resolvedIn] },
  transferred: { anywhere: MARKS.moved, of: [MARKS.movedFrom, MARKS.movedTo] },
  reopened: { anywhere: MARKS.reopened, of: [MARKS.reopenedIn, MARKS.reopenedTo] },
}
