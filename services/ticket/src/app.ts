import type { Clock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { InsightServiceService } from '@onus/proto/onus/v1/insight'
import type { RuleValueServiceService } from '@onus/proto/onus/v1/rule_values'
import type { TicketServiceService } from '@onus/proto/onus/v1/ticket'
import { OPERATIONS_QUEUE } from '@onus/workflows-contract'
import type { Client } from '@temporalio/client'
import type { Db } from 'mongodb'
import { TicketAccess } from './commands/access.ts'
import { AttachmentAccess } from './commands/attachment-access.ts'
import type { QueueLimits } from './commands/keyed-queue.ts'
import { createRepublisher } from './commands/republish.ts'
import { TicketCommands } from './commands/ticket-commands.ts'
import { NextToSolve } from './commands/to-solve.ts'
import { attachmentHandlers } from './grpc/attachments.ts'
import { commandHandlers } from './grpc/commands.ts'
import { historyHandlers } from './grpc/history.ts'
import { mailHandlers } from './grpc/mail.ts'
import { operationHandlers } from './grpc/operations.ts'
import { readHandlers } from './grpc/reads.ts'
import { ruleValueHandlers } from './grpc/rule-values.ts'
import { DayStore } from './insight/days.ts'
import { insightHandlers } from './insight/handlers.ts'
import { OpenWorkStore } from './insight/open-work.ts'
import { ProjectionCheck } from './reads/projection.ts'
import { AttachmentStore } from './store/attachments.ts'
import { ContactStore } from './store/contacts.ts'
import { CounterStore } from './store/counters.ts'
import { HistoryStore } from './store/history.ts'
import { HolderStore } from './store/holders.ts'
import { createTicketLog } from './store/log.ts'
import { MessageStore } from './store/messages.ts'
import { NextAttemptStore } from './store/next-attempts.ts'
import { ProjectionStore } from './store/projection.ts'
import { TicketStore } from './store/tickets.ts'

export interface AppDeps {
  db: Db
  temporal: Client
  /** Task queue of the ticket workflows, with the installation's prefix. */
  taskQueue: string
  /** Task queue of operations over many tickets, with the prefix. Default: without one. */
  operationsQueue?: string
  directory: DirectoryReader
  clock: Clock
  maxAttachmentBytes: number
  /** See {@link TicketCommands}. */
  limits?: QueueLimits
}

type MailIntakeRpcs = 'acceptMail' | 'listUnreadableMails' | 'getUnreadableMail' | 'retryUnreadableMail'

/** The RPCs of the ticket service but those of mail intake. */
export type TicketHandlers = Omit<Handlers<typeof TicketServiceService>, MailIntakeRpcs>

export interface App {
  handlers: TicketHandlers
  ruleValues: Handlers<RuleValueServiceService>
  insight: Handlers<InsightServiceService>
  tickets: TicketStore
  messages: MessageStore
  commands: TicketCommands
}

/** Composes the ticket service from its stores and connections; it opens and listens to nothing itself. */
export function createApp(deps: AppDeps): App {
  const { db, temporal, taskQueue, directory, clock, limits } = deps
  const tickets = new TicketStore(db)
  const messages = new MessageStore(db)
  const attachments = new AttachmentStore(db, deps.maxAttachmentBytes)
  const commands = new TicketCommands({ temporal, taskQueue, tickets, limits })
  const access = new TicketAccess(tickets, directory)
  const projection = new ProjectionCheck({
    store: new ProjectionStore(db),
    log: createTicketLog(db),
    temporal,
    send: (...command) => commands.execute(...command),
  })
  const parts = {
    tickets,
    messages,
    attachments,
    commands,
    access,
    clock,
    contacts: new ContactStore(db),
    counters: new CounterStore(db),
    history: new HistoryStore(db),
    attachmentAccess: new AttachmentAccess(access),
    nextToSolve: new NextToSolve({ tickets, commands, attempts: new NextAttemptStore(db), clock }),
  }
  return {
    handlers: {
      ...readHandlers(parts),
      ...historyHandlers(parts),
      ...operationHandlers({
        ...parts,
        directory,
        holders: new HolderStore(db),
        projection,
        republish: createRepublisher(temporal, deps.operationsQueue ?? OPERATIONS_QUEUE),
      }),
      ...commandHandlers(parts),
      ...attachmentHandlers(parts),
      ...mailHandlers(parts),
    },
    ruleValues: ruleValueHandlers(parts),
    insight: insightHandlers({ access, clock, work: new OpenWorkStore(db), days: new DayStore(db) }),
    tickets,
    messages,
    commands,
  }
}
