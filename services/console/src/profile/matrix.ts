import type { NoticeChannel, NoticeEvent } from '@onus/workflows-contract/notify'
import type { PreferenceRule, When } from '../api/types.ts'

export interface Cell {
  when: When
  /** Said by the rule for all departments, or by the product's default, and not by one of its own. */
  inherited: boolean
}

export type Matrix = (event: NoticeEvent, channel: NoticeChannel) => Cell

/** On by default: everything in the app and on the phone; by mail and Slack what one must act upon. */
const QUIET_BY_DEFAULT: readonly NoticeEvent[] = [
  'ticket_reopened_department',
  'ticket_reopened_mine',
  'chat_ringing',
  'chat_message',
  'chat_missed',
]

export const defaultWhen = (event: NoticeEvent, channel: NoticeChannel): When =>
  (channel === 'email' || channel === 'slack') && QUIET_BY_DEFAULT.includes(event) ? 'never' : 'always'

const sameCell = (
  rule: PreferenceRule,
  event: string,
  channel: string,
  departmentId: string | null,
): boolean => rule.event === event && rule.channel === channel && (rule.departmentId ?? null) === departmentId

/** What holds for each event and channel, in one department or (null) in all. */
export function matrixOf(rules: PreferenceRule[], departmentId: string | null): Matrix {
  return (event, channel) => {
    const own = rules.find((rule) => sameCell(rule, event, channel, departmentId))
    if (own) return { when: own.when, inherited: false }
    const general = rules.find((rule) => sameCell(rule, event, channel, null))
    return { when: general?.when ?? defaultWhen(event, channel), inherited: true }
  }
}

/** The rules with one cell changed; a cell that says what holds anyway needs no rule. */
export function rulesOf(rules: PreferenceRule[], cell: PreferenceRule): PreferenceRule[] {
  const departmentId = cell.departmentId ?? null
  const others = rules.filter((rule) => !sameCell(rule, cell.event, cell.channel, departmentId))
  if (matrixOf(others, departmentId)(cell.event, cell.channel).when === cell.when) return others
  return [
    ...others,
    departmentId ? { ...cell, departmentId } : { event: cell.event, channel: cell.channel, when: cell.when },
  ]
}
