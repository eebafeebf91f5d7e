import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Api, eventually } from '../support/api.ts'
import { createWorld, readLocal, type World } from '../support/world.ts'

const ONUSCTL = fileURLToPath(new URL('../../deploy/onusctl/src/main.ts', import.meta.url))

/** How long something we stand on does not answer, longer than every timeout of a driver. */
const FROZEN_MS = Number(process.env.CHAOS_FROZEN_MS ?? 45_000)
/** From its return until everything works and `onusctl status` finds nothing, on a busy machine too. */
const WELL_AGAIN_MS = 60_000
const CLIENTS = 8

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What `onusctl status` finds. */
async function findings(world: World): Promise<string[]> {
  const { local, owner } = world
  const child = spawn(process.execPath, [ONUSCTL, '--json', 'status'], {
    env: {
      PATH: process.env.PATH,
      ONUS_URL: local.baseUrl,
      ONUS_KEY: owner.key,
      ONUS_OPERATOR_KEY: local.operatorKey,
      TEMPORAL_ADDRESS: local.temporalAddress,
      TEMPORAL_NAMESPACE: local.temporalNamespace,
      ONUSCTL_CONFIG: '/nowhere/config.json',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  await new Promise((resolve) => child.once('close', resolve))
  if (!out.startsWith('{')) return [err.trim() || 'onusctl said nothing']
  return JSON.parse(out).findings.map(({ what }: { what: string }) => what)
}

interface Command {
  ticketId: string
  note: string
  askedAt: number
  answeredAt: number
}

/** Writes notes, each until it is answered, under one key: what is repeated must not be done twice. */
async function write(api: Api, tickets: string[], done: Command[], until: () => boolean): Promise<void> {
  for (let turn = 0; !until(); turn += 1) {
    const ticketId = tickets[turn % tickets.length]!
    const note = `note ${randomUUID()}`
    const key = randomUUID()
    const askedAt = Date.now()
    await eventually(
      'an answer',
      async () => {
        const answer = await api.post(
          `/tickets/${ticketId}/messages`,
          { author: 'agent', kind: 'note', body: note },
          { 'idempotency-key': key },
        )
        return answer.status === 201
      },
      240_000,
    )
    done.push({ ticketId, note, askedAt, answeredAt: Date.now() })
    await pause(50)
  }
}

describe('what we stand on is frozen, and let go', () => {
  it.each(['mongodb', 'temporal', 'kafka'])(
    'is well again soon after %s is',
    { timeout: 600_000 },
    async (part) => {
      const world = await createWorld({ departments: ['Billing'], agents: { ada: { in: ['Support'] } } })
      const tickets: string[] = []
      for (let i = 0; i < CLIENTS * 2; i += 1) tickets.push((await world.createTicket()).id)

      const done: Command[] = []
      let finished = false
      const writers = Promise.all(
        Array.from({ length: CLIENTS }, (_, i) =>
          write(world.agents.ada!.api, tickets.slice(i * 2, i * 2 + 2), done, () => finished),
        ),
      )
      await eventually('commands', () => done.length >= CLIENTS * 3, 60_000)

      const pid = (await readLocal()).pids[part]
      if (!pid) throw new Error(`no pid for ${part}`)
      process.kill(pid, 'SIGSTOP')
      const frozenAt = Date.now()
      try {
        await pause(FROZEN_MS)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      const backAt = Date.now()
      let found: string[] = []
      let last = ''
      const wellAfter = await eventually(
        `onusctl status to find nothing after ${part} is back`,
        async () => {
          found = await findings(world)
          if (found.join() !== last) {
            last = found.join()
            console.log(`${part}: ${seconds(Date.now() - backAt)} after its return: ${last || 'all is well'}`)
          }
          return found.length === 0 ? Date.now() - backAt : undefined
        },
        240_000,
      )
      finished = true
      await writers

      const first =
        Math.min(...done.filter((one) => one.answeredAt > backAt).map((one) => one.answeredAt)) - backAt
      const waiting = done.filter((one) => one.askedAt < backAt && one.answeredAt > backAt)
      const slowest = Math.max(...waiting.map((one) => one.answeredAt), backAt) - backAt
      const meanwhile = done.filter((one) => one.askedAt > frozenAt + 1000 && one.answeredAt < backAt).length
      console.log(
        `${part} frozen for ${seconds(backAt - frozenAt)} (${meanwhile} commands done meanwhile): the first command is answered ` +
          `${seconds(first)} after its return, the last of ${waiting.length} that waited after ${seconds(slowest)}, ` +
          `all is well after ${seconds(wellAfter)}`,
      )

      // Nothing was lost and nothing done twice.
      for (const ticketId of tickets) {
        const notes: string[] = []
        let cursor: string | null = null
        do {
          const page: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
          const { body } = await world.owner.api.get(`/tickets/${ticketId}/messages?limit=200${page}`)
          notes.push(...body.items.filter((item: any) => item.kind === 'note').map((item: any) => item.body))
          cursor = body.nextCursor
        } while (cursor)
        const sent = done.filter((one) => one.ticketId === ticketId).map(({ note }) => note)
        expect(notes.sort()).toEqual(sent.sort())
      }
      expect(Math.max(wellAfter, slowest)).toBeLessThan(WELL_AGAIN_MS)
    },
  )
})
