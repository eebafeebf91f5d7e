import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workflowBundle } from '@onus/kit/bundle'
import { Problem } from '@onus/kit/problems'
import { workerTracing } from '@onus/kit/temporal'
import {
  type Authority,
  type Command,
  type CommandAnswer,
  type Entry,
  NOTIFICATIONS_QUEUE,
  type Refusal,
  TICKET_UPDATES,
  TICKET_WORKFLOW,
  TICKETS_QUEUE,
  type TicketUpdateArgs,
  type TicketView,
  type TicketWorkflowInput,
  ticketWorkflowId,
} from '@onus/workflows-contract'
import type { TicketActivities, TicketLocalActivities } from '@onus/workflows-ticket/activities'
import type { DirectoryFacts } from '@onus/workflows-ticket/domain/facts'
import { type DirectoryPlan, directoryOf } from '@onus/workflows-ticket/testing/directory'
import type { RulePlan } from '@onus/workflows-ticket/testing/rules'
import { agentAuthority, CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import type { TicketQueryResult } from '@onus/workflows-ticket/workflow'
import type { WorkflowHandle } from '@temporalio/client'
import type { Duration } from '@temporalio/common'
import type proto from '@temporalio/proto'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { createCommit } from '../commit.ts'
import { failingForGood } from '../failures.ts'
import { createLoad, createRecall } from '../load.ts'
import { createPublish } from '../publish.ts'
import { createEntryPublisher } from '../publisher.ts'
import { createTicketWorker, WORKFLOWS } from '../workers.ts'
import { MemoryBroker, MemoryLog, MemoryMessages } from './memory.ts'
import { plannedRules } from './rules.ts'
import { startTimeSkipping, type TimeSkippingServer } from './time-skipping.ts'

const ACCOUNT = 'acme'
const CHILDREN = fileURLToPath(new URL('./children.ts', import.meta.url))
/** Bundles of tests are kept apart from those of installations. */
const BUNDLES = join(tmpdir(), 'onus-test-bundles')

/**
 * The ticket worker on a server that skips time: real workflows and rules, with the store and the broker in
 * memory. One world has one ticket after the other, in an account whose directory a test may change.
 */
export class World {
  readonly env: TimeSkippingServer
  readonly log = new MemoryLog()
  readonly broker = new MemoryBroker()
  plan: DirectoryPlan = { departments: {}, agents: {} }
  /** The account's rules. */
  rules: RulePlan[] = []
  /** The rules service is away. */
  rulesDown = false
  readonly messages = new MemoryMessages()
  /** What the directory answers; a test may let it fail. */
  directory: () => Promise<DirectoryFacts> = async () => directoryOf(this.plan)
  activities: TicketLocalActivities & TicketActivities
  readonly #workers: Worker[] = []
  #running: Promise<void>[] = []
  #tickets = 0
  #commands = 0

  private constructor(env: TimeSkippingServer) {
    this.env = env
    this.activities = this.#activities()
  }

  /** Needs `TEMPORAL_TEST_SERVER`, the path of the test server. */
  static async start(): Promise<World> {
    Runtime.install({ logger: new DefaultLogger('ERROR') })
    const env = await startTimeSkipping()
    const world = new World(env)
    await world.#run()
    return world
  }

  async #run(): Promise<void> {
    const { nativeConnection: connection, namespace } = this.env
    const [tickets, children] = await Promise.all([
      workflowBundle(WORKFLOWS, BUNDLES),
      workflowBundle(CHILDREN, BUNDLES),
    ])
    this.#workers.push(
      await createTicketWorker({
        connection,
        namespace,
        prefix: '',
        bundle: tickets,
        // By way of this object, so that a test may put something else in their place.
        activities: {
          commit: (input) => this.activities.commit(input),
          load: (input) => this.activities.load(input),
          recall: (input) => this.activities.recall(input),
          publishEntries: (input) => this.activities.publishEntries(input),
        },
        shutdownGraceMs: 100,
      }),
      await Worker.create({
        connection,
        namespace,
        taskQueue: NOTIFICATIONS_QUEUE,
        workflowBundle: children,
        ...(await workerTracing('children', { bundled: true })),
      }),
    )
    this.#running = this.#workers.map((worker) => worker.run())
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers) worker.shutdown()
    await Promise.all(this.#running)
    await this.env.stop()
  }

  #activities(): TicketLocalActivities & TicketActivities {
    const { log } = this
    const quiet = { warn: () => {} }
    const clock = () => this.#clock++ * 1_000_000
    const events = createEntryPublisher(this.broker, quiet, clock)
    const directory = () => this.directory()
    const rules = plannedRules(() => {
      if (this.rulesDown) throw new Problem('unavailable', 'The rules service is away.')
      return this.rules
    }, clock)
    return failingForGood({
      commit: createCommit({ log, directory, events, rules, messages: this.messages }),
      load: createLoad({ log, directory, rules }),
      recall: createRecall({ log }),
      publishEntries: createPublish(events),
    })
  }

  /** Everything is tried at once: pauses after a failure are tested by themselves. */
  #clock = 1

  /** A new ticket of a contact. */
  async ticket(
    plan: DirectoryPlan,
    more: Parameters<typeof creation>[0] = {},
    options: Pick<TicketWorkflowInput, 'commandsPerRun'> = {},
  ): Promise<TestTicket> {
    this.plan = plan
    this.#tickets += 1
    const ticketId = `t${this.#tickets}`
    await this.startWorkflow(ticketId, true, options)
    const ticket = new TestTicket(this, ticketId)
    await ticket.do(creation(more), CONTACT_AUTHORITY)
    return ticket
  }

  /** A ticket that was refused before it came to be. */
  async unborn(more: Parameters<typeof creation>[0]): Promise<TestTicket> {
    this.#tickets += 1
    const ticketId = `t${this.#tickets}`
    await this.startWorkflow(ticketId, true)
    const ticket = new TestTicket(this, ticketId)
    await ticket.refused(creation(more), 'boss')
    return ticket
  }

  async startWorkflow(
    ticketId: string,
    fresh: boolean,
    options: Pick<TicketWorkflowInput, 'commandsPerRun'> = {},
  ): Promise<void> {
    await this.env.client.workflow.start(TICKET_WORKFLOW, {
      workflowId: ticketWorkflowId(ACCOUNT, ticketId),
      taskQueue: TICKETS_QUEUE,
      args: [{ accountId: ACCOUNT, ticketId, fresh, ...options }],
    })
  }

  nextCommandId(): string {
    this.#commands += 1
    return `command-${this.#commands}`
  }
}

