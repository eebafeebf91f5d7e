/**
 * The drain of a department: gives its backlog to those who can take it, oldest first, when somebody comes
 * online, gets room or joins, when hours begin, or when distribution is turned on.
 */

export const DRAIN_WORKFLOW = 'drain'

/** One for a department; whoever wakes it starts it when it does not run. */
export const drainWorkflowId = (accountId: string, departmentId: string): string =>
  `drain:${accountId}:${departmentId}`

/** Signal: look again. Signals that come together count once. */
export const WAKE_DRAIN = 'wake'

export interface DrainInput {
  accountId: string
  departmentId: string
}

/** Why it has to look again; `directory`: who is there, or what they may take, has changed. */
export interface DrainWake {
  because: 'directory' | 'room' | 'backlog'
}

export type DrainSignalArgs = [DrainWake]
