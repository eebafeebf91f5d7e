import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPublisher, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { readTopic } from '../support/events.ts'
import { goProgram } from '../support/go.ts'
import { pythonWith, runProgram } from '../support/python.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

/** The consumers that the documentation shows are run as they are, killed, and run again. */

const EXAMPLES = fileURLToPath(new URL('../../docs/integrate/examples', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROJECTION = fileURLToPath(new URL('../../deploy/local/src/projection/main.ts', import.meta.url))

const CONSUMERS: Record<string, () => Promise<[string, ...string[]]>> = {
  TypeScript: async () => [
    process.execPath,
    '--disable-warning=TimeoutNegativeWarning',
    join(EXAMPLES, 'typescript/consumer.ts'),
  ],
  Python: async () => [
    join(
      await pythonWith(['confluent-kafka==2.16.1', 'jsonschema==4.26.0', 'rfc3339-validator==0.1.4']),
      'python',
    ),
    join(EXAMPLES, 'python/consumer.py'),
  ],
  Go: async () => [await goProgram(join(EXAMPLES, 'go'))],
}

let world: World
/** Events of the account's tickets so far. */
let expected: Map<string, number>
const running = new Set<ChildProcess>()

beforeAll(async () => {
  world = await createWorld({ agents: { ada: { in: ['Support'] } } })
  expected = new Map()
  await Promise.all(Array.from({ length: 4 }, () => live()))
}, 120_000)
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** One more ticket that changes hands. */
async function live(): Promise<void> {
  const { id } = await world.createTicket()
  expectStatus((await world.agents.ada?.api.post(`/tickets/${id}/claim`)) as never, 200)
  expectStatus(await world.owner.api.post(`/tickets/${id}/release`), 200)
  expected.set(id, expectStatus(await world.owner.api.get(`/tickets/${id}`), 200).sequence)
}

interface Run {
  /** `<ticket> <sequence>` for each event that was handled, in order. */
  lines: string[]
  /** Waits until the ticket events so far were handled, in this run and those before. */
  until(what: string, done: (lines: string[]) => boolean): Promise<void>
  kill(): Promise<void>
}

function start([program, ...args]: [string, ...string[]], env: Record<string, string>): Run {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, KAFKA_BROKERS: world.local.kafkaBrokers, ACCOUNT: world.accountId, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const lines: string[] = []
  let rest = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    lines,
    until: (what, done) =>
      eventually(
        what,
        () => {
          if (child.exitCode !== null) throw new Error(`it ended by itself: ${errors}`)
          return done(lines)
        },
        60_000,
      ).then(() => {}),
    async kill() {
      child.kill('SIGKILL')
      await ended
      running.delete(child)
    },
  }
}

const total = (): number => [...expected.values()].reduce((sum, each) => sum + each, 0)
const stateOf = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as Record<string, any>

/** One record that is on the topic already, once more: as a publisher does that was not told of its success. */
async function repeatOne(): Promise<void> {
  const [id] = expected.keys()
  const events = await readTopic(world.local.kafkaBrokers, TOPICS.ticketEvents, ({ key }) => key === id)
  const publisher = createPublisher(
    { KAFKA_BROKERS: world.local.kafkaBrokers.split(',') },
    createLogger('test', 'fatal'),
  )
  const again = events.slice(0, 2)
  await publisher.publish(
    again.map(({ key, headers, data }) => ({
      ...{ topic: TOPICS.ticketEvents, key, headers },
      value: JSON.stringify(data),
    })),
  )
  await publisher.close()
}

describe.each(Object.entries(CONSUMERS))('the consumer in %s', (name, command) => {
  it('deduplicates, keeps the order, and goes on after it was killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), `onus-${name}-`))
    const env = { STATE: join(folder, 'state.json'), GROUP: `example-${randomUUID()}` }
    const program = await command()
    const first = start(program, env)
    await first.until('the first events', (lines) => lines.length >= total())
    // It may die before it wrote down what it handled: that comes again.
    await first.kill()
    await live()
    await repeatOne()
    const second = start(program, env)
    const complete = async () => {
      const state = await stateOf(env.STATE).catch(() => ({}) as Record<string, any>)
      return [...expected].every(([id, sequence]) => state[id]?.sequence === sequence)
    }
    await eventually('everything', complete, 60_000)
    await second.kill()
    const state = await stateOf(env.STATE)
    for (const [id, sequence] of expected) {
      const { responsibility } = expectStatus(await world.owner.api.get(`/tickets/${id}`), 200)
      const { departmentId, agentId, revision } = responsibility
      expect(state[id]).toEqual({ sequence, departmentId, agentId, revision })
    }
    for (const { lines } of [first, second]) {
      const last = new Map<string, number>()
      for (const line of lines) {
        const [id = '', text] = line.split(' ')
        const before = last.get(id)
        if (before !== undefined) expect(Number(text)).toBe(before + 1)
        last.set(id, Number(text))
      }
    }
    expect(new Set([...first.lines, ...second.lines]).size).toBe(total())
  }, 240_000)
})

