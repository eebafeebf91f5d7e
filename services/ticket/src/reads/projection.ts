import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import { newId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type {
  CheckProjectionRequest,
  CheckProjectionResponse,
  ProjectionDifference,
} from '@onus/proto/onus/v1/ticket'
import {
  type CommandEnvelope,
  type TicketState,
  type TicketView,
  ticketWorkflowId,
} from '@onus/workflows-contract'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { compareSummary, plain, stateOf } from '../domain/projection.ts'
import { marksOf } from '../insight/measures.ts'
import { summaryOf, type TicketDocument, type TicketLog } from '../store/log.ts'
import type { ProjectionStore, TicketPlace } from '../store/projection.ts'

export interface ProjectionDeps {
  store: ProjectionStore
  log: TicketLog
  temporal: Client
  send(
    accountId: string,
    ticketId: string,
    envelope: CommandEnvelope,
    call: { deadline: Date },
  ): Promise<TicketView>
}

/** Commands that run meanwhile write the log first and the summary right after: a difference is looked at again. */
const SECOND_LOOK_MS = 400
const TOGETHER = 5
const WAKE_TIMEOUT_MS = 8_000
const DONE: readonly TicketState['status'][] = ['closed', 'spam', 'deleted']

const cursorSchema = z.object({ phase: z.enum(['log', 'summaries']), after: z.string().max(300) })
const MAX_LIMIT = 200

type Difference = Omit<ProjectionDifference, 'accountId' | 'ticketId'>

/**
 * Compares the summaries, and the workflows if asked, with the log, and lets them follow it. The log is the
 * truth; everything else can be made of it. What the customer gave (subject, contact) is no part of the log:
 * a summary that is missing altogether comes back without it.
 */
export class ProjectionCheck {
  readonly #deps: ProjectionDeps

  constructor(deps: ProjectionDeps) {
    this.#deps = deps
  }

  async page(
    request: CheckProjectionRequest,
    accountId: string | undefined,
  ): Promise<CheckProjectionResponse> {
    const limit = request.page?.limit || 50
    if (limit < 1 || limit > MAX_LIMIT)
      throw problems.invalid([{ field: 'limit', message: `Must be 1 to ${MAX_LIMIT}.` }])
    const { phase, after } = request.page?.cursor
      ? decodeCursor(request.page.cursor, cursorSchema)
      : { phase: 'log' as const, after: undefined }
    return phase === 'log'
      ? await this.#logs(request, accountId, after, limit)
      : await this.#summaries(accountId, after, limit)
  }

  async #logs(
    request: CheckProjectionRequest,
    accountId: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<CheckProjectionResponse> {
    const places = await this.#deps.store.begun(accountId, after, limit)
    const answer = {
      tickets: places.length,
      repaired: 0,
      woken: 0,
      differences: [] as ProjectionDifference[],
    }
    const waiting = [...places]
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { accountId, ticketId } = next
        const { found, woken } = await this.#ticket(next, request)
        answer.repaired += found.filter(({ repaired }) => repaired).length
        answer.woken += woken ? 1 : 0
        answer.differences.push(...found.map((one) => ({ accountId, ticketId, ...one })))
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, worker))
    const last = places.at(-1)
    const nextCursor =
      places.length === limit && last
        ? encodeCursor({ phase: 'log', after: last.key })
        : encodeCursor({ phase: 'summaries', after: '' })
    return { ...answer, nextCursor }
  }

  /** Summaries without any log: nothing can be made of them but a finding. */
  async #summaries(
    accountId: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<CheckProjectionResponse> {
    const found = await this.#deps.store.summarized(accountId, after || undefined, limit)
    const differences = found
      .filter(({ logged }) => !logged)
      .map(({ accountId, ticketId, sequence }) => ({
        ...{ accountId, ticketId, kind: 'no_log', logSequence: 0, sequence, repaired: false },
      }))
    const last = found.at(-1)
    return {
      ...{ tickets: 0, repaired: 0, woken: 0, differences },
      ...(found.length === limit &&
        last && { nextCursor: encodeCursor({ phase: 'summaries', after: last.key }) }),
    }
  }

  async #ticket(
    place: TicketPlace,
    { repair, wake, followLog }: CheckProjectionRequest,
  ): Promise<{ found: Difference[]; woken: boolean }> {
    let look = await this.#look(place)
    if (look.kind !== null) {
      await sleep(SECOND_LOOK_MS)
      look = await this.#look(place)
    }
    const { state, summary, kind, marks } = look
    if (state === null) return { found: [], woken: false }
    const found: Difference[] = []
    if (kind !== null) {
      const deadlines = summary?.sequence === state.sequence ? summary.deadlines : {}
      const repaired =
        repair &&
        (await this.#deps.store.replace(place, summary?.sequence, { ...summaryOf(state, deadlines), marks }))
      found.push({ kind, logSequence: state.sequence, sequence: summary?.sequence ?? 0, repaired })
    }
    const mayWake = wake && (kind === null || repair)
    if (!mayWake || DONE.includes(state.status)) return { found, woken: false }
    const workflow = await this.#wake(place, state, followLog)
    if (workflow !== null) found.push(workflow)
    return { found, woken: workflow?.kind !== 'workflow_failed' }
  }

  async #look(place: TicketPlace) {
    const { accountId, ticketId } = place
    const [summary, documents] = await Promise.all([
      this.#deps.log.summary(accountId, ticketId),
      this.#deps.log.readFrom(accountId, ticketId, 1),
    ])
    const state = stateOf(place, documents)
    const kind = state && compareSummary(state, summary, (one) => follows(one, state))
    const marks = marksOf(documents.flatMap(({ measures = [] }) => measures))
    return { state, summary, kind, marks }
  }

  /** Lets the workflow look at the log; it takes over what it did not know. */
  async #wake(place: TicketPlace, state: TicketState, followLog: boolean): Promise<Difference | null> {
    const ahead = (sequence: number, repaired: boolean): Difference => ({
      ...{ kind: 'workflow_ahead', logSequence: state.sequence, sequence, repaired },
    })
    try {
      const { sequence } = await this.#recheck(place)
      const [now] = await this.#deps.log.readFrom(place.accountId, place.ticketId, state.commandNumber + 1)
      if (sequence <= state.sequence || now !== undefined) return null
      if (!followLog) return ahead(sequence, false)
      await this.#end(place)
      await this.#recheck(place)
      return ahead(sequence, true)
    } catch {
      return { kind: 'workflow_failed', logSequence: state.sequence, sequence: 0, repaired: false }
    }
  }

  #recheck({ accountId, ticketId }: TicketPlace): Promise<TicketView> {
    const envelope: CommandEnvelope = {
      commandId: `projection:${newId()}`,
      command: { type: 'recheck', because: 'settings' },
      authority: { actor: { type: 'system' } },
    }
    return this.#deps.send(accountId, ticketId, envelope, {
      deadline: new Date(Date.now() + WAKE_TIMEOUT_MS),
    })
  }

  async #end({ accountId, ticketId }: TicketPlace): Promise<void> {
    try {
      await this.#deps.temporal.workflow
        .getHandle(ticketWorkflowId(accountId, ticketId))
        .terminate('It knew more than the log of the restored store; the next run begins from the log.')
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    }
  }
}

/** Whether everything that lists read is what the state makes of it. */
function follows(summary: TicketDocument, state: TicketState): boolean {
  const { state: _, deadlines, ...derived } = plain(summaryOf(state, summary.deadlines))
  const given = plain(summary) as unknown as Record<string, unknown>
  return Object.entries(derived).every(([name, value]) => isDeepStrictEqual(given[name], value))
}
