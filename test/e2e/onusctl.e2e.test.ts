import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

const MAIN = fileURLToPath(new URL('../../deploy/onusctl/src/main.ts', import.meta.url))

let world: World
beforeAll(async () => {
  world = await createWorld({
    departments: ['Billing'],
    agents: { ada: { in: ['Support', 'Billing'] }, ben: { in: ['Support', 'Billing'] } },
  })
})

interface Ran {
  exit: number | null
  out: string
  err: string
  json: any
}

/** The program as somebody runs it, with the account's owner, the operator and Temporal. */
async function onusctl(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const { local, owner } = world
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env.PATH,
      ONUS_URL: local.baseUrl,
      ONUS_KEY: owner.key,
      ONUS_OPERATOR_KEY: local.operatorKey,
      TEMPORAL_ADDRESS: local.temporalAddress,
      TEMPORAL_NAMESPACE: local.temporalNamespace,
      KAFKA_BROKERS: local.kafkaBrokers,
      ONUSCTL_CONFIG: '/nowhere/config.json',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  const exit = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { exit, out, err, json: out.startsWith('{') ? JSON.parse(out) : undefined }
}
const json = (...args: string[]): Promise<Ran> => onusctl(['--json', ...args])

const claimed = async (who: 'ada' | 'ben', department = 'Support'): Promise<any> => {
  const ticket = await world.createTicket({ departmentId: world.departments[department]?.id })
  return expectStatus(await world.agents[who]!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
}

describe('looking', () => {
  it('status knows the parts, the queues and what waits', async () => {
    const { json: found, err } = await json('status')
    expect(err).toBe('')
    expect(found.parts.map(({ name, state }: any) => [name, state])).toEqual([
      ['gateway', 'ready'],
      ['ticket', 'ready'],
      ['directory', 'ready'],
      ['rules', 'ready'],
      ['notification', 'ready'],
    ])
    for (const { version } of found.parts) expect(version).toMatch(/^\d+\.\d+\.\d+/)
    expect(found.kafka.state).toBe('ready')
    for (const { pollers, queue } of found.temporal.queues)
      expect([queue, pollers > 0]).toEqual([queue, true])
    expect(found.orphans.orphans).toBe(0)
    const text = await onusctl(['status'])
    expect(text.out).toContain('TASK QUEUE')
    expect(text.out).not.toContain('\u001b[')
  })

  it('explains a ticket, tells its story, and who was responsible at a moment', async () => {
    const ticket = await claimed('ada')
    const { exit, json: found } = await json('ticket', 'explain', ticket.id)
    expect([exit, found.why.cause.type, found.changes]).toEqual([0, 'claim', 2])
    expect((await onusctl(['ticket', 'explain', ticket.id])).out).toMatch(/Responsible: Ada in Support since/)
    const timeline = await json('ticket', 'timeline', ticket.id, '--type', 'responsibility.changed')
    expect(timeline.json.entries.map(({ revision }: any) => revision)).toEqual([1, 2])
    const at = await json('ticket', 'responsibility', ticket.id, '--at', ticket.createdAt)
    expect([at.exit, at.json.responsibility.agentId]).toEqual([0, null])
    const all = await json('ticket', 'responsibility', ticket.id)
    expect(all.json.intervals.map(({ agentId }: any) => agentId)).toEqual([null, world.agents.ada!.id])
    expect((await json('ticket', 'explain', 'nothing')).exit).toBe(5)
  })

  it('ends with what went wrong', async () => {
    expect((await onusctl(['status'], { ONUS_OPERATOR_KEY: 'wrong' })).exit).toBe(4)
    const agent = world.agents.ada!.key
    const refused = await onusctl(['projection', 'verify'], { ONUS_KEY: agent, ONUS_OPERATOR_KEY: '' })
    expect([refused.exit, refused.err]).toEqual([4, expect.stringContaining('owner or admin')])
    const gone = await onusctl(['ticket', 'timeline', 'x'], { ONUS_URL: 'http://127.0.0.1:9' })
    expect([gone.exit, gone.err]).toEqual([3, expect.stringContaining('cannot be reached')])
  })
})

describe('what is stuck', () => {
  const kafka = () => world.local.pids.kafka!
  const mail = (mode: string) =>
    fetch(`${world.local.mailSinkUrl}/behaviour`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode }),
    })
  afterAll(async () => {
    process.kill(kafka(), 'SIGCONT')
    await mail('ok')
  })
  const stuck = async () => (await json('stuck', '--account', world.accountId)).json.waiting as any[]

  it('a ticket whose events wait for Kafka, and not any more when it is back', async () => {
    process.kill(kafka(), 'SIGSTOP')
    const ticket = await claimed('ada')
    const found = await eventually(
      'the ticket to be stuck',
      async () =>
        (await stuck()).find(
          ({ kind, ticketId, error }) => kind === 'ticket' && ticketId === ticket.id && error,
        ),
      60_000,
    )
    expect(found).toMatchObject({ kind: 'ticket', runbook: 'kafka-is-down' })
    expect(found.waitsFor).toMatch(/^Kafka to take its events/)
    expect((await onusctl(['stuck', '--account', world.accountId])).exit).toBe(1)
    process.kill(kafka(), 'SIGCONT')
    await eventually(
      'nothing to be stuck',
      async () => !(await stuck()).some(({ ticketId }) => ticketId === ticket.id),
      90_000,
    )
  })

  it('a ticket whose workflow its worker cannot go on with, and why, when it looks deep', async () => {
    const { temporalAddress, temporalNamespace: namespace } = world.local
    const connection = await Connection.connect({ address: temporalAddress })
    const client = new Client({ connection, namespace })
    // What a worker that does not fit a history looks like: the code throws before it has done anything.
    const workflowId = `ticket:${world.accountId}:broken`
    const handle = await client.workflow.start('ticket', {
      taskQueue: 'tickets',
      workflowId,
      args: [],
      typedSearchAttributes: [
        { key: defineSearchAttributeKey('OnusAccount', 'KEYWORD'), value: world.accountId },
      ],
    })
    try {
      const found = await eventually(
        'the ticket to be stuck',
        async () => {
          const { waiting } = (await json('stuck', '--deep', '--account', world.accountId)).json
          return waiting.find(({ id }: any) => id === workflowId)
        },
        60_000,
      )
      expect(found).toMatchObject({
        kind: 'ticket',
        ticketId: 'broken',
        runbook: 'a-worker-version-is-bad',
        waitsFor: expect.stringContaining('a workflow task that succeeds'),
        since: expect.any(String),
        attempts: expect.any(Number),
        error: expect.stringMatching(/undefined/),
      })
    } finally {
      await handle.terminate('the test is over')
      await connection.close()
    }
  })

  it('notices that the mail server does not take; a retry by hand keeps their identity', async () => {
    await mail('refuse')
    const ticket = await world.createTicket()
    expectStatus(
      await world.owner.api.post(`/tickets/${ticket.id}/assign`, { agentId: world.agents.ben!.id }),
      200,
    )
    const found = await eventually(
      'the notice to be tried again',
      async () =>
        (await stuck()).find(({ kind, ticketId }) => kind === 'notice by email' && ticketId === ticket.id),
      60_000,
    )
    expect(found).toMatchObject({ runbook: 'notices-do-not-arrive', error: expect.any(String) })
    const status = await json('status')
    expect([status.exit, status.json.account.noticesRetrying > 0]).toEqual([1, true])
    const listed = await json('notices', 'list', '--state', 'retrying', '--ticket', ticket.id)
    expect(listed.json.notices.map(({ id }: any) => id)).toContain(found.id)
    await mail('ok')
    const retried = await json('notices', 'retry', found.id)
    expect([retried.exit, retried.json.retried]).toMatchObject([0, [{ id: found.id, ok: true }]])
    await eventually(
      'the notice to be sent',
      async () => (await world.owner.api.get(`/notifications/${found.id}`)).body.state === 'sent',
      90_000,
    )
  })
})

