import type {
  CommandEnvelope,
  Deadlines,
  DrainInput,
  DrainWake,
  HolderNames,
  LogDocument,
  OutgoingEntry,
  RecentCommand,
  Refusal,
  SweepInput,
  TicketState,
} from '@onus/workflows-contract'
import type { TicketKey } from './domain/evolve.ts'

/** What the ticket's workflow asks of the world; the ticket worker does it. */

export interface CommitInput extends TicketKey {
  /** The workflow's state; null when the ticket has no entry that the workflow knows of. */
  state: TicketState | null
  deadlines: Deadlines
  envelope: CommandEnvelope
  /** The workflow's clock. A decision is never earlier, however wrong a machine's clock is. */
  notBefore: string
  /** Nothing older waits to be published. */
  publish: boolean
}

/** One command of the log, as the workflow takes it over. */
export type CommittedCommand = Pick<
  LogDocument,
  'commandId' | 'commandNumber' | 'commandType' | 'entries' | 'fields' | 'traceparent'
>

export interface CommitResult {
  /** New log documents in order: ones that were found there first, then this command's. */
  commits: CommittedCommand[]
  /** Absent when the command is among the commits, or when there was nothing to do. */
  refusal?: Refusal
  deadlines: Deadlines
  names?: HolderNames
  /** Whether all the commits are in Kafka. */
  published: boolean
  /**
   * The rules service is away. `undecided`: rules wait for what the command does, so nothing was done, and it
   * has to come again; `rules_by_time`: only those could not be asked, and the clock has to come again.
   */
  waits?: 'undecided' | 'rules_by_time'
}

export interface LoadResult {
  state: TicketState | null
  deadlines: Deadlines
  names?: HolderNames
  recent: RecentCommand[]
}

export interface PublishInput extends TicketKey {
  number: string
  entries: OutgoingEntry[]
}

/** The longest that one try of a commit takes, and so how old the facts of a decision can be. */
export const COMMIT_TIMEOUT_MS = 20_000

/** Local activities: what stands between a command and its answer. */
export interface TicketLocalActivities {
  /** Decides one command by fresh facts, appends it to the log, and derives from that. */
  commit(input: CommitInput): Promise<CommitResult>
  /** The state that the log leads to, and the commands that a repeat is known by. */
  load(input: TicketKey): Promise<LoadResult>
  /** The state at an earlier sequence: the first answer to a command that came again. */
  recall(input: TicketKey & { sequence: number }): Promise<TicketState | null>
}

/** Activities that may take as long as they need. */
export interface TicketActivities {
  /** Publishes in order; fails until the broker has acknowledged all. */
  publishEntries(input: PublishInput): Promise<void>
}

export interface SweepPageInput extends SweepInput {
  pass: number
  after?: string
}

export interface OperationActivities {
  /** Sends the command to the next page of tickets; `after` is absent when there are no more. */
  sweepPage(input: SweepPageInput): Promise<{ tickets: number; after?: string }>
}

export interface DrainPageInput extends DrainInput {
  /** Why it looks now; empty when the time has come. */
  because: DrainWake['because'][]
}

export interface DrainPageResult {
  /** Tickets that are somebody's now. */
  given: number
  /** There may be more to give out at once. */
  more: boolean
  /** Tickets wait for somebody who can get them; they are looked at again at that time. */
  waiting: boolean
  lookAgainAt?: string
}

export interface DrainActivities {
  /** Gives out the next page of a department's backlog, oldest first. */
  drainPage(input: DrainPageInput): Promise<DrainPageResult>
}
