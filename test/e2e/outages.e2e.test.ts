import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Api, eventually } from '../support/api.ts'
import { anotherOf, counted, type Process } from '../support/processes.ts'
import { createWorld, expectStatus, muteNewTickets, type TestAgent, type World } from '../support/world.ts'

/** Slack and the push services away, with everything real and two processes that deliver; people work on. */

const MANY = 20
const COMMANDS = 10
const PATIENCE_MS = 240_000

let world: World
let ann: TestAgent
let bob: TestAgent
let second: Process
let metrics: string[]
const phone = `phone-${crypto.randomUUID()}`

beforeAll(async () => {
  world = await createWorld({
    departments: ['Queue'],
    agents: { ann: { in: ['Queue'] }, bob: { in: ['Queue'] } },
  })
  ann = world.agents.ann!
  bob = world.agents.bob!
  // What is counted is one notice for each assignment.
  await muteNewTickets([world.owner, ann, bob])
  expectStatus(await ann.api.post('/me/devices', { kind: 'fcm', token: phone, name: 'Phone' }), 201)
  second = await anotherOf(world.local.pids.notification!)
  metrics = [world.local.metricsUrls.notification!, second.metricsUrl]
})
afterAll(() => second?.stop())

const sinkOf = (name: 'slack' | 'push') =>
  name === 'slack' ? world.local.slackSinkUrl : world.local.pushSinkUrl
const behave = async (name: 'slack' | 'push', mode: string) => {
  const answer = await fetch(`${sinkOf(name)}/behaviour`, {
    method: 'POST',
    body: JSON.stringify({ mode }),
  })
  expect(answer.status).toBe(200)
}
afterEach(() => Promise.all([behave('slack', 'ok'), behave('push', 'ok')]))

const create = async (subject: string) =>
  (await world.createTicket({ subject, departmentId: world.departments.Queue!.id })).id as string

/** Commands on other tickets, one after the other; how long each took, fastest first. */
async function work(api: Api): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < COMMANDS; at++) {
    const id = await create('Work')
    const began = performance.now()
    expectStatus(await api.post(`/tickets/${id}/claim`), 200)
    expectStatus(
      await api.post(`/tickets/${id}/messages`, { author: 'agent', kind: 'public', body: 'Done' }),
      201,
    )
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)
}
const said = (times: number[]) =>
  `median ${Math.round(times[times.length >> 1]!)} ms, slowest ${Math.round(times.at(-1)!)} ms`

/** Ann's lines of these tickets on a channel. */
async function linesOf(tickets: ReadonlySet<string>, channel: string): Promise<any[]> {
  const found: any[] = []
  let cursor = ''
  do {
    const path = `/notifications?agentId=${ann.id}&channel=${channel}&limit=200${cursor}`
    const page = expectStatus(await world.owner.api.get(path), 200)
    found.push(
      ...page.items.filter((line: any) => line.event === 'ticket_assigned' && tickets.has(line.ticketId)),
    )
    cursor = page.nextCursor ? `&cursor=${page.nextCursor}` : ''
  } while (cursor)
  return found
}
const allSent = (tickets: ReadonlySet<string>, channel: string) =>
  eventually(
    `all of ${channel} to be sent`,
    async () => {
      const lines = await linesOf(tickets, channel)
      return lines.length === MANY && lines.every(({ state }) => state === 'sent') && lines
    },
    PATIENCE_MS,
  )
const failing = async (): Promise<string[]> => {
  const { providers } = expectStatus(await world.owner.api.get('/notifications/health'), 200)
  return providers.filter(({ state }: any) => state === 'failing').map(({ name }: any) => name)
}

/** The identities that ann's messages of these tickets have at the receiver. */
async function arrived(name: 'slack' | 'push', tickets: ReadonlySet<string>): Promise<string[]> {
  const items = (await (await fetch(sinkOf(name))).json()) as any[]
  if (name === 'push')
    return items
      .filter(({ token, data }) => token === phone && tickets.has(data.ticketId))
      .filter(({ data }) => data.event === 'ticket_assigned')
      .map(({ data }) => data.noticeId)
  return items
    .filter(({ user, blocks }) => {
      const text = JSON.stringify(blocks)
      return user?.email === ann.email && [...tickets].some((id) => text.includes(id))
    })
    .map(({ body }) => body.client_msg_id)
}

it.each([
  ['slack', 'slack', 'hang'],
  ['push', 'fcm', 'refuse'],
  ['slack', 'slack', 'down'],
] as const)(
  'of %s (%s, %s) is one alarm; other ways and tickets go on, all arrive afterwards, none twice',
  async (name, provider, mode) => {
    const outages = () => counted(metrics, 'onus_notice_provider_outages_total', `provider="${provider}"`)
    const outagesBefore = await outages()
    const usual = await work(bob.api)
    await behave(name, mode)

    const tickets = new Set<string>()
    const assign = async () => {
      for (let at = 0; at < MANY / 4; at++) {
        const id = await create('Outage')
        tickets.add(id)
        expectStatus(await world.owner.api.post(`/tickets/${id}/assign`, { agentId: ann.id }), 200)
      }
    }
    await Promise.all(Array.from({ length: 4 }, assign))
    await eventually(
      'the provider to be known as failing',
      async () => (await failing()).length > 0,
      PATIENCE_MS,
    )
    const meanwhile = await work(bob.api)
    await allSent(tickets, 'email')
    await allSent(tickets, name === 'slack' ? 'push' : 'slack')
    expect(await failing()).toEqual([provider])
    const waiting = await linesOf(tickets, name)
    expect(waiting.filter(({ state }) => state === 'sent')).toEqual([])

    const back = performance.now()
    await behave(name, 'ok')
    const lines = await allSent(tickets, name)
    const took = Math.round((performance.now() - back) / 1000)
    // None lost; what a provider that hung has kept of what it did not answer has the same identity.
    const ids = await arrived(name, tickets)
    expect(new Set(ids).size).toBe(MANY)
    if (mode !== 'hang') expect(ids).toHaveLength(MANY)
    expect(new Set(lines.map(({ id }) => id)).size).toBe(MANY)
    await eventually('nothing to be failing', async () => (await failing()).length === 0)
    expect((await outages()) - outagesBefore).toBe(1)
    process.stdout.write(
      `${name}, ${mode}: claim and answer before ${said(usual)}; meanwhile ${said(meanwhile)}; ${MANY} delivered ${took} s after it was back\n`,
    )
  },
  2 * PATIENCE_MS,
)
