import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readToEnd, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { Command } from 'commander'
import { stackDir } from '../paths.ts'
import { type Difference, differences, Projection } from './projection.ts'
import { readStore } from './store.ts'

/**
 * Rebuilds who was responsible for what and when from the topic, from its first record on, and compares it
 * with what the store answers. Prints each difference; none is the proof that the events are the truth.
 */

interface Options {
  brokers?: string
  url?: string
  key?: string
  prefix: string
  json?: boolean
}

/** What changes while it is compared is looked at again. */
const LOOKS = 4
const PAUSE_MS = 1_500

/** Addresses of the running stack, where none are named. */
function addresses(options: Options): { brokers: string; url: string; key: string } {
  const file = join(stackDir(), 'local.json')
  const local = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const owner = local.demo?.agents?.find((agent: { role: string }) => agent.role === 'owner')
  const brokers = options.brokers ?? process.env.KAFKA_BROKERS ?? local.kafkaBrokers
  const url = options.url ?? process.env.ONUS_URL ?? local.baseUrl
  const key = options.key ?? process.env.ONUS_KEY ?? owner?.apiKey
  if (!brokers || !url || !key)
    throw new Error(
      'Name the brokers, the API and a key: --brokers, --url, --key (or start the embedded stack).',
    )
  return { brokers, url, key }
}

async function verify(options: Options): Promise<number> {
  const { brokers, url, key } = addresses(options)
  const accountId = await accountOf(url, key)
  const say = (text: string) => options.json || console.log(text)
  const kafka = { KAFKA_BROKERS: brokers.split(','), KAFKA_TOPIC_PREFIX: options.prefix }
  let found: Difference[] = []
  let summary = {}
  for (let look = 1; look <= LOOKS; look++) {
    const projection = new Projection(accountId)
    const { records, complete } = await readToEnd(
      kafka,
      createLogger('projection', 'silent'),
      TOPICS.ticketEvents,
      ({ headers, value }) => {
        if (value) projection.take(headers.ce_type ?? '', JSON.parse(value.toString()))
      },
    )
    const store = await readStore(url, key)
    const copy = projection.intervals()
    const ignored = complete ? new Set<string>() : new Set(projection.gaps.keys())
    found = [
      ...differences(copy, store, ignored),
      ...[...projection.gaps]
        .filter(([ticketId]) => !ignored.has(ticketId))
        .map(([ticketId, what]) => ({ ticketId, what: `the topic has a gap: ${what}` })),
    ]
    const intervals = [...copy.values()].reduce((sum, each) => sum + each.length, 0)
    summary = {
      ...{ records, events: projection.events, repeats: projection.repeats, tickets: copy.size, intervals },
      ...{ withoutBeginning: ignored.size, differences: found.length },
    }
    if (found.length === 0) break
    if (look < LOOKS) await sleep(PAUSE_MS)
  }
  if (options.json) console.log(JSON.stringify({ ...summary, found }))
  for (const { ticketId, what } of found) say(`${ticketId}: ${what}`)
  const counts = Object.entries(summary).map(([name, value]) => `${value} ${name}`)
  say(`${counts.join(', ')}`)
  say(found.length === 0 ? 'no difference' : 'the topic and the store do not agree')
  return found.length === 0 ? 0 : 1
}

async function accountOf(url: string, key: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } })
  if (!response.ok) throw new Error(`GET /me: ${response.status} ${await response.text()}`)
  const { accountId } = (await response.json()) as { accountId?: string }
  if (!accountId) throw new Error('The key belongs to no account.')
  return accountId
}

const program = new Command('projection').description('Rebuild a copy of all responsibility from the events.')
program
  .command('verify')
  .description('compare a copy made of the topic, from its first record on, with the store')
  .option('--brokers <list>', 'Kafka brokers (KAFKA_BROKERS)')
  .option('--url <url>', 'where the API is, without /api/v1 (ONUS_URL)')
  .option('--key <key>', 'an API key of an owner or admin, or one with tickets:read (ONUS_KEY)')
  .option('--prefix <text>', 'prefix of the topics', process.env.KAFKA_TOPIC_PREFIX ?? '')
  .option('--json', 'print one JSON object')
  .action(async (options: Options) => {
    process.exitCode = await verify(options)
  })
try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