describe('a copy of all responsibility', () => {
  const verify = (...args: string[]) =>
    runProgram(process.execPath, [
      ...['--disable-warning=TimeoutNegativeWarning', PROJECTION, 'verify', '--json'],
      ...[
        '--brokers',
        world.local.kafkaBrokers,
        '--url',
        world.local.baseUrl,
        '--key',
        world.owner.key,
        ...args,
      ],
    ])

  it('is made of the topic alone, and does not differ from the store', async () => {
    const { code, output } = await verify()
    const found = JSON.parse(output.trim().split('\n').at(-1) ?? '{}')
    expect(found).toMatchObject({ differences: 0, found: [], tickets: expected.size })
    expect(found.intervals).toBe(3 * expected.size)
    expect(code).toBe(0)
  }, 120_000)

  it('is found to differ when it does: a change that the store never made', async () => {
    const [id] = expected.keys()
    const events = await readTopic(world.local.kafkaBrokers, TOPICS.ticketEvents, ({ key }) => key === id)
    const last = events.at(-1)
    if (!id || !last) throw new Error('there is no event')
    const sequence = (expected.get(id) ?? 0) + 1
    const data = {
      ...last.data,
      ...{ sequence, type: 'responsibility.changed', revision: 9, at: new Date().toISOString() },
      to: { departmentId: world.departments.Support?.id, agentId: 'nobody-ever' },
    }
    // In a topic of its own: the real one has to stay true.
    const prefix = `made-${randomUUID().slice(0, 8)}.`
    const config = { KAFKA_BROKERS: world.local.kafkaBrokers.split(','), KAFKA_TOPIC_PREFIX: prefix }
    const log = createLogger('test', 'fatal')
    await ensureTopics(config, log, [TOPICS.ticketEvents])
    const publisher = createPublisher(config, log)
    const copy = await readTopic(
      world.local.kafkaBrokers,
      TOPICS.ticketEvents,
      ({ headers }) => headers.ce_source === `/accounts/${world.accountId}/tickets`,
    )
    const made = {
      ...last,
      headers: { ...last.headers, ce_type: 'dev.onus.ticket.responsibility.changed.v1' },
      data,
    }
    await publisher.publish(
      [...copy, made].map((event) => ({
        ...{ topic: TOPICS.ticketEvents, key: event.key, headers: event.headers },
        value: JSON.stringify(event.data),
      })),
    )
    await publisher.close()
    const { code, output } = await verify('--prefix', prefix)
    const { found } = JSON.parse(output.trim().split('\n').at(-1) ?? '{}')
    expect(code).toBe(1)
    expect(found.length).toBeGreaterThan(0)
    expect(found.every((each: any) => each.ticketId === id)).toBe(true)
    expect(JSON.stringify(found)).toContain('nobody-ever')
  }, 120_000)
})
