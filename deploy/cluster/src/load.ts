import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { bool, parseConfig, positiveInt, processConfig, secret, url } from '@onus/kit/config'

/**
 * Sends commands through the gateway's service while somebody upgrades the release or kills its pods, and then
 * compares what was acknowledged with what is there. Each client has a ticket of its own and gives one command
 * after the other: claim, note, release, transfer, note, transfer back. SIGTERM ends it early. The last line of
 * its output is the result as JSON.
 */
const config = parseConfig({
  ...processConfig,
  GATEWAY_URL: url('http', 'https'),
  ONUS_OPERATOR_KEY: secret(16),
  CLIENTS: positiveInt().default(4),
  /** For all clients together. */
  COMMANDS: positiveInt().default(200),
  /** A client waits so long between two commands. */
  PAUSE_MS: positiveInt().default(200),
  /** A command that was not answered, or by 5xx, is sent again under its key; else it counts as failed. */
  REPEAT: bool().default(true),
})

const result = {
  commands: 0,
  /** Requests that had to be sent again, or failed. */
  repeated: 0,
  failed: 0,
  errors: {} as Record<string, number>,
  slowestMs: 0,
  /** What is there and was not acknowledged, or the other way round. */
  differences: [] as string[],
  streams: { opened: 0, endedWell: 0, broken: 0 },
}

let ending = false
process.on('SIGTERM', () => {
  ending = true
})

/** As much of the API's answers as is looked at. */
interface Body {
  id: string
  apiKey: string
  detail?: string
  account: { id: string }
  department: { id: string }
  responsibility?: { revision: number }
  items?: Item[]
  nextCursor?: string
}

interface Item {
  revision?: number
  kind?: string
}

interface Answer {
  status: number
  body: Body
}

async function send(key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const idempotencyKey = randomUUID()
  const began = performance.now()
  for (let tries = 1; ; tries++) {
    try {
      const answer = await fetch(`${config.GATEWAY_URL}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && {
            'content-type': 'application/json',
            'idempotency-key': idempotencyKey,
          }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      })
      const text = await answer.text()
      if (answer.status < 500) {
        result.slowestMs = Math.max(result.slowestMs, Math.round(performance.now() - began))
        return { status: answer.status, body: JSON.parse(text || '{}') as Body }
      }
      note(`${answer.status} ${JSON.parse(text).detail ?? ''}`, began)
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } }
      note(`${message} ${cause?.code ?? ''}`, began)
    }
    // Reads are repeated always; a command as the configuration says, but not for ever.
    if ((body !== undefined && !config.REPEAT) || tries >= 60) return { status: 599, body: {} as Body }
    result.repeated++
    await sleep(500)
  }
}

function note(error: string, began?: number): void {
  const what = error.trim()
  const ms = began === undefined ? undefined : Math.round(performance.now() - began)
  console.log(JSON.stringify({ time: new Date().toISOString(), what, ms }))
  result.errors[what] = (result.errors[what] ?? 0) + 1
}

/** Setting up may be repeated always: nothing is measured yet. */
async function need(key: string, path: string, body: unknown): Promise<Body> {
  for (;;) {
    const { status, body: answer } = await send(key, 'POST', path, body)
    if (status < 300) return answer
    if (status < 500) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`)
  }
}

async function client(
  number: number,
  account: { apiKey: string; home: string; other: string },
): Promise<void> {
  const { apiKey, home, other } = account
  const ticket = await need(apiKey, '/tickets', {
    subject: `Client ${number}`,
    body: 'Is anything lost?',
    channel: 'api',
    contact: { email: `client-${number}@load.example`, name: `Client ${number}` },
  })
  const path = `/tickets/${ticket.id}`
  const cycle: [string, object, 'change' | 'note'][] = [
    ['/claim', {}, 'change'],
    ['/messages', { author: 'agent', kind: 'note', body: 'A note' }, 'note'],
    ['/release', {}, 'change'],
    ['/transfer', { departmentId: other }, 'change'],
    ['/messages', { author: 'agent', kind: 'note', body: 'Another note' }, 'note'],
    ['/transfer', { departmentId: home }, 'change'],
  ]
  const done = { change: 0, note: 0 }
  for (let index = 0; result.commands < config.COMMANDS && !ending; index++) {
    const [verb, body, kind] = cycle[index % cycle.length]!
    result.commands++
    const { status, body: answer } = await send(apiKey, 'POST', `${path}${verb}`, body)
    if (status < 300) done[kind]++
    else {
      result.failed++
      note(`${verb}: ${status} ${answer.detail ?? ''}`)
      // Whether it happened is not known; the next command would mean something else.
      break
    }
    await sleep(config.PAUSE_MS)
  }
  const differ = (what: string, expected: unknown, actual: unknown) => {
    if (expected !== actual)
      result.differences.push(`ticket ${number}: ${what}: ${expected} acknowledged, ${actual} there`)
  }
  const { body: read } = await send(apiKey, 'GET', path)
  differ('revision', done.change + 1, read.responsibility?.revision)
  const entries = await all(apiKey, `${path}/timeline`)
  const revisions = entries.filter(({ revision }) => revision !== undefined).map(({ revision }) => revision)
  differ(
    'revisions in the timeline',
    Array.from({ length: done.change + 1 }, (_, at) => at + 1).join(),
    revisions.join(),
  )
  const messages = await all(apiKey, `${path}/messages`)
  differ('notes', done.note, messages.filter(({ kind }) => kind === 'note').length)
}

async function all(key: string, path: string): Promise<Item[]> {
  const items: Item[] = []
  for (let cursor = ''; ; ) {
    const { body } = await send(key, 'GET', `${path}?limit=200${cursor && `&cursor=${cursor}`}`)
    items.push(...(body.items ?? []))
    if (!body.nextCursor) return items
    cursor = encodeURIComponent(body.nextCursor)
  }
}

/** Listens to events like a console: a stream that ends is opened again. One that breaks is counted. */
async function listen(key: string): Promise<void> {
  while (!ending && !stopListening.signal.aborted) {
    try {
      const stream = await fetch(`${config.GATEWAY_URL}/api/v1/me/events`, {
        headers: { authorization: `Bearer ${key}` },
        signal: stopListening.signal,
      })
      result.streams.opened++
      for await (const _ of stream.body ?? []) if (ending) break
      result.streams.endedWell++
    } catch {
      if (!stopListening.signal.aborted) result.streams.broken++
    }
    await sleep(500)
  }
}
const stopListening = new AbortController()

const operator = config.ONUS_OPERATOR_KEY.reveal()
const made = await need(operator, '/accounts', {
  name: 'Load',
  owner: { name: 'Load', email: `owner@${randomUUID()}.example` },
})
const other = await need(made.apiKey, '/departments', { name: 'Other' })
// With one agent alone every ticket would be theirs at once.
await need(made.apiKey, '/agents', {
  name: 'Second agent',
  email: `agent@${randomUUID()}.example`,
  role: 'agent',
  memberships: [{ departmentId: made.department.id }],
})
result.repeated = 0
result.errors = {}
console.log('begun')
const listening = listen(made.apiKey)
const account = { apiKey: made.apiKey, home: made.department.id, other: other.id }
await Promise.all(Array.from({ length: config.CLIENTS }, (_, number) => client(number + 1, account)))
stopListening.abort()
await listening
await send(operator, 'DELETE', `/accounts/${made.account.id}`)
console.log(JSON.stringify(result))
process.exit(result.failed === 0 && result.differences.length === 0 ? 0 : 1)
