import type { Given, SweepInput } from '@onus/workflows-contract'
import type { SweepPageInput } from './activities.ts'

/** What operations that move somebody's tickets ask of the world; the ticket worker does it. */

export interface MovedPage {
  /** Tickets of this page. */
  tickets: number
  /** Those that have left who held them. */
  moved: number
  /** Those that could not be decided now. */
  failures: number
  /** By agent. */
  given: Record<string, Given>
  /** Absent when there are no more. */
  after?: string
}

export interface OffboardingReport {
  accountId: string
  agentId: string
  offboardingId: string
  state: 'running' | 'paused' | 'completed' | 'undoing' | 'undone' | 'stopped'
  counted?: { departmentId: string; tickets: number }[]
  moved: number
  givenBack: number
}

export interface LeavingActivities {
  /** Sends the command to the next page of tickets, at a pace that leaves room for everybody else. */
  movePage(input: SweepPageInput): Promise<MovedPage>
  /** How many tickets an agent holds, by department. */
  countHeld(input: {
    accountId: string
    agentId: string
  }): Promise<{ departmentId: string; tickets: number }[]>
  /** Tells the directory how far an off-boarding is. */
  reportOffboarding(report: OffboardingReport): Promise<void>
}

/** Where a walk over an agent's tickets is: pages one after the other, and passes until nothing is missed. */
export interface Walk {
  pass: number
  after?: string
  failures: number
}

export const firstStep = (): Walk => ({ pass: 1, failures: 0 })

/** The second pass finds what was done by facts of before the change while the first one went by. */
const PASSES = 2

/** The walk after a page; null when it is over. What could not be decided is tried again in a next pass. */
export function afterPage(walk: Walk, page: MovedPage): Walk | null {
  const failures = walk.failures + page.failures
  if (page.after !== undefined) return { ...walk, after: page.after, failures }
  if (walk.pass >= PASSES && failures === 0) return null
  return { pass: walk.pass + 1, failures: 0 }
}

/** What somebody got in all pages so far. */
export function addGiven(all: Record<string, Given>, page: Record<string, Given>): Record<string, Given> {
  const sum = { ...all }
  for (const [agentId, given] of Object.entries(page)) {
    const before = sum[agentId]
    sum[agentId] = before ? { ...before, tickets: before.tickets + given.tickets } : given
  }
  return sum
}

export const pageOf = (
  sweep: Pick<SweepInput, 'accountId' | 'scope' | 'command' | 'sweepId'>,
  { pass, after }: Walk,
): SweepPageInput => ({ ...sweep, pass, ...(after === undefined ? {} : { after }) })
