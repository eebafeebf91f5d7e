import { fileURLToPath } from 'node:url'
import { type Clock, systemClock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Logger } from '@onus/kit/logging'
import { ensureIndexes } from '@onus/kit/mongo'
import { STICKY_WAIT_MS, workerTracing } from '@onus/kit/temporal'
import { INTAKE_QUEUE } from '@onus/workflows-contract'
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker'
import type { Db } from 'mongodb'
import type { TicketCommands } from '../commands/ticket-commands.ts'
import { AttachmentStore } from '../store/attachments.ts'
import { ContactStore } from '../store/contacts.ts'
import { CounterStore } from '../store/counters.ts'
import { MessageStore } from '../store/messages.ts'
import { TicketStore } from '../store/tickets.ts'
import { createIntakeActivities } from './activities.ts'
import { INTAKE_QUERIES } from './queries.ts'
import { MailStore } from './store/mails.ts'
import { ParticipantStore } from './store/participants.ts'
import { TicketNumbers } from './store/ticket-numbers.ts'

export interface IntakeWorkerDeps {
  connection: NativeConnection
  namespace: string
  /** Put before the name of the task queue; default none. */
  taskQueuePrefix?: string
  db: Db
  commands: Pick<TicketCommands, 'execute'>
  directory: DirectoryReader
  log: Logger
  clock?: Clock
  /** Mails read at once; each takes up to three times its size in memory. Default 4. */
  concurrency?: number
  /** More of the worker's options, for example a prebuilt bundle. */
  worker?: Partial<WorkerOptions>
}

/** Entry of the workflow bundle of the `intake` queue. */
export const intakeWorkflowsPath = (): string =>
  fileURLToPath(import.meta.resolve('@onus/workflows-intake/workflows'))

/** The worker of mail intake; whoever makes it runs it and shuts it down. */
export async function createIntakeWorker(deps: IntakeWorkerDeps): Promise<Worker> {
  const { db, clock = systemClock, log } = deps
  await ensureIndexes(db, INTAKE_QUERIES)
  const activities = createIntakeActivities({
    tickets: new TicketStore(db),
    messages: new MessageStore(db),
    contacts: new ContactStore(db),
    counters: new CounterStore(db),
    commands: deps.commands,
    // The mail as a whole was bounded when it came in.
    attachments: new AttachmentStore(db, Number.MAX_SAFE_INTEGER),
    mails: new MailStore(db, Number.MAX_SAFE_INTEGER),
    participants: new ParticipantStore(db),
    numbers: new TicketNumbers(db),
    directory: deps.directory,
    clock,
    log,
  })
  const bundled = deps.worker?.workflowBundle !== undefined
  return await Worker.create({
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: `${deps.taskQueuePrefix ?? ''}${INTAKE_QUEUE}`,
    ...(!bundled && { workflowsPath: intakeWorkflowsPath() }),
    activities,
    maxConcurrentActivityTaskExecutions: deps.concurrency ?? 4,
    stickyQueueScheduleToStartTimeout: STICKY_WAIT_MS,
    ...(await workerTracing('ticket-worker', { bundled })),
    ...deps.worker,
  })
}
