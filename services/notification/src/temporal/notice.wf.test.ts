import { cacheDir, workflowBundle } from '@onus/kit/bundle'
import { createLogger } from '@onus/kit/logging'
import { workerTracing } from '@onus/kit/temporal'
import { timeSkippingEnvironment } from '@onus/kit/testing/time-skipping'
import { NOTICE_WORKFLOW, type NoticeInput, REPLY_WORKFLOW, type ReplyInput } from '@onus/workflows-contract'
import {
  DIGEST_WORKFLOW,
  digestWorkflowId,
  HOLD_SIGNAL,
  type NoticeActivities,
  PREFERENCES_SIGNAL,
  RESEND_WORKFLOW,
} from '@onus/workflows-notice'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDeliverer } from '../delivery/deliverer.ts'
import { createProviders } from '../delivery/providers.ts'
import type { Router } from '../delivery/routes.ts'
import { digestAt, type Timing } from '../domain/digest.ts'
import { DeliveryFailure } from '../domain/failure.ts'
import { type Notice, newNotice } from '../domain/notice.ts'
import {
  createMemoryChanges,
  createMemoryGuarded,
  createMemoryLedger,
  noPace,
  openDoors,
} from '../testing/memory.ts'
import { createActivities } from './activities.ts'
import { WORKFLOWS } from './worker.ts'

const HOUR = 60 * 60_000
let env: TestWorkflowEnvironment
let bundle: { code: string }
let started = 0

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'error' } } })
  env = await timeSkippingEnvironment()
  // KEYWORD is 2 and KEYWORD_LIST is 7; the time-skipping server can add and not list.
  const searchAttributes = { OnusAccount: 2, OnusDepartment: 2, OnusChannel: 7, OnusRecipient: 7 }
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes })
  bundle = await workflowBundle(WORKFLOWS, cacheDir())
})

afterAll(async () => {
  await env?.teardown()
})

const input: NoticeInput = {
  accountId: 'acc',
  ticketId: 't1',
  sequence: 3,
  commandType: 'assign',
  entries: [],
  before: null,
  after: { departmentId: 'd1', agentId: 'ann' },
}
const line = (id: string, over: Partial<Notice> = {}): Notice =>
  newNotice({
    id,
    accountId: 'acc',
    ticketId: 't1',
    ticketSequence: 3,
    departmentId: 'd1',
    event: 'ticket_assigned',
    channel: 'email',
    recipient: { agentId: 'ann' },
    because: 'mine',
    state: 'planned',
    attempts: 0,
    createdAt: new Date().toISOString(),
    doneRound: -1,
    listed: true,
    ...over,
  })

let ledger: ReturnType<typeof createMemoryLedger>
let changes: ReturnType<typeof createMemoryChanges>
/** Attempts of each notice, and what the other side does with them. */
let attempts: Map<string, number>
let server: (id: string, attempt: number) => Promise<void>

beforeEach(() => {
  ledger = createMemoryLedger()
  changes = createMemoryChanges(ledger)
  attempts = new Map()
  server = async () => {}
})

function activities(over: Partial<NoticeActivities> = {}): NoticeActivities {
  const router: Router = {
    route: async (notice) => ({
      async send() {
        const attempt = (attempts.get(notice.id) ?? 0) + 1
        attempts.set(notice.id, attempt)
        await server(notice.id, attempt)
      },
    }),
    routeDigest: async (notices) => ({
      visible: [...notices],
      hidden: [],
      route: {
        async send() {
          const id = `digest ${notices.map((notice) => notice.id).join(' ')}`
          const attempt = (attempts.get(id) ?? 0) + 1
          attempts.set(id, attempt)
          await server(id, attempt)
        },
      },
    }),
  }
  const log = createLogger('test', 'silent')
  const world = { clock: () => new Date(), log }
  const made = createActivities({
    deliverer: createDeliverer({
      world,
      ledger,
      breakers: openDoors,
      providers: createProviders(log, createMemoryGuarded()),
      pace: noPace,
      router,
      changes,
    }),
    changes,
    digestDue: async () => ({ at: new Date().toISOString() }),
    plan: async () => ({
      pending: [...ledger.lines.values()].map((notice) => ({
        noticeId: notice.id,
        channel: notice.channel,
        agentId: notice.recipient.agentId,
      })),
      unpublished: (await changes.tryPublish([...ledger.lines.values()])) ? [] : [...ledger.lines.keys()],
    }),
    replier: {
      announce: async () => ({ departmentId: 'd1', number: '42' }),
      send: async () => 'sent',
      giveUp: async () => {},
    },
  })
  return { ...made, ...over }
}

