import type { Actor } from './model.ts'

/** Operations over many tickets of an account that people watch: somebody leaves, somebody stands in. */

export const OFFBOARDING_WORKFLOW = 'offboarding'
export const DELEGATION_WORKFLOW = 'delegation'

export const offboardingWorkflowId = (accountId: string, offboardingId: string): string =>
  `offboarding:${accountId}:${offboardingId}`
export const delegationWorkflowId = (accountId: string, delegationId: string): string =>
  `delegation:${accountId}:${delegationId}`

/** Signal of both: what people want of the operation now. */
export const WANT_SIGNAL = 'want'
/** Query of both: how far it is. */
export const PROGRESS_QUERY = 'progress'

/** What is wanted; a higher version is later. */
export interface Want<W extends string = string> {
  wanted: W
  version: number
  /** Who wants it, when that is not who began it. */
  by?: Actor
}

export type OffboardingWanted = 'running' | 'paused' | 'undone' | 'stopped'
export type DelegationWanted = 'running' | 'ended'

/** Moves what somebody holds who leaves. Where to is read from the directory when each ticket is decided. */
export interface OffboardingRunInput extends Want<OffboardingWanted> {
  accountId: string
  agentId: string
  offboardingId: string
  startedBy: Actor
  carried?: OffboardingCarried
}

/** Carried across continue-as-new. */
export interface OffboardingCarried {
  undoing: boolean
  pass: number
  after?: string
  /** Tickets of this pass that could not be decided. */
  failures: number
  counted?: { departmentId: string; tickets: number }[]
  moved: number
  givenBack: number
  given: Record<string, Given>
}

/** What somebody got, and one of the tickets, by which they are told of all. */
export interface Given {
  tickets: number
  ticketId: string
  departmentId: string
  sequence: number
}

/** Brings an agent's tickets to who stands in, and back at the end. */
export interface DelegationRunInput extends Want<DelegationWanted> {
  accountId: string
  agentId: string
  delegationId: string
  from: string
  until: string
  carried?: {
    ending: boolean
    pass: number
    after?: string
    failures: number
    moved: number
    given: Record<string, Given>
  }
}

export const REPUBLISH_WORKFLOW = 'republish'

export const republishWorkflowId = (accountId: string, ticketId: string, commandId: string): string =>
  `republish:${accountId}:${ticketId}:${commandId}`

/** Events of one ticket that are published again. */
export interface RepublishInput {
  accountId: string
  ticketId: string
  fromSequence: number
}
