import {
  type CommandAnswer,
  type CommandEnvelope,
  type Deadlines,
  type HolderNames,
  mayNotify,
  NOTICE_WORKFLOW,
  NOTIFICATIONS_QUEUE,
  type NoticeInput,
  noticeWorkflowId,
  type OutgoingEntry,
  REPLY_WORKFLOW,
  type RecentCommand,
  type ReplyInput,
  replyWorkflowId,
  STATE_QUERY,
  TICKET_UPDATES,
  TICKETS_QUEUE,
  type TicketState,
  type TicketUpdateArgs,
  type TicketWorkflowInput,
} from '@onus/workflows-contract'
import {
  defineSearchAttributeKey,
  type SearchAttributeUpdatePair,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common'
import {
  ActivityCancellationType,
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow'
import {
  COMMIT_TIMEOUT_MS,
  type CommitResult,
  type CommittedCommand,
  type TicketActivities,
  type TicketLocalActivities,
} from './activities.ts'
import { applyCommit, type TicketKey } from './domain/evolve.ts'
import { Lock } from './lock.ts'
import { attributesOf, currentDetails, ticketView } from './view.ts'

/** What an operator sees of a ticket's workflow. */
export interface TicketQueryResult {
  state: TicketState | null
  deadlines: Deadlines
  unpublished: number
}

const stateQuery = defineQuery<TicketQueryResult>(STATE_QUERY)
const updates = Object.values(TICKET_UPDATES).map((name) =>
  defineUpdate<CommandAnswer, TicketUpdateArgs>(name),
)

/** Well below the server's 2,000 updates of one run. */
const COMMANDS_PER_RUN = 800
/** How long, and how many, commands are known by their id. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000
const REMEMBERED = 500
/** Entries that one publish takes. */
const BATCH = 50
/** How long a continue-as-new waits for a publish before it carries its entries on instead. */
const PUBLISH_GRACE_MS = 10_000
/** What is due and cannot be done is tried again after this long. */
const FAILED_PAUSE_MS = 60_000
/** A command that needs the rules service comes again after a pause, which grows. */
const FIRST_RULES_PAUSE_MS = 500
const LONGEST_RULES_PAUSE_MS = 30_000
const MOST_RULES_WAIT_MS = 5 * 60_000
/** Between the last command of a run and its end. */
const LINGER_MS = 200
/** A clock that was early looks again after this long. */
const EARLY_PAUSE_MS = 1_000

const ATTRIBUTES = [
  defineSearchAttributeKey('OnusAccount', 'KEYWORD'),
  defineSearchAttributeKey('OnusDepartment', 'KEYWORD'),
  defineSearchAttributeKey('OnusAgent', 'KEYWORD'),
  defineSearchAttributeKey('OnusStatus', 'KEYWORD'),
  defineSearchAttributeKey('OnusUnclaimedSince', 'DATETIME'),
  defineSearchAttributeKey('OnusUnpublished', 'INT'),
] as const
type TicketAttributes = { [name in (typeof ATTRIBUTES)[number]['name']]?: string | number | Date | null }

const { commit, load, recall } = proxyLocalActivities<TicketLocalActivities>({
  startToCloseTimeout: COMMIT_TIMEOUT_MS,
  localRetryThreshold: '10 seconds',
  retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
})

/** One ticket: takes commands one after the other, and is the only writer of its responsibility. */
export async function ticket(input: TicketWorkflowInput): Promise<void> {
  const run = new TicketRun(input)
  for (const update of updates) setHandler(update, (envelope) => run.execute(envelope))
  setHandler(stateQuery, () => run.query())
  await run.live()
}

class TicketRun {
  readonly #key: TicketKey
  readonly #commandsPerRun: number | undefined
  readonly #lock = new Lock()
  #state: TicketState | null = null
  #deadlines: Deadlines = {}
  #names: HolderNames | undefined
  #outbox: OutgoingEntry[] = []
  #recent: RecentCommand[] = []
  #loaded: boolean
  /** Started for a ticket that does not exist yet: its first command is on the way. */
  readonly #fresh: boolean
  /** Commands that were taken in this run. */
  #taken = 0
  /** Commands and ticks that are not answered yet. */
  #working = 0
  /** Children whose start is not yet certain. */
  #starting = 0
  /** Commands that wait for the rules service. */
  #waiting = 0
  /** A command was given up that may come again. */
  #renew = false
  #publishing = false
  /** The run is about to end: nothing new is begun besides commands. */
  #ending = false
  #attributes: TicketAttributes = {}

  constructor({ accountId, ticketId, fresh, commandsPerRun, carried }: TicketWorkflowInput) {
    this.#key = { accountId, ticketId }
    this.#commandsPerRun = commandsPerRun
    this.#fresh = fresh === true
    this.#loaded = this.#fresh || carried !== undefined
    if (carried === undefined) return
    this.#state = carried.state
    this.#deadlines = carried.deadlines
    this.#names = carried.names
    this.#outbox = carried.unpublished
    this.#recent = carried.recent
  }

  query(): TicketQueryResult {
    return { state: this.#state, deadlines: this.#deadlines, unpublished: this.#outbox.length }
  }

  async live(): Promise<void> {
    if (this.#loaded) this.#show()
    else await this.#lock.run(() => this.#load())
    const background = new CancellationScope()
    void background.run(() => this.#backgroundLoops()).catch(unlessCancelled)
    await this.#untilOver()
    // Waiting for the last publish and the last children lets commands in again; they go along.
    this.#ending = true
    const quiet = () => this.#isIdle() && this.#starting === 0 && !this.#publishing
    while (!quiet()) {
      if (!(await condition(quiet, PUBLISH_GRACE_MS, { summary: 'Waiting for the last events to leave' })))
        background.cancel()
    }
    if (this.#isDone()) return
    await continueAsNew<typeof ticket>({
      ...this.#key,
      ...(this.#commandsPerRun === undefined ? {} : { commandsPerRun: this.#commandsPerRun }),
      carried: {
        state: this.#state,
        deadlines: this.#deadlines,
        unpublished: this.#outbox,
        recent: this.#recent,
        ...(this.#names === undefined ? {} : { names: this.#names }),
      },
    })
  }

  /** One command, when its turn comes; one that cannot be decided yet lets the others go first. */
  async execute(envelope: CommandEnvelope): Promise<CommandAnswer> {
    this.#taken += 1
    this.#working += 1
    try {
      let waited = 0
      for (let pause = FIRST_RULES_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_RULES_PAUSE_MS)) {
        const answer = await this.#turn(envelope)
        if (answer !== undefined) return answer
        if (waited >= MOST_RULES_WAIT_MS) return this.#giveUp()
        this.#waiting += 1
        this.#show()
        await sleep(pause, { summary: 'Until the rules service is back' })
        this.#waiting -= 1
        waited += pause
      }
    } finally {
      this.#working -= 1
    }
  }

  /** Within one run the server answers a repeat of a command as it did the first time: so the run ends. */
  #giveUp(): CommandAnswer {
    this.#renew = true
    const detail =
      'Rules wait for what this command does, and the rules service is away. Send it again later.'
    return { ok: false, refusal: { reason: 'unavailable', detail } }
  }

  /** Undefined: not now. */
  #turn(envelope: CommandEnvelope): Promise<CommandAnswer | undefined> {
    return this.#lock.run(async () => {
      await this.#load()
      const known = this.#recent.find(({ commandId }) => commandId === envelope.commandId)
      return known === undefined ? await this.#commit(envelope) : await this.#repeat(known)
    })
  }

  async #load(): Promise<void> {
    if (this.#loaded) return
    const { state, deadlines, names, recent } = await load(this.#key)
    this.#state = state
    this.#deadlines = deadlines
    this.#names = names
    this.#recent = recent
    this.#loaded = true
    this.#show()
  }

  async #repeat({ sequence }: RecentCommand): Promise<CommandAnswer> {
    const state = await recall({ ...this.#key, sequence })
    if (state === null) throw new Error('the log has lost a command that it had')
    return { ok: true, ticket: ticketView(state, this.#deadlines) }
  }

  async #commit(envelope: CommandEnvelope): Promise<CommandAnswer | undefined> {
    const result = await commit({
      ...this.#key,
      state: this.#state,
      deadlines: this.#deadlines,
      envelope,
      notBefore: new Date().toISOString(),
      publish: this.#outbox.length === 0,
    })
    if (result.waits === 'undecided') return undefined
    const own = this.#adopt(result, envelope)
    if (result.waits === 'rules_by_time' && envelope.command.type === 'tick') return undefined
    if (own !== undefined) return { ok: true, ticket: ticketView(own, this.#deadlines) }
    if (result.refusal !== undefined) return { ok: false, refusal: result.refusal }
    if (this.#state === null) throw new Error('a command was accepted and left no ticket')
    return { ok: true, ticket: ticketView(this.#state, this.#deadlines) }
  }

  /** Takes over what is in the log now; gives the state that the own command left, if it is there. */
  #adopt(result: CommitResult, { commandId }: CommandEnvelope): TicketState | undefined {
    let own: TicketState | undefined
    for (const committed of result.commits) {
      const before = this.#state
      this.#state = applyCommit(before, committed, this.#key)
      if (this.#state === null) continue
      if (committed.commandId === commandId) own = this.#state
      this.#remember(committed.commandId, this.#state)
      if (!result.published) this.#enqueue(committed)
      this.#startChildren(committed, before, this.#state)
    }
    this.#deadlines = result.deadlines
    this.#names = result.names ?? this.#names
    this.#show()
    return own
  }

  #remember(commandId: string, { sequence, updatedAt }: TicketState): void {
    const oldest = new Date(Date.parse(updatedAt) - REMEMBERED_MS).toISOString()
    this.#recent.push({ commandId, sequence, at: updatedAt })
    this.#recent = this.#recent.slice(-REMEMBERED).filter(({ at }) => at >= oldest)
  }

  #enqueue({ entries, traceparent }: CommittedCommand): void {
    for (const entry of entries)
      this.#outbox.push(traceparent === undefined ? { entry } : { entry, traceparent })
  }

  #startChildren(
    { commandType, entries }: CommittedCommand,
    before: TicketState | null,
    after: TicketState,
  ): void {
    const first = entries[0]
    if (first === undefined) return
    const notice: NoticeInput = {
      ...this.#key,
      sequence: first.sequence,
      commandType,
      entries,
      before: before && holderOf(before),
      after: holderOf(after),
      status: after.status,
      channel: after.channel,
    }
    if (mayNotify(notice))
      this.#startChild(
        NOTICE_WORKFLOW,
        noticeWorkflowId(notice.accountId, notice.ticketId, notice.sequence),
        notice,
        `Notices of ticket ${after.number}, entry ${first.sequence}`,
      )
    if (after.channel !== 'email') return
    for (const { type, sequence, details = {} } of entries) {
      const { authorType, kind, messageId } = details
      const answers = authorType === 'agent' || authorType === 'system'
      if (type !== 'message.added' || !answers || kind !== 'public') continue
      const reply: ReplyInput = { ...this.#key, sequence, messageId: String(messageId) }
      this.#startChild(
        REPLY_WORKFLOW,
        replyWorkflowId(reply.accountId, reply.ticketId, sequence),
        reply,
        `Answer of ticket ${after.number}, entry ${sequence}, by mail`,
      )
    }
  }

  /** Starts a child that outlives this run. One that is there already was started for the same entry. */
  #startChild(type: string, workflowId: string, input: NoticeInput | ReplyInput, summary: string): void {
    this.#starting += 1
    const start = async () => {
      try {
        await startChild(type, {
          workflowId,
          args: [input],
          taskQueue: queueBeside(NOTIFICATIONS_QUEUE),
          parentClosePolicy: ParentClosePolicy.ABANDON,
          cancellationType: ChildWorkflowCancellationType.ABANDON,
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          staticSummary: summary,
        })
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      } finally {
        this.#starting -= 1
      }
    }
    void start()
  }

  /**
   * Until this run may end. A ticket that is done with ends in a workflow task of its own: the server refuses
   * one that ends a run which has news (a child that has ended), and every command in it would be done again.
   * A run that is too long takes the first moment there is; under load there may be no quiet one.
   */
  async #untilOver(): Promise<void> {
    do {
      await condition(() => this.#isIdle() && (this.#isDone() || this.#isLong()))
      if (this.#isLong()) return
      await sleep(LINGER_MS, { summary: 'About to end this run' })
    } while (!(this.#isIdle() && this.#isDone()))
  }

  async #backgroundLoops(): Promise<void> {
    await Promise.all([this.#publishLoop(), this.#clockLoop()])
  }

  /** What did not go out with its command leaves here, in order, however long the broker takes. */
  async #publishLoop(): Promise<void> {
    for (;;) {
      await condition(() => this.#outbox.length > 0 && this.#state !== null && !this.#ending)
      const entries = this.#outbox.slice(0, BATCH)
      const { number } = this.#state as TicketState
      const sequences = `${entries[0]?.entry.sequence} to ${entries.at(-1)?.entry.sequence}`
      const { publishEntries } = proxyActivities<TicketActivities>({
        startToCloseTimeout: '30 seconds',
        heartbeatTimeout: '10 seconds',
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '15 seconds' },
        summary: `Events ${sequences} of ticket ${number} to Kafka`,
      })
      this.#publishing = true
      try {
        await publishEntries({ ...this.#key, number, entries })
        this.#outbox.splice(0, entries.length)
      } catch (error) {
        // The next run takes them along.
        if (!isCancellation(error)) throw error
        return
      } finally {
        this.#publishing = false
      }
      this.#show()
    }
  }

  /** Sleeps until the next deadline, then lets the ticket decide what is due. */
  async #clockLoop(): Promise<void> {
    let early = 0
    for (;;) {
      await condition(() => this.#nextDeadline() !== undefined && !this.#ending)
      const due = this.#nextDeadline()
      if (due === undefined) continue
      const moved = () => this.#nextDeadline()?.at !== due.at || this.#ending
      const ms = Math.max(Date.parse(due.at) - Date.now(), early)
      if (ms > 0 && (await condition(moved, ms, { summary: due.summary }))) {
        early = 0
        continue
      }
      const sequence = this.#state?.sequence ?? 0
      const done = await this.#tick(`tick:${due.at}:${sequence}`)
      const pause = done ? EARLY_PAUSE_MS : FAILED_PAUSE_MS
      early = this.#nextDeadline()?.at === due.at ? pause : 0
    }
  }

  /** Whatever is due, is done; false when it cannot be decided, so that it is tried again later. */
  async #tick(commandId: string): Promise<boolean> {
    const envelope: CommandEnvelope = {
      commandId,
      command: { type: 'tick' },
      authority: { actor: { type: 'system' } },
    }
    try {
      // Once begun it is recorded, whatever ends this run.
      return await CancellationScope.nonCancellable(async () => {
        this.#taken += 1
        this.#working += 1
        try {
          return (await this.#turn(envelope)) !== undefined
        } finally {
          this.#working -= 1
        }
      })
    } catch (error) {
      log.error('What is due could not be done', { error })
      return false
    }
  }

  #nextDeadline(): { at: string; summary: string } | undefined {
    const { claimWarnAt, claimDueAt, claimThen, postponeEndsAt, closesAt, ruleDueAt } = this.#deadlines
    const all: [string | undefined, string][] = [
      [claimWarnAt, 'Warns that nobody has claimed the ticket'],
      [claimDueAt, `Claim timeout: ${claimThen ?? 'notify'}`],
      [postponeEndsAt, 'Postponed until then'],
      [closesAt, 'Reopen window: the ticket closes'],
      [ruleDueAt, 'A rule by time is due'],
    ]
    let first: { at: string; summary: string } | undefined
    for (const [at, summary] of all)
      if (at !== undefined && (first === undefined || at < first.at)) first = { at, summary }
    return first
  }

  /** A ticket that is done with, or never came to be, needs no workflow. */
  #isDone(): boolean {
    if (this.#outbox.length > 0 || this.#starting > 0) return false
    if (this.#state === null) return this.#loaded && (this.#taken > 0 || !this.#fresh)
    return ['closed', 'spam', 'deleted'].includes(this.#state.status)
  }

  #isIdle(): boolean {
    return allHandlersFinished() && this.#working === 0
  }

  #isLong(): boolean {
    if (this.#renew) return true
    return this.#taken >= (this.#commandsPerRun ?? COMMANDS_PER_RUN) || workflowInfo().continueAsNewSuggested
  }

  /** Tells the Temporal UI and its lists what changed. */
  #show(): void {
    if (this.#state === null) return
    const waits = { unpublished: this.#outbox.length, commands: this.#waiting }
    setCurrentDetails(currentDetails(this.#state, this.#deadlines, this.#names, waits))
    const wanted: TicketAttributes = {
      ...attributesOf(this.#state),
      OnusUnpublished: this.#outbox.length || null,
    }
    const changed = ATTRIBUTES.filter(
      ({ name }) => String(wanted[name]) !== String(this.#attributes[name] ?? null),
    )
    if (changed.length === 0) return
    this.#attributes = wanted
    upsertSearchAttributes(
      changed.map((key) => ({ key, value: wanted[key.name] }) as SearchAttributeUpdatePair),
    )
  }
}

function unlessCancelled(error: unknown): void {
  if (!isCancellation(error)) throw error
}

const holderOf = ({ responsibility: { departmentId, agentId } }: TicketState) => ({ departmentId, agentId })

/** The name of another queue of this installation, which may have a prefix. */
function queueBeside(queue: string): string {
  const { taskQueue } = workflowInfo()
  const prefix = taskQueue.endsWith(TICKETS_QUEUE) ? taskQueue.slice(0, -TICKETS_QUEUE.length) : ''
  return `${prefix}${queue}`
}