/** Runs one workflow to its end and tells how much of the server's time it took. */
async function run(type: string, args: unknown, given = activities()): Promise<number> {
  const taskQueue = `notices-${++started}`
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: { ...given },
    ...(await workerTracing('test', { bundled: true })),
  })
  return worker.runUntil(async () => {
    const workflowId = `${type}-${started}`
    const handle = await env.client.workflow.start(type, { taskQueue, workflowId, args: [args] })
    await handle.result()
    const { startTime, closeTime } = await handle.describe()
    return Number(closeTime) - Number(startTime)
  })
}

const refuse = async () => {
  throw new DeliveryFailure('temporary', '451 4.3.0 try again later')
}

describe('a notice', () => {
  it('refused for an hour is sent then, once', async () => {
    await ledger.add([line('n1')])
    const began = await env.currentTimeMs()
    server = async () => {
      if ((await env.currentTimeMs()) - began < HOUR) await refuse()
    }
    const took = await run(NOTICE_WORKFLOW, input)
    expect(took).toBeGreaterThan(0.9 * HOUR)
    expect(took).toBeLessThan(1.2 * HOUR)
    expect(ledger.lines.get('n1')).toMatchObject({ state: 'sent', attempts: attempts.get('n1') })
    expect(attempts.get('n1')).toBeGreaterThan(30)
    expect(attempts.get('n1')).toBeLessThan(60)
    expect(changes.states.at(-1)).toMatch(/sent$/)
  })

  it('refused for ever fails after a day', async () => {
    await ledger.add([line('n1')])
    server = refuse
    const took = await run(NOTICE_WORKFLOW, input)
    expect(took).toBeGreaterThan(23.8 * HOUR)
    expect(took).toBeLessThan(25 * HOUR)
    expect(ledger.lines.get('n1')).toMatchObject({ state: 'failed', error: '451 4.3.0 try again later' })
  })

  it('to a dead address fails at once, and the others are not held up', async () => {
    await ledger.add([
      line('dead'),
      line('well', { recipient: { agentId: 'bob' } }),
      line('chat', { channel: 'slack', recipient: { agentId: 'bob' } }),
    ])
    server = async (id) => {
      if (id === 'dead') throw new DeliveryFailure('recipient', '550 5.1.1 no such user')
    }
    const took = await run(NOTICE_WORKFLOW, input)
    expect(took).toBeLessThan(5000)
    expect([...ledger.lines.values()].map(({ id, state, attempts }) => [id, state, attempts])).toEqual([
      ['dead', 'failed', 1],
      ['well', 'sent', 1],
      ['chat', 'sent', 1],
    ])
  })

  it('obeys Retry-After', async () => {
    await ledger.add([line('n1', { channel: 'slack' })])
    server = async (_id, attempt) => {
      if (attempt === 1) throw new DeliveryFailure('temporary', 'ratelimited', { retryAfterMs: 2 * HOUR })
    }
    expect(await run(NOTICE_WORKFLOW, input)).toBeGreaterThan(1.99 * HOUR)
    expect(attempts.get('n1')).toBe(2)
  })

  it('whose state could not be published is published before its workflow ends', async () => {
    await ledger.add([line('n1')])
    changes.down = true
    let tries = 0
    const given = activities()
    await run(NOTICE_WORKFLOW, input, {
      ...given,
      async publishChanges(what) {
        if (++tries > 4) changes.down = false
        await given.publishChanges(what)
      },
    })
    expect(changes.states).toEqual(['n1 1 planned', 'n1 2 sent'])
  })

  it('that nobody could end is written down as failed', async () => {
    await ledger.add([line('n1')])
    await run(NOTICE_WORKFLOW, input, {
      ...activities(),
      deliver: async () => {
        throw ApplicationFailure.nonRetryable('the ledger does not answer')
      },
    })
    expect(ledger.lines.get('n1')).toMatchObject({ state: 'failed', error: 'the ledger does not answer' })
  })

  it('is tried together with its like first, and by itself when that did not work', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `n${index}`)
    await ledger.add(ids.map((id) => line(id)))
    server = async (id, attempt) => {
      if (id === 'n3' && attempt < 4) throw new DeliveryFailure('temporary', '451 later')
      if (id === 'n5') throw new DeliveryFailure('recipient', '550 nobody here')
    }
    let together = 0
    let alone = 0
    const given = activities()
    await run(NOTICE_WORKFLOW, input, {
      ...given,
      deliverFirst(tasks) {
        together += 1
        return given.deliverFirst(tasks)
      },
      deliver(task) {
        alone += 1
        return given.deliver(task)
      },
    })
    expect([together, alone]).toEqual([2, 3])
    for (const id of ids)
      expect(ledger.lines.get(id)).toMatchObject(
        id === 'n5' ? { state: 'failed', error: '550 nobody here' } : { state: 'sent' },
      )
    expect(ledger.lines.get('n3')?.attempts).toBe(4)
    expect(changes.states).toContain('n5 2 failed')
  })

  it('goes by itself when trying together never ends', async () => {
    await ledger.add([line('n1'), line('n2')])
    await run(NOTICE_WORKFLOW, input, {
      ...activities(),
      deliverFirst: async () => {
        throw new Error('the worker died')
      },
    })
    expect([...ledger.lines.values()].map(({ state }) => state)).toEqual(['sent', 'sent'])
  })

  it('for nobody ends', async () => {
    await run(NOTICE_WORKFLOW, input)
    expect(attempts.size).toBe(0)
  })

  it('is sent again by hand as a new round', async () => {
    await ledger.add([line('n1', { state: 'failed', doneRound: 0, attempts: 9 })])
    await run(RESEND_WORKFLOW, {
      accountId: 'acc',
      ticketId: 't1',
      departmentId: 'd1',
      noticeId: 'n1',
      channel: 'email',
      agentId: 'ann',
      round: 1,
    })
    expect(ledger.lines.get('n1')).toMatchObject({ state: 'sent', attempts: 10, round: 1 })
  })
})