/** One ticket of a {@link World}. */
export class TestTicket {
  readonly world: World
  readonly ticketId: string

  constructor(world: World, ticketId: string) {
    this.world = world
    this.ticketId = ticketId
  }

  get handle(): WorkflowHandle {
    return this.world.env.client.workflow.getHandle(ticketWorkflowId(ACCOUNT, this.ticketId))
  }

  async send(command: Command, by: string | Authority, commandId?: string): Promise<CommandAnswer> {
    const authority = typeof by === 'string' ? agentAuthority(by) : by
    const id = commandId ?? this.world.nextCommandId()
    const names: Record<string, string> = TICKET_UPDATES
    return await this.handle.executeUpdate<CommandAnswer, TicketUpdateArgs>(
      names[command.type] ?? command.type,
      { args: [{ commandId: id, command, authority }], updateId: id },
    )
  }

  /** A command that must be carried out. */
  async do(command: Command, by: string | Authority, commandId?: string): Promise<TicketView> {
    const answer = await this.send(command, by, commandId)
    if (!answer.ok) throw new Error(`refused: ${answer.refusal.reason}: ${answer.refusal.detail}`)
    return answer.ticket
  }

  /** A command that must be refused. */
  async refused(command: Command, by: string | Authority): Promise<Refusal> {
    const answer = await this.send(command, by)
    if (answer.ok) throw new Error('was not refused')
    return answer.refusal
  }

  reply(automatic?: boolean): Promise<TicketView> {
    return this.do(
      { type: 'contact_reply', messageId: 'r', ...(automatic && { automatic }) },
      CONTACT_AUTHORITY,
    )
  }

  query(): Promise<TicketQueryResult> {
    return this.handle.query('state')
  }

  /** Ids of the workflows that its last run has started. */
  async children(): Promise<string[]> {
    const { events } = await this.handle.fetchHistory()
    return (events ?? []).flatMap(({ childWorkflowExecutionStartedEventAttributes: started }) =>
      started?.workflowExecution?.workflowId ? [started.workflowExecution.workflowId] : [],
    )
  }

  /** The histories of its runs, oldest first. */
  async histories(): Promise<proto.temporal.api.history.v1.IHistory[]> {
    const histories: proto.temporal.api.history.v1.IHistory[] = []
    for (let runId: string | undefined = (await this.handle.describe()).runId; runId; ) {
      const { workflowId } = this.handle
      const history: proto.temporal.api.history.v1.IHistory = await this.world.env.client.workflow
        .getHandle(workflowId, runId)
        .fetchHistory()
      histories.unshift(history)
      const started:
        | proto.temporal.api.history.v1.IWorkflowExecutionStartedEventAttributes
        | null
        | undefined = history.events?.[0]?.workflowExecutionStartedEventAttributes
      runId = started?.continuedExecutionRunId || undefined
    }
    return histories
  }

  /** Everything in the log, in order. */
  async entries(): Promise<Entry[]> {
    const documents = await this.world.log.readFrom(ACCOUNT, this.ticketId, 1)
    return documents.flatMap(({ entries }) => entries)
  }

  /**
   * Sequences of the events of this ticket, as a consumer has them that leaves out what it knows by its id.
   * The server may have a workflow task done again, which publishes again.
   */
  published(): number[] {
    const own = this.world.broker.records.filter(({ key }) => key === this.ticketId)
    const byId = new Map(own.map(({ headers }) => [headers.ce_id, Number(headers.ce_sequence)]))
    return [...byId.values()]
  }

  /** Lets time pass. */
  async wait(duration: Duration): Promise<void> {
    await this.world.env.sleep(duration)
  }

  /** Until something is so; in real time, for what happens at once. */
  async until(what: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 10_000
    while (!(await what())) {
      if (Date.now() > deadline) throw new Error('did not happen within ten seconds')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Until its workflow has ended, and how. */
  async ended(): Promise<string> {
    await this.until(async () => (await this.handle.describe()).status.name !== 'RUNNING')
    return (await this.handle.describe()).status.name
  }
}
