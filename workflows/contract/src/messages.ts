import type {
  Channel,
  Command,
  CommandEnvelope,
  Deadlines,
  Entry,
  Holder,
  TicketState,
  TicketStatus,
} from './model.ts'

/** Starts a ticket's workflow. It loads its state from the ticket's log unless it is carried on. */
export interface TicketWorkflowInput {
  accountId: string
  ticketId: string
  /** True when the starter knows that there is no log yet (a new ticket): saves the look. */
  fresh?: boolean
  /** Commands that one run takes before it continues as new; default 800, the server's limit is 2,000. */
  commandsPerRun?: number
  /** Carried across continue-as-new. */
  carried?: {
    state: TicketState | null
    deadlines: Deadlines
    /** What Kafka has not acknowledged, oldest first. */
    unpublished: OutgoingEntry[]
    /** Recent commands and the sequence that each left, so that a repeat gets its first answer. */
    recent: RecentCommand[]
    /** Names for people who look at the workflow; of agents and departments only. */
    names?: HolderNames
  }
}

/** An entry on its way out, with the trace of the request that it came from. */
export interface OutgoingEntry {
  entry: Entry
  traceparent?: string
}

/** A command that was done: the ticket's last sequence after it is its answer. */
export interface RecentCommand {
  commandId: string
  sequence: number
  at: string
}

/** What the current holder is called. */
export interface HolderNames {
  department: string
  agent: string | null
  /** Where an unclaimed ticket goes next. */
  escalatesTo?: string
}

/** What a notice workflow is told: facts of one command, never text of the conversation. */
export interface NoticeInput {
  accountId: string
  ticketId: string
  /** Sequence of the command's first entry; part of every notice's identity. */
  sequence: number
  commandType: Command['type']
  /** All entries of the command. */
  entries: Entry[]
  /** The holder before and after the command; `before` is null when the ticket was created by it. */
  before: Holder | null
  after: Holder
  /** The ticket's status after the command. */
  status?: TicketStatus
  /** Where the ticket's conversation takes place. */
  channel?: Channel
}

/** An answer of an agent that goes out to the contact by mail. */
export interface ReplyInput {
  accountId: string
  ticketId: string
  /** Sequence of the `message.added` entry. */
  sequence: number
  messageId: string
}

/** One mail's intake into one account. */
export interface IntakeInput {
  accountId: string
  /** Identity of the stored mail (a hash of its content and envelope account). */
  mailId: string
  departmentId: string
  /** The department's address that it was sent to. */
  address: string
}

/** A change of directory facts that tickets must be checked against. */
export interface SweepInput {
  accountId: string
  /** Which tickets: those of an agent (optionally in one department), of a department, or all that are open. */
  scope: {
    agentId?: string
    departmentId?: string
    all?: boolean
    /** With an agent: only those in these statuses. */
    statuses?: TicketStatus[]
    /** Those that this operation moved, and nobody has moved since. */
    movedBy?: { offboardingId: string } | { delegationId: string }
  }
  command: Extract<Command, { type: 'recheck' }>
  /** Identity of the change that asks for it; the same one is done once. */
  sweepId: string
  /** Carried across continue-as-new: which pass, after which ticket, and how many were looked at. */
  carried?: { pass: number; after?: string; tickets: number }
}

export type TicketUpdateArgs = [CommandEnvelope]
