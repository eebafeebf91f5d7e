import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { describe, expect, it } from 'vitest'
import { type Api, eventually } from '../support/api.ts'
import { readTopic, sequenceComplaints } from '../support/events.ts'
import { createWorld, expectStatus, type Local } from '../support/world.ts'

const TICKETS = 50
const COMMANDS = 500
const CLIENTS = 8
/** Every process of ours, then what we stand on. */
const VICTIMS = [
  'gateway',
  'ticket',
  'ticketWorker',
  'directory',
  'rules',
  'notification',
  'kafka',
  'mongodb',
  'temporal',
]

interface Answered {
  ticketId: string
  kind: 'note' | 'command'
  body?: string
  revision?: number
  status: number
  to?: { departmentId: string; agentId: string | null }
}

const local = async (): Promise<Local> =>
  JSON.parse(await readFile(process.env.ONUS_LOCAL_JSON ?? '', 'utf8')) as Local

/** Sends one command until it has a definite answer; the idempotency key makes the repeats one command. */
async function insist(api: Api, path: string, body: unknown) {
  const key = randomUUID()
  return eventually(
    `an answer to ${path}`,
    async () => {
      const answer = await api.post(path, body, { 'idempotency-key': key })
      return answer.status < 500 && answer.status !== 429 ? answer : undefined
    },
    180_000,
  )
}

describe('while every process is killed in turn', () => {
  it('loses, doubles and sticks nothing', { timeout: 900_000 }, async () => {
    const world = await createWorld({
      departments: ['Billing'],
      agents: { ada: { in: ['Support', 'Billing'] }, ben: { in: ['Support', 'Billing'] } },
    })
    const tickets: string[] = []
    for (let i = 0; i < TICKETS; i += 1)
      tickets.push((await world.createTicket({ subject: `Chaos ${i}` })).id)

    const answered: Answered[] = []
    let sent = 0
    let finished = false
    const agents = [world.agents.ada!, world.agents.ben!]
    const departments = [world.departments.Support!.id, world.departments.Billing!.id]
    const worker = async (number: number) => {
      while (sent < COMMANDS) {
        const turn = sent
        sent += 1
        const ticketId = tickets[turn % TICKETS]!
        const agent = agents[(turn + number) % 2]!
        if (turn % 2 === 0) {
          const body = `note ${randomUUID()}`
          const answer = await insist(agent.api, `/tickets/${ticketId}/messages`, {
            author: 'agent',
            kind: 'note',
            body,
          })
          answered.push({ ticketId, kind: 'note', body, status: answer.status })
        } else {
          const round = Math.floor(turn / TICKETS)
          const [path, body] = [
            ['claim', {}],
            ['transfer', { departmentId: departments[round % 2] }],
            ['assign', { agentId: agent.id }],
            ['transfer', { departmentId: departments[(round + 1) % 2] }],
          ][(turn >> 1) % 4] as [string, unknown]
          const answer = await insist(agent.api, `/tickets/${ticketId}/${path}`, body)
          answered.push({
            ticketId,
            kind: 'command',
            status: answer.status,
            revision: answer.body.responsibility?.revision,
            to: {
              departmentId: answer.body.departmentId,
              agentId: answer.body.agentId,
            },
          })
        }
      }
    }
    const work = Promise.all(Array.from({ length: CLIENTS }, (_, number) => worker(number))).finally(() => {
      finished = true
    })

    const killed: string[] = []
    for (const [index, victim] of VICTIMS.entries()) {
      await eventually(
        'the next share of commands',
        () => finished || answered.length >= ((index + 1) * COMMANDS) / (VICTIMS.length + 1),
        240_000,
      )
      const pid = (await local()).pids[victim]
      if (!pid) throw new Error(`no pid for ${victim}`)
      process.kill(pid, 'SIGKILL')
      killed.push(victim)
      await eventually(
        `${victim} to be started again`,
        async () => {
          const now = (await local()).pids[victim]
          return now !== undefined && now !== pid
        },
        120_000,
      )
    }
    await work
    expect(killed).toEqual(VICTIMS)
    expect(answered).toHaveLength(COMMANDS)

    // Every answered command is in the timeline exactly once; revisions and sequences have no gap.
    for (const ticketId of tickets) {
      const entries: any[] = []
      let cursor: string | undefined
      do {
        const page: any = expectStatus(
          await world.owner.api.get(
            `/tickets/${ticketId}/timeline?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
          ),
          200,
        )
        entries.push(...page.items)
        cursor = page.nextCursor
      } while (cursor)
      expect(entries.map((entry) => entry.sequence)).toEqual(entries.map((_, index) => index + 1))
      const changes = entries.filter((entry) => entry.type === 'responsibility.changed')
      expect(changes.map((entry) => entry.revision)).toEqual(changes.map((_, index) => index + 1))
      for (const [index, change] of changes.entries())
        if (index > 0) expect(change.from).toEqual(changes[index - 1].to)
      const messages = expectStatus(await world.owner.api.get(`/tickets/${ticketId}/messages?limit=200`), 200)
      const bodies = messages.items.map((message: any) => message.body)
      for (const one of answered.filter((a) => a.ticketId === ticketId && a.status < 300)) {
        if (one.kind === 'note') expect(bodies.filter((body: string) => body === one.body)).toHaveLength(1)
        else {
          const change = changes.find((entry) => entry.revision === one.revision)
          expect(change?.to).toEqual(one.to)
        }
      }
      const summary = expectStatus(await world.owner.api.get(`/tickets/${ticketId}`), 200)
      expect(summary.responsibility.revision).toBe(changes.length)
    }

    // Nothing is stuck: no event waits, every notice came to its end.
    const now = await local()
    const connection = await Connection.connect({ address: now.temporalAddress })
    const client = new Client({ connection, namespace: now.temporalNamespace })
    const waiting = async (query: string) => {
      const ids: string[] = []
      for await (const found of client.workflow.list({ query })) ids.push(found.workflowId)
      return ids
    }
    await eventually(
      'all events to be published',
      async () =>
        (
          await waiting(
            `OnusAccount = '${world.accountId}' AND OnusUnpublished > 0 AND ExecutionStatus = 'Running'`,
          )
        ).length === 0,
      120_000,
    )
    await eventually(
      'all notices to be delivered',
      async () => {
        const running = await waiting(
          `WorkflowType = 'notice' AND OnusAccount = '${world.accountId}' AND ExecutionStatus = 'Running'`,
        )
        return running.length === 0
      },
      180_000,
    )
    await connection.close()
    for (const ticketId of tickets) {
      const ledger = expectStatus(
        await world.owner.api.get(`/tickets/${ticketId}/notifications?limit=200`),
        200,
      )
      expect(ledger.items.length).toBeGreaterThan(0)
      for (const notice of ledger.items) expect(['sent', 'suppressed']).toContain(notice.state)
    }
    const events = await eventually(
      'every entry as an event',
      async () => {
        const found = await readTopic(now.kafkaBrokers, 'onus.ticket-events.v1', (event) =>
          tickets.includes(event.key),
        )
        const ids = new Set(found.map((event) => event.headers.ce_id))
        const wanted = await Promise.all(
          tickets.map(
            async (id) => (await world.owner.api.get(`/tickets/${id}/timeline?limit=200`)).body.items.length,
          ),
        )
        return ids.size >= wanted.reduce((sum, count) => sum + count, 0) ? found : undefined
      },
      120_000,
    )
    expect(sequenceComplaints(events)).toEqual([])
  })
})