describe('putting right', () => {
  it('compares lists with the log, and rebuilding changes nothing that is well', async () => {
    const ticket = await claimed('ben')
    const verified = await json('projection', 'verify', '--account', world.accountId)
    expect([verified.exit, verified.json.differences, verified.json.complete]).toEqual([0, [], true])
    const before = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}`), 200)
    const rebuilt = await json('projection', 'rebuild', '--account', world.accountId, '--yes')
    expect([rebuilt.exit, rebuilt.json.repaired]).toEqual([0, 0])
    expect(rebuilt.json.woken).toBeGreaterThan(0)
    expect(expectStatus(await world.owner.api.get(`/tickets/${ticket.id}`), 200)).toEqual(before)
    const events = await onusctl(['projection', 'verify', '--events'])
    expect([events.exit, events.out]).toEqual([0, expect.stringContaining('no difference')])
  })

  it('publishes a ticket’s events again', async () => {
    const ticket = await claimed('ada')
    const { exit, json: done } = await json('events', 'replay', '--ticket', ticket.id, '--from', '2')
    expect([exit, done.state, done.events]).toEqual([0, 'done', 3])
    expect((await onusctl(['events', 'replay', '--ticket', 'nothing'])).exit).toBe(5)
  })

  it('lets an agent leave: counts, starts, pauses, goes on and is taken back', async () => {
    const { ada } = world.agents
    const preview = await json('offboard', 'start', ada!.email, '--dry-run')
    const { tickets } = preview.json.offboarding
    expect([preview.exit, preview.json.offboarding.state, tickets > 0]).toEqual([0, 'preview', true])
    const asked = await onusctl(['offboard', 'start', ada!.email])
    expect([asked.exit, asked.err]).toEqual([2, expect.stringContaining('--yes')])
    const begun = await json(
      'offboard',
      'start',
      ada!.email,
      '--to',
      `Support=ben@${world.domain}`,
      '--yes',
      '--no-wait',
    )
    expect(begun.json.offboarding.state).toBe('running')
    expect((await json('offboard', 'pause', ada!.id)).exit).toBe(1)
    await eventually(
      'the pause to be seen',
      async () =>
        (await json('stuck', '--account', world.accountId)).json.waiting.some(
          ({ kind, waitsFor }: any) => kind === 'off-boarding' && waitsFor === 'somebody to resume it',
        ),
      60_000,
    )
    const resumed = await json('offboard', 'resume', ada!.id, '--wait')
    expect([resumed.exit, resumed.json.offboarding]).toMatchObject([
      0,
      { state: 'completed', moved: tickets },
    ])
    const undone = await json('offboard', 'undo', ada!.id, '--yes', '--wait')
    expect([undone.exit, undone.json.offboarding.state]).toEqual([0, 'undone'])
  })

  it('runs rules dry', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'onusctl-')), 'rules.json')
    const action = { type: 'transfer', departmentId: world.departments.Billing!.id }
    writeFileSync(
      file,
      JSON.stringify([{ name: 'All to billing', trigger: { type: 'ticket_created' }, actions: [action] }]),
    )
    await eventually(
      'the past to be known',
      async () => {
        const { exit, json: found } = await json('rules', 'dry-run', file)
        return exit === 0 && found.dryRun.state === 'completed' && found.dryRun.wouldDifferTotal > 0
      },
      60_000,
    )
    writeFileSync(file, JSON.stringify([{ name: 'x', trigger: { type: 'nonsense' }, actions: [action] }]))
    expect((await json('rules', 'dry-run', file)).exit).toBe(6)
  })
})
