import type { Offboarding, OffboardingState } from '../api/types.ts'

/** Where the tickets of one department go: to an agent (`agent:<id>`), or by a policy. */
export type Heir = 'nobody' | 'redistribute' | `agent:${string}`

export interface Successor {
  departmentId: string
  agentId?: string
  policy?: 'nobody' | 'redistribute'
}

/** What the API is sent; only departments in which there is something to give. */
export const successorsOf = (
  departments: readonly string[],
  heirs: Readonly<Record<string, Heir>>,
): Successor[] =>
  departments.map((departmentId) => {
    const heir = heirs[departmentId] ?? 'nobody'
    return heir === 'nobody' || heir === 'redistribute'
      ? { departmentId, policy: heir }
      : { departmentId, agentId: heir.slice('agent:'.length) }
  })

export const heirOf = (successors: readonly Successor[], departmentId: string): Heir => {
  const found = successors.find((each) => each.departmentId === departmentId)
  if (found?.agentId) return `agent:${found.agentId}`
  return found?.policy ?? 'nobody'
}

/** What an off-boarding has done of what it has to do; an undo counts backwards. */
export function doneOf({ state, tickets, moved, givenBack }: Offboarding): { done: number; of: number } {
  if (state === 'undoing' || state === 'undone') return { done: givenBack, of: Math.max(moved, givenBack) }
  // Tickets that came while it ran are moved too.
  return { done: moved, of: Math.max(tickets, moved) }
}

/** A step of a quarter: what is read aloud while it runs, and not every number. */
export const quarterOf = (offboarding: Offboarding): number => {
  const { done, of } = doneOf(offboarding)
  return of === 0 ? 4 : Math.floor((done * 4) / of)
}

export type Control = 'pause' | 'resume' | 'undo'

const CONTROLS: Record<OffboardingState, Control[]> = {
  preview: [],
  running: ['pause', 'undo'],
  paused: ['resume', 'undo'],
  completed: ['undo'],
  undoing: [],
  undone: [],
  stopped: [],
}

export const controlsOf = (state: OffboardingState): Control[] => CONTROLS[state]

/** How often a page asks how far it is; false: it will not move by itself. */
export const pollMs = (state: OffboardingState | undefined): number | false =>
  state === 'running' || state === 'undoing' ? 1_000 : state === 'paused' ? 5_000 : false
