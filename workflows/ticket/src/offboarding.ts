import {
  type Actor,
  type OffboardingRunInput,
  type OffboardingWanted,
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
import {
  addGiven,
  afterPage,
  firstStep,
  type LeavingActivities,
  type OffboardingReport,
  pageOf,
  type Walk,
} from './leaving.ts'
import { tellOfAll } from './summary.ts'

const want = defineSignal<[Want<OffboardingWanted>]>(WANT_SIGNAL)
const progress = defineQuery<Omit<OffboardingReport, 'accountId'>>(PROGRESS_QUERY)

/** No command is decided by facts as old as this: then the next pass begins. */
const SETTLED_MS = COMMIT_TIMEOUT_MS + 5_000
/** Pages that one run takes. */
const PAGES_OF_A_RUN = 100

const { movePage, countHeld, reportOffboarding } = proxyActivities<LeavingActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '60 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

const ACCOUNT = defineSearchAttributeKey('OnusAccount', 'KEYWORD')
const AGENT = defineSearchAttributeKey('OnusAgent', 'KEYWORD')
const STATUS = defineSearchAttributeKey('OnusStatus', 'KEYWORD')

/**
 * Somebody leaves: their tickets go where the directory says, page by page. It can be paused between pages,
 * and taken back, also when it has ended.
 */
export async function offboarding(input: OffboardingRunInput): Promise<void> {
  const run = new OffboardingRun(input)
  setHandler(want, (wish) => run.want(wish))
  setHandler(progress, () => run.report())
  await run.live()
}

class OffboardingRun {
  readonly #input: OffboardingRunInput
  #wanted: OffboardingWanted
  #version: number
  /** Who wanted what it does now. */
  #by: Actor
  #walk: Walk = firstStep()
  #undoing = false
  #state: OffboardingReport['state'] = 'running'
  #counted: OffboardingReport['counted']
  #moved = 0
  #givenBack = 0
  #given: NonNullable<OffboardingRunInput['carried']>['given'] = {}
  /** Of the pass at hand. */
  #failed = 0
  #pages = 0

  constructor(input: OffboardingRunInput) {
    this.#input = input
    this.#wanted = input.wanted
    this.#version = input.version
    this.#by = input.by ?? input.startedBy
    const { carried } = input
    if (carried === undefined) return
    const { undoing, counted, moved, givenBack, given, pass, after, failures } = carried
    this.#undoing = undoing
    this.#counted = counted
    this.#moved = moved
    this.#givenBack = givenBack
    this.#given = given
    this.#walk = { pass, failures, ...(after === undefined ? {} : { after }) }
  }

  want({ wanted, version, by }: Want<OffboardingWanted>): void {
    if (version < this.#version) return
    this.#version = version
    this.#wanted = wanted
    this.#by = by ?? this.#by
  }

  report(): Omit<OffboardingReport, 'accountId'> {
    const { agentId, offboardingId } = this.#input
    return {
      agentId,
      offboardingId,
      state: this.#state,
      ...(this.#counted === undefined ? {} : { counted: this.#counted }),
      moved: this.#moved,
      givenBack: this.#givenBack,
    }
  }

  async live(): Promise<void> {
    const { accountId, agentId } = this.#input
    upsertSearchAttributes([
      { key: ACCOUNT, value: accountId },
      { key: AGENT, value: agentId },
    ])
    if (this.#counted === undefined && this.#wanted !== 'undone')
      this.#counted = await countHeld({ accountId, agentId })
    do {
      while (await this.#step());
      if (this.#state === 'completed') await this.#tell()
    } while (this.#wanted === 'undone' && !this.#undoing)
  }

  /** One page, or a pause; false when it is over. */
  async #step(): Promise<boolean> {
    if (this.#wanted === 'undone' && !this.#undoing) this.#turnBack()
    if (this.#wanted === 'stopped') return await this.#end('stopped')
    if (this.#wanted === 'paused') {
      await this.#tellProgress('paused')
      await condition(() => this.#wanted !== 'paused')
      return true
    }
    if (this.#pages === PAGES_OF_A_RUN) await this.#carryOn()
    this.#pages += 1
    const page = await movePage(this.#page())
    if (this.#undoing) this.#givenBack += page.moved
    else {
      this.#moved += page.moved
      this.#given = addGiven(this.#given, page.given)
    }
    const { pass } = this.#walk
    this.#failed = this.#walk.failures + page.failures
    const next = afterPage(this.#walk, page)
    if (next === null) return await this.#end(this.#undoing ? 'undone' : 'completed')
    this.#walk = next
    await this.#tellProgress(this.#undoing ? 'undoing' : 'running')
    if (next.pass > pass) {
      const wanted = this.#wanted
      await condition(() => this.#wanted !== wanted, SETTLED_MS, {
        summary: 'Until every command has heard of the change',
      })
    }
    return true
  }

  #page(): SweepPageInput {
    const { accountId, agentId, offboardingId } = this.#input
    const startedBy = this.#by
    const because = 'offboarding'
    if (!this.#undoing)
      return pageOf(
        {
          accountId,
          scope: { agentId },
          command: { type: 'recheck', because, offboardingId, startedBy },
          sweepId: offboardingId,
        },
        this.#walk,
      )
    return pageOf(
      {
        accountId,
        scope: { movedBy: { offboardingId } },
        command: { type: 'recheck', because, offboardingId, startedBy, giveBackTo: agentId },
        sweepId: `${offboardingId}:undo`,
      },
      this.#walk,
    )
  }

  #turnBack(): void {
    this.#undoing = true
    this.#walk = firstStep()
  }

  /** False unless something else is wanted by now. */
  async #end(state: OffboardingReport['state']): Promise<boolean> {
    const { agentId, accountId } = this.#input
    if (state === 'completed') {
      // Also what left by other ways meanwhile has left.
      const left = await countHeld({ accountId, agentId })
      this.#moved = Math.max(this.#moved, sum(this.#counted) - sum(left))
    }
    await this.#tellProgress(state)
    return this.#wanted === 'undone' && !this.#undoing
  }

  async #tellProgress(state: OffboardingReport['state']): Promise<void> {
    if (this.#state !== state || this.#pages <= 1) upsertSearchAttributes([{ key: STATUS, value: state }])
    this.#state = state
    const { agentId, accountId } = this.#input
    const moved = this.#undoing ? `${this.#givenBack} given back` : `${this.#moved} moved`
    const stuck = this.#failed > 0 ? `, **${this.#failed}** could not be moved yet and are tried again` : ''
    setCurrentDetails(
      `Off-boarding of agent ${agentId}: **${state}**, ${sum(this.#counted)} tickets, ${moved}, pass ${this.#walk.pass}${stuck}.`,
    )
    await reportOffboarding({ accountId, ...this.report() })
  }

  async #carryOn(): Promise<never> {
    return await continueAsNew<typeof offboarding>({
      ...this.#input,
      wanted: this.#wanted,
      version: this.#version,
      by: this.#by,
      carried: {
        undoing: this.#undoing,
        ...this.#walk,
        ...(this.#counted === undefined ? {} : { counted: this.#counted }),
        moved: this.#moved,
        givenBack: this.#givenBack,
        given: this.#given,
      },
    })
  }

  async #tell(): Promise<void> {
    const { accountId, agentId, offboardingId, startedBy } = this.#input
    const cause = { type: 'offboarding', offboardingId, startedBy } as const
    await tellOfAll(accountId, this.#given, { by: startedBy, cause, from: agentId })
    this.#given = {}
  }
}

const sum = (counted: readonly { tickets: number }[] = []): number =>
  counted.reduce((total, { tickets }) => total + tickets, 0)