describe('a digest', () => {
  const MINUTE = 60_000
  const task = { accountId: 'acc', agentId: 'ann', channel: 'email' as const }
  let timing: Timing

  beforeEach(() => {
    timing = { timeZone: 'UTC', digest: { every: 'PT1H' } }
  })

  const due = (over: Partial<NoticeActivities> = {}): NoticeActivities => ({
    ...activities(),
    digestDue: async ({ since }) => ({ at: digestAt(new Date(since), timing).toISOString() }),
    ...over,
  })

  /** Runs digests while `during` signals them; the worker's activities see the server's time. */
  async function holding(
    given: NoticeActivities,
    during: (digest: {
      hold(ids: string[]): Promise<WorkflowHandle>
      now(): Promise<number>
    }) => Promise<void>,
  ): Promise<void> {
    const taskQueue = `digests-${++started}`
    const workflowId = digestWorkflowId('acc', 'ann', `email-${started}`)
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowBundle: bundle,
      activities: { ...given },
      ...(await workerTracing('test', { bundled: true })),
    })
    await worker.runUntil(
      during({
        now: () => env.currentTimeMs(),
        async hold(noticeIds) {
          const since = new Date(await env.currentTimeMs()).toISOString()
          await ledger.add(noticeIds.map((id) => line(id, { inDigest: true, createdAt: since })))
          return env.client.workflow.signalWithStart(DIGEST_WORKFLOW, {
            taskQueue,
            workflowId,
            args: [task],
            signal: HOLD_SIGNAL,
            signalArgs: [{ noticeIds, since }],
          })
        },
      }),
    )
  }
  /** When it ended: with nothing left to do the server's clock runs ahead. */
  const closed = async (handle: WorkflowHandle) => Number((await handle.describe()).closeTime)
  const sends = () => [...attempts.keys()]
  const stateOf = (id: string) => ledger.lines.get(id)?.state

  it('is one message at its time, of all that came until then', async () => {
    await holding(due(), async ({ hold, now }) => {
      const began = await now()
      const handle = await hold(['n1'])
      await env.sleep(5000)
      await hold(['n2', 'n3'])
      await hold(['n2'])
      await handle.result()
      const took = (await closed(handle)) - began
      expect(took).toBeGreaterThan(digestAt(new Date(began), timing).getTime() - began - 1000)
      expect(took).toBeLessThan(61 * MINUTE)
    })
    expect(sends()).toEqual(['digest n1 n2 n3'])
    expect(['n1', 'n2', 'n3'].map(stateOf)).toEqual(['sent', 'sent', 'sent'])
  })

  it.each(['Asia/Kathmandu', 'America/St_Johns', 'Australia/Lord_Howe'])(
    'comes at an even hour and not in the night of %s',
    async (timeZone) => {
      timing = { timeZone, digest: { every: 'PT1H' }, quietHours: { from: '00:00', to: '12:00' } }
      let sentAt = 0
      server = async () => {
        sentAt = await env.currentTimeMs()
      }
      await holding(due(), async ({ hold }) => {
        await (await hold(['n1'])).result()
      })
      const clock = new Date(sentAt).toLocaleTimeString('en-GB', {
        timeZone,
        hour: '2-digit',
        minute: '2-digit',
      })
      expect(clock).toMatch(/^(1[2-9]|2[0-3]):0[0-2]$/)
    },
  )

  it('moves with the preferences', async () => {
    timing = { timeZone: 'UTC', digest: { every: 'P1D' } }
    await holding(due(), async ({ hold, now }) => {
      const began = await now()
      const handle = await hold(['n1'])
      await env.sleep(1000)
      timing = { timeZone: 'UTC', digest: { every: 'PT5M' } }
      await handle.signal(PREFERENCES_SIGNAL)
      await handle.result()
      expect((await closed(handle)) - began).toBeLessThan(6 * MINUTE)
    })
    expect(stateOf('n1')).toBe('sent')
  })

  it('is not sent early when it has become due later meanwhile', async () => {
    timing = { timeZone: 'UTC', digest: { every: 'PT5M' } }
    await holding(due(), async ({ hold, now }) => {
      const began = await now()
      const handle = await hold(['n1'])
      timing = { timeZone: 'UTC', digest: { every: 'P1W' } }
      await handle.result()
      expect((await closed(handle)) - began).toBeGreaterThan(6 * MINUTE)
    })
  })

  it('that is turned off lets go at once', async () => {
    timing = { timeZone: 'UTC', digest: { every: 'P1W' } }
    await holding(due(), async ({ hold, now }) => {
      const handle = await hold(['n1'])
      await env.sleep(1000)
      const began = await now()
      timing = { timeZone: 'UTC' }
      await handle.signal(PREFERENCES_SIGNAL)
      await handle.result()
      expect((await closed(handle)) - began).toBeLessThan(MINUTE)
    })
    expect(stateOf('n1')).toBe('sent')
  })

  it('that was sent by a worker that died is sent again as the same, and then no more', async () => {
    const given = due()
    let died = 0
    await holding(
      {
        ...given,
        async deliverDigest(one) {
          const result = await given.deliverDigest(one)
          if (died++ === 0) throw new Error('the worker died before it could say so')
          return result
        },
      },
      async ({ hold }) => {
        await (await hold(['n1', 'n2'])).result()
      },
    )
    expect(sends()).toEqual(['digest n1 n2'])
    expect(died).toBe(2)
    expect(['n1', 'n2'].map(stateOf)).toEqual(['sent', 'sent'])
  })

  it('is tried again while the mail server refuses; what comes later is in the next', async () => {
    server = async (id, attempt) => {
      if (id === 'digest n1' && attempt < 4) await refuse()
    }
    await holding(due(), async ({ hold }) => {
      const handle = await hold(['n1'])
      await handle.result()
      await (await hold(['n2'])).result()
    })
    expect(sends()).toEqual(['digest n1', 'digest n2'])
    expect(attempts.get('digest n1')).toBe(4)
    expect(['n1', 'n2'].map(stateOf)).toEqual(['sent', 'sent'])
  })

  it('of hundreds is a few messages', async () => {
    const ids = Array.from({ length: 230 }, (_, at) => `n${String(at).padStart(3, '0')}`)
    await holding(due(), async ({ hold }) => {
      await (await hold(ids)).result()
    })
    expect(sends()).toHaveLength(3)
    expect(ids.every((id) => stateOf(id) === 'sent')).toBe(true)
  })
})

describe('an answer', () => {
  const answer: ReplyInput = { accountId: 'acc', ticketId: 't1', sequence: 4, messageId: 'm1' }

  it('is announced before it is sent, and sent once', async () => {
    const calls: string[] = []
    await run(REPLY_WORKFLOW, answer, {
      ...activities(),
      announceReply: async () => {
        calls.push('announce')
        return { departmentId: 'd1', number: '42' }
      },
      sendReply: async () => {
        calls.push('send')
        return 'sent'
      },
    })
    expect(calls).toEqual(['announce', 'send'])
  })

  it('is given up after five days, and the message knows', async () => {
    const given: string[] = []
    const took = await run(REPLY_WORKFLOW, answer, {
      ...activities(),
      sendReply: async () => {
        throw ApplicationFailure.create({ message: 'no mail server', nextRetryDelay: '1 hour' })
      },
      giveUpReply: async ({ error }) => {
        given.push(error)
      },
    })
    expect(took).toBeGreaterThan(4.9 * 24 * HOUR)
    expect(given).toEqual(['no mail server'])
  })
})
