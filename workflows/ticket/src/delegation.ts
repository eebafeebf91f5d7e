import {
  type DelegationRunInput,
  type DelegationWanted,
  PROGRESS_QUERY,
  WANT_SIGNAL,
  type Want,
} from '@onus/workflows-contract'
import { defineSearchAttributeKey } from '@temporalio/common'
import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import { COMMIT_TIMEOUT_MS, type SweepPageInput } from './activities.ts'
import { addGiven, afterPage, firstStep, type LeavingActivities, pageOf, type Walk } from './leaving.ts'
import { tellOfAll } from './summary.ts'

const want = defineSignal<[Want<DelegationWanted>]>(WANT_SIGNAL)
const progress = defineQuery<DelegationProgress>(PROGRESS_QUERY)

export interface DelegationProgress {
  state: 'planned' | 'beginning' | 'running' | 'ending' | 'ended'
  /** Tickets that went to who stands in, or came back. */
  moved: number
}

const SETTLED_MS = COMMIT_TIMEOUT_MS + 5_000
const PAGES_OF_A_RUN = 100

const { movePage } = proxyActivities<LeavingActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '60 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

const ACCOUNT = defineSearchAttributeKey('OnusAccount', 'KEYWORD')
const AGENT = defineSearchAttributeKey('OnusAgent', 'KEYWORD')
const STATUS = defineSearchAttributeKey('OnusStatus', 'KEYWORD')

/**
 * Somebody stands in for an agent for a time: their open tickets go there when it begins, and what came by it
 * and is still there comes back when it ends, or is ended.
 */
export async function delegation(input: DelegationRunInput): Promise<void> {
  const run = new DelegationRun(input)
  setHandler(want, (wish) => run.want(wish))
  setHandler(progress, () => run.progress())
  await run.live()
}

class DelegationRun {
  readonly #input: DelegationRunInput
  #wanted: DelegationWanted
  #version: number
  #walk: Walk
  #ending: boolean
  #state: DelegationProgress['state'] = 'planned'
  #moved: number
  #given: NonNullable<DelegationRunInput['carried']>['given']
  #pages = 0

  constructor(input: DelegationRunInput) {
    const { wanted, version, carried } = input
    this.#input = input
    this.#wanted = wanted
    this.#version = version
    this.#walk = carried
      ? { pass: carried.pass, failures: carried.failures, after: carried.after }
      : firstStep()
    this.#ending = carried?.ending ?? false
    this.#moved = carried?.moved ?? 0
    this.#given = carried?.given ?? {}
  }

  want({ wanted, version }: Want<DelegationWanted>): void {
    if (version < this.#version) return
    this.#version = version
    this.#wanted = wanted
  }

  progress(): DelegationProgress {
    return { state: this.#state, moved: this.#moved }
  }

  async live(): Promise<void> {
    const { accountId, agentId, from, until } = this.#input
    upsertSearchAttributes([
      { key: ACCOUNT, value: accountId },
      { key: AGENT, value: agentId },
    ])
    if (!this.#ending) {
      this.#show('planned')
      await this.#waitUntil(from, 'The delegation begins')
      if (this.#wanted === 'running') {
        this.#show('beginning')
        await this.#walkThrough(() => this.#wanted === 'ended')
        await this.#tell()
      }
      this.#show('running')
      await this.#waitUntil(until, 'The delegation ends')
      this.#ending = true
      this.#walk = firstStep()
    }
    this.#show('ending')
    await this.#walkThrough(() => false)
    await this.#tell()
    this.#show('ended')
  }

  async #waitUntil(at: string, summary: string): Promise<void> {
    const ms = Date.parse(at) - Date.now()
    if (ms > 0 && this.#wanted === 'running') await condition(() => this.#wanted === 'ended', ms, { summary })
  }

  async #walkThrough(enough: () => boolean): Promise<void> {
    while (!enough()) {
      if (this.#pages === PAGES_OF_A_RUN) await this.#carryOn()
      this.#pages += 1
      const page = await movePage(this.#page())
      this.#moved += page.moved
      this.#given = addGiven(this.#given, page.given)
      this.#show(this.#state)
      const { pass } = this.#walk
      const next = afterPage(this.#walk, page)
      if (next === null) return
      this.#walk = next
      if (next.pass > pass)
        await condition(enough, SETTLED_MS, { summary: 'Until every command has heard of the change' })
    }
  }

  #page(): SweepPageInput {
    const { accountId, agentId, delegationId } = this.#input
    const delegation = { id: delegationId, agentId, ended: this.#ending }
    const command = { type: 'recheck', because: 'delegation', delegation } as const
    const scope = this.#ending
      ? { movedBy: { delegationId } }
      : { agentId, statuses: ['new' as const, 'open' as const] }
    const sweepId = `${delegationId}:${this.#ending ? 'end' : 'begin'}`
    return pageOf({ accountId, scope, command, sweepId }, this.#walk)
  }

  async #tell(): Promise<void> {
    const { accountId, agentId, delegationId } = this.#input
    await tellOfAll(accountId, this.#given, {
      by: { type: 'system' },
      cause: {
        type: 'delegation',
        delegationId,
        agentId,
        ...(this.#ending ? { ended: true } : {}),
      },
      from: agentId,
    })
    this.#given = {}
  }

  #show(state: DelegationProgress['state']): void {
    const { agentId, from, until } = this.#input
    if (this.#state !== state || state === 'planned') upsertSearchAttributes([{ key: STATUS, value: state }])
    this.#state = state
    setCurrentDetails(
      `Somebody stands in for agent ${agentId} from ${from} until ${until}: **${state}**, ${this.#moved} tickets moved.`,
    )
  }

  async #carryOn(): Promise<never> {
    return await continueAsNew<typeof delegation>({
      ...this.#input,
      wanted: this.#wanted,
      version: this.#version,
      carried: { ending: this.#ending, ...this.#walk, moved: this.#moved, given: this.#given },
    })
  }
}
