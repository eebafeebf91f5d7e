/**
 * Distribution under load, on the running stack: `ONUS_LOCAL_JSON=.onus/local.json node test/load/distribution.ts
 * [tickets] [agents] [capacity] [together]`, by default 1,000 tickets over 50 agents at a capacity of 30, 20 at
 * a time. Fails when an agent has more than the capacity, when round robin is not exact, or when the spread of
 * least loaded is more than one.
 */
import { randomUUID } from 'node:crypto'
import { createWorld, expectStatus, type World } from '../support/world.ts'

const [tickets = 1000, agents = 50, capacity = 30, together = 20] = process.argv.slice(2).map(Number)

async function parallel<T>(count: number, together: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: together }, async () => {
      while (next < count) {
        const at = next
        next += 1
        results[at] = await work(at)
      }
    }),
  )
  return results
}

/** A department whose agents are online. */
async function department(world: World, strategy: string, most: number): Promise<string> {
  const made = await world.owner.api.post('/departments', {
    name: `${strategy} of ${most}`,
    distribution: { strategy, on: ['new'] },
  })
  const { id } = expectStatus(made, 201)
  await parallel(agents, 4, async (at) => {
    const agent = expectStatus(
      await world.owner.api.post('/agents', {
        name: `Agent ${at}`,
        email: `${strategy}${most}-${at}@${world.domain}`,
        capacity: most,
        memberships: [{ departmentId: id }],
      }),
      201,
    )
    const key = expectStatus(await world.owner.api.post('/api-keys', { name: 'k', agentId: agent.id }), 201)
    const answer = await fetch(`${world.local.baseUrl}/api/v1/me/presence`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ presence: 'online' }),
    })
    if (!answer.ok) throw new Error(`presence: ${answer.status}`)
  })
  return id
}

/** As a careful client creates one: what got no answer in time is asked for again under the same key. */
async function create(world: World, departmentId: string): Promise<{ agentId: string | null }> {
  const body = {
    subject: 'The printer is on fire',
    body: 'Please help.',
    channel: 'web_form',
    contact: { email: `carla@${world.domain}`, name: 'Carla' },
    departmentId,
  }
  const key = { 'idempotency-key': randomUUID() }
  for (let left = 5; ; left -= 1) {
    const answer = await world.owner.api.post('/tickets', body, key)
    if (answer.status !== 503 || left === 0) return expectStatus(answer, 201)
  }
}

async function run(world: World, strategy: string, most: number) {
  const departmentId = await department(world, strategy, most)
  const began = performance.now()
  const created = await parallel(tickets, together, () => create(world, departmentId))
  const seconds = (performance.now() - began) / 1000
  const loads = new Map<string | null, number>()
  for (const { agentId } of created) loads.set(agentId, (loads.get(agentId) ?? 0) + 1)
  const nobody = loads.get(null) ?? 0
  loads.delete(null)
  const counts = [...loads.values()]
  const [least, largest] = [Math.min(...counts), Math.max(...counts)]
  const line = `${strategy}, capacity ${most}: ${tickets} tickets over ${agents} agents in ${seconds.toFixed(1)} s (${(tickets / seconds).toFixed(1)}/s)`
  console.log(`${line}; each ${least} to ${largest}, ${nobody} to nobody`)
  const wrong = [
    largest > most && 'somebody has more than the capacity',
    largest - least > 1 && 'the spread is more than one',
    nobody !== Math.max(0, tickets - agents * most) && 'somebody had room',
  ].filter(Boolean)
  if (wrong.length > 0) throw new Error(`${line}: ${wrong.join(', ')}`)
}

// Nobody leaves and nothing is resolved meanwhile: what everybody has at the end is the most they ever had.
const world = await createWorld({ agents: { adam: { role: 'admin' } } })
await run(world, 'round_robin', capacity)
await run(world, 'least_loaded', capacity)
await run(world, 'least_loaded', Math.max(1, Math.floor((tickets / agents) * 0.75)))
