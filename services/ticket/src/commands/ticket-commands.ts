import { Problem, problemFromRefusal, problems } from '@onus/kit/problems'
import { currentTraceparent } from '@onus/kit/telemetry'
import {
  type CommandAnswer,
  type CommandEnvelope,
  TICKET_UPDATES,
  TICKET_WORKFLOW,
  type TicketView,
  type TicketWorkflowInput,
  ticketWorkflowId,
} from '@onus/workflows-contract'
import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { TicketStore } from '../store/tickets.ts'
import { KeyedQueue, type QueueLimits } from './keyed-queue.ts'

export interface TicketCommandsDeps {
  temporal: Client
  /** Task queue of the ticket workflows, with the installation's prefix. */
  taskQueue: string
  tickets: Pick<TicketStore, 'find'>
  /**
   * Commands of one ticket in flight and waiting in this process. The server takes 10 updates in flight for
   * one workflow, and several replicas of this service share them. Default: 5 and 200.
   */
  limits?: QueueLimits
}

/** The time that a command has; both come from the call. */
export interface CommandCall {
  deadline: Date
  signal?: AbortSignal
}

/**
 * How a command meets a workflow that is not there: `existing` starts it when the ticket exists, `create`
 * starts that of a ticket that never was, `create-again` that of one that an earlier try may have made.
 */
export type Starter = 'existing' | 'create' | 'create-again'

type Attempt = { answer: CommandAnswer } | { retry: unknown } | 'no-workflow'

const LONGEST_PAUSE_MS = 1000
const FIRST_PAUSE_MS = 20

/**
 * Sends commands to the workflows of tickets, as updates whose id is the command's: a repeat of the same
 * command, by us or by the caller, gets the first answer.
 */
export class TicketCommands {
  readonly #deps: TicketCommandsDeps
  readonly #queue: KeyedQueue

  constructor(deps: TicketCommandsDeps) {
    this.#deps = deps
    this.#queue = new KeyedQueue(deps.limits ?? { concurrency: 5, maxWaiting: 200 })
  }

  /**
   * The ticket as the command left it. With `create` the workflow is started by the command itself;
   * otherwise the ticket must exist, and a workflow that has ended (a closed ticket) is started again.
   * @throws Problem: the refusal; `not-found`; `too-many-requests`; `unavailable` when Temporal or the
   * worker does not answer in time, in which case the command may still be done
   */
  async execute(
    accountId: string,
    ticketId: string,
    envelope: CommandEnvelope,
    call: CommandCall,
    starter: Starter = 'existing',
  ): Promise<TicketView> {
    // Events of the command belong to the trace that led to it, also when a mail or a rule did.
    const traceparent = envelope.traceparent ?? currentTraceparent()
    const traced = traceparent === undefined ? envelope : { ...envelope, traceparent }
    const answer = await this.#queue.run(ticketWorkflowId(accountId, ticketId), () =>
      this.#untilAnswered(accountId, ticketId, traced, call, starter),
    )
    if (answer.ok) return answer.ticket
    throw problemFromRefusal(answer.refusal)
  }

  async #untilAnswered(
    accountId: string,
    ticketId: string,
    envelope: CommandEnvelope,
    call: CommandCall,
    starter: Starter,
  ): Promise<CommandAnswer> {
    let start = starter !== 'existing'
    let known = start
    let last: unknown
    for (let attempt = 0; timeLeft(call) > 0; attempt++) {
      const result = await this.#attempt(accountId, ticketId, envelope, call, start, starter === 'create')
      if (result === 'no-workflow') {
        if (!known && !(await this.#deps.tickets.find(accountId, ticketId))) {
          throw problems.notFound('ticket', ticketId)
        }
        known = true
        start = true
        continue
      }
      if ('answer' in result) return result.answer
      last = result.retry
      await pause(attempt, call)
    }
    throw problems.unavailable(
      'The ticket did not answer in time. The command may still take effect; a repeat with the same key is safe.',
      last,
    )
  }

  async #attempt(
    accountId: string,
    ticketId: string,
    envelope: CommandEnvelope,
    call: CommandCall,
    start: boolean,
    fresh: boolean,
  ): Promise<Attempt> {
    const { temporal, taskQueue } = this.#deps
    const workflowId = ticketWorkflowId(accountId, ticketId)
    const update = updateName(envelope)
    const options = { args: [envelope] as [CommandEnvelope], updateId: envelope.commandId }
    const send = async (): Promise<CommandAnswer> => {
      if (!start)
        return await temporal.workflow
          .getHandle(workflowId)
          .executeUpdate<CommandAnswer, [CommandEnvelope]>(update, options)
      const input: TicketWorkflowInput = { accountId, ticketId, ...(fresh && { fresh }) }
      const startWorkflowOperation = new WithStartWorkflowOperation(TICKET_WORKFLOW, {
        workflowId,
        taskQueue,
        args: [input],
        staticSummary: staticSummary(envelope),
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      })
      return await temporal.workflow.executeUpdateWithStart<never, CommandAnswer, [CommandEnvelope]>(update, {
        ...options,
        startWorkflowOperation: startWorkflowOperation as never,
      })
    }
    try {
      return { answer: await temporal.withDeadline(call.deadline, () => withSignal(temporal, call, send)) }
    } catch (error) {
      return attemptAfter(error)
    }
  }
}

/** What an error means for the command; anything that is not expected is thrown on. */
function attemptAfter(error: unknown): Attempt {
  if (error instanceof WorkflowNotFoundError) return 'no-workflow'
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { retry: error }
  if (error instanceof WorkflowUpdateFailedError) {
    // The run ended between taking the update and answering it: the next one knows the command from the log.
    const cause = error.cause
    if (cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow') {
      return { retry: error }
    }
    throw new Problem('unavailable', 'The ticket could not carry the command out.', { cause: error })
  }
  // Whatever the connection or the server says in passing: the update id makes a repeat harmless.
  if (error instanceof ServiceError || isGrpcServiceError(error)) return { retry: error }
  throw error
}

/** What the Temporal UI lists a run as; nothing in it names a contact. */
function staticSummary({ command }: CommandEnvelope): string {
  return command.type === 'create' ? `Ticket ${command.number}` : 'Ticket, opened again'
}

function updateName(envelope: CommandEnvelope): string {
  const names: Record<string, string> = TICKET_UPDATES
  return names[envelope.command.type] ?? envelope.command.type
}

async function withSignal<T>(temporal: Client, call: CommandCall, send: () => Promise<T>): Promise<T> {
  return call.signal ? await temporal.withAbortSignal(call.signal, send) : await send()
}

/** Milliseconds that are left; 0 for a call that nobody waits for any more. */
function timeLeft(call: CommandCall): number {
  return call.signal?.aborted ? 0 : call.deadline.getTime() - Date.now()
}

/** Full jitter, so that those who were refused together do not come back together. */
async function pause(attempt: number, call: CommandCall): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt)
  const ms = Math.min(Math.random() * longest, Math.max(0, timeLeft(call)))
  await new Promise((resolve) => setTimeout(resolve, ms))
}
