import { cacheDir, workflowBundle } from '@onus/kit/bundle'
import { newId } from '@onus/kit/ids'
import { workerTracing } from '@onus/kit/temporal'
import { timeSkippingEnvironment } from '@onus/kit/testing/time-skipping'
import { INTAKE_WORKFLOW, type IntakeInput, intakeWorkflowId } from '@onus/workflows-contract'
import type { IntakeActivities, IntakeResult } from '@onus/workflows-intake'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { intakeWorkflowsPath } from '../worker.ts'

/** What the activity does on each try of one mail; the last goes on for ever. */
export type Tries = (IntakeResult | 'outage')[]

/** One for each way that a mail can go through its intake. */
export const PATHS: Record<string, Tries> = {
  created: [{ outcome: 'created', ticketId: 't1' }],
  'created-follow-up': [{ outcome: 'created', ticketId: 't2', followUpOf: 't1' }],
  added: [{ outcome: 'added', ticketId: 't1' }],
  automatic: [{ outcome: 'added', ticketId: 't1', automatic: true }],
  unreadable: [{ outcome: 'unreadable' }],
  own: [{ outcome: 'own' }],
  outage: ['outage', 'outage', 'outage', 'outage', { outcome: 'created', ticketId: 't1' }],
}

type TriesByMail = Map<string, { tries: Tries; taken: number }>

/** The intake workflow on a server whose time skips, with an activity that does as it is told. */
export class IntakeWorld {
  readonly env: TestWorkflowEnvironment
  readonly #worker: Worker
  readonly #running: Promise<void>
  readonly #tries: TriesByMail

  private constructor(env: TestWorkflowEnvironment, worker: Worker, tries: TriesByMail) {
    this.env = env
    this.#worker = worker
    this.#tries = tries
    this.#running = worker.run()
  }

  static async start(): Promise<IntakeWorld> {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: 'error' } },
    })
    const env = await timeSkippingEnvironment()
    // KEYWORD is 2; the time-skipping server can add and not list.
    const searchAttributes = { OnusAccount: 2, OnusDepartment: 2 }
    await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes })
    const tries: TriesByMail = new Map()
    const activities: IntakeActivities = {
      async takeIn({ mailId }) {
        const mail = tries.get(mailId)
        const next = mail?.tries[Math.min(mail.taken++, mail.tries.length - 1)]
        if (next === undefined || next === 'outage')
          throw ApplicationFailure.create({ message: 'The mail waits: unavailable.', type: 'unavailable' })
        return next
      },
    }
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'intake-test',
      workflowBundle: await workflowBundle(intakeWorkflowsPath(), cacheDir()),
      activities,
      ...(await workerTracing('ticket-worker', { bundled: true })),
    })
    return new IntakeWorld(env, worker, tries)
  }

  /** Starts the intake of one mail. */
  async begin(tries: Tries): Promise<WorkflowHandle> {
    const mailId = newId()
    this.#tries.set(mailId, { tries, taken: 0 })
    const input: IntakeInput = {
      accountId: 'acme',
      mailId,
      departmentId: 'support',
      address: 'support@acme.example',
    }
    return await this.env.client.workflow.start(INTAKE_WORKFLOW, {
      workflowId: intakeWorkflowId('acme', mailId),
      taskQueue: 'intake-test',
      args: [input],
    })
  }

  async stop(): Promise<void> {
    this.#worker.shutdown()
    await this.#running
    await this.env.teardown()
  }
}
