import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaConfig, parseConfig, processConfig, secret, url } from '@onus/kit/config'
import { createSubscriber, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'

/**
 * `helm test`: in an account of its own, which it deletes again, it creates a ticket, claims it, transfers it,
 * reads it back with its timeline, and sees the events on Kafka.
 */
const config = parseConfig({
  ...processConfig,
  ...kafkaConfig,
  GATEWAY_URL: url('http', 'https'),
  ONUS_OPERATOR_KEY: secret(16),
})
const log = createLogger('smoke', config.LOG_LEVEL)
/** Everything together; a first call of a new release may meet a name that is not known everywhere yet. */
const LIMIT_MS = 120_000

/** As much of the API's answers as is looked at. */
interface Answer {
  id: string
  agentId: string | null
  departmentId: string
  responsibility: { revision: number }
  apiKey: string
  key: string
  account: { id: string }
  department: { id: string }
  items: { type: string }[]
}

function api(key: string) {
  return async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const request = {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const send = () =>
      fetch(`${config.GATEWAY_URL}/api/v1${path}`, { ...request, signal: AbortSignal.timeout(20_000) })
    let answer = await send()
    // A worker's first tasks are slow on a busy node. The key makes it safe to ask again.
    while (answer.status === 503) {
      log.info({ method, path }, 'not yet; asking again')
      await sleep(1000)
      answer = await send()
    }
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`)
    return JSON.parse(text || '{}') as Answer
  }
}

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`Not as it should be: ${what}`)
  log.info(what)
}

async function smoke(): Promise<void> {
  const seen = new Map<string, Set<string>>()
  const events = createSubscriber(
    config,
    { groupId: `onus-smoke-${randomUUID()}`, topics: [TOPICS.ticketEvents], onPoison: 'skip' },
    log,
  )
  await events.run(async ({ headers }) => {
    const { ce_subject: ticketId = '', ce_type: type = '' } = headers
    seen.set(ticketId, (seen.get(ticketId) ?? new Set()).add(type))
  })
  const operator = api(config.ONUS_OPERATOR_KEY.reveal())
  const domain = `${randomUUID()}.example`
  const made = await operator('POST', '/accounts', {
    name: 'Smoke test',
    owner: { name: 'Smoke test', email: `owner@${domain}` },
  })
  try {
    const owner = api(made.apiKey)
    const second = await owner('POST', '/departments', { name: 'Second line' })
    const agent = await owner('POST', '/agents', {
      name: 'Second agent',
      email: `agent@${domain}`,
      role: 'agent',
      memberships: [{ departmentId: made.department.id }, { departmentId: second.id }],
    })
    const { key } = await owner('POST', '/api-keys', { name: 'smoke', agentId: agent.id })
    const ticket = await owner('POST', '/tickets', {
      subject: 'Smoke test',
      body: 'Is everything in its place?',
      channel: 'api',
      contact: { email: `contact@${domain}`, name: 'Contact' },
    })
    check('a new ticket belongs to its department and to nobody', ticket.agentId === null)
    const claimed = await api(key)('POST', `/tickets/${ticket.id}/claim`, {})
    check('a claim makes it its agent’s', claimed.agentId === agent.id)
    const moved = await owner('POST', `/tickets/${ticket.id}/transfer`, { departmentId: second.id })
    check('a transfer assigns nobody', moved.departmentId === second.id && moved.agentId === null)
    const read = await owner('GET', `/tickets/${ticket.id}`)
    check('the ticket reads as it was left', read.responsibility.revision === 3)
    const { items } = await owner('GET', `/tickets/${ticket.id}/timeline`)
    const changes = items.filter(({ type }) => type === 'responsibility.changed')
    check('the timeline tells three changes of responsibility', changes.length === 3)
    while (!seen.get(ticket.id)?.has('dev.onus.ticket.responsibility.changed.v1')) await sleep(200)
    check('its events are on Kafka', true)
  } finally {
    await operator('DELETE', `/accounts/${made.account.id}`)
    await events.close()
  }
}

await Promise.race([
  smoke(),
  sleep(LIMIT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`Not done within ${LIMIT_MS / 1000} s`)
  }),
])
process.exit(0)
