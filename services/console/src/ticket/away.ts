import { phaseOf } from '../admin/away-model.ts'
import type { Agent } from '../api/types.ts'

/** Why an agent may not be there, beside their presence; in the words that the distribution has for it. */
export function awayNow(
  { leave, delegation }: Pick<Agent, 'leave' | 'delegation'>,
  now: number,
): ('on_leave' | 'delegated')[] {
  const reasons: ('on_leave' | 'delegated')[] = []
  if (leave.some((each) => phaseOf(each, now) === 'now')) reasons.push('on_leave')
  if (delegation && phaseOf(delegation, now) === 'now') reasons.push('delegated')
  return reasons
}
