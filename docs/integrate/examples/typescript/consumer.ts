/**
 * Follows the tickets of an Onus account: who is responsible for each, as events tell it. Needs Node 22 or
 * later and `npm install kafkajs@2.2.4`.
 *
 *   KAFKA_BROKERS=localhost:9092 ACCOUNT=<id> STATE=state.json GROUP=my-consumer node consumer.ts
 *
 * It deduplicates, keeps the order of each ticket, and goes on where it was after any restart: what it knows
 * is written before Kafka is told that it was read, and an event that comes again is known by its sequence.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Kafka, logLevel } from 'kafkajs'

interface Ticket {
  sequence: number
  revision: number
  departmentId: string
  agentId: string | null
}

const {
  KAFKA_BROKERS = 'localhost:9092',
  TOPIC = 'onus.ticket-events.v1',
  GROUP = 'onus-example',
  STATE = 'state.json',
  ACCOUNT,
} = process.env

const tickets: Record<string, Ticket> = existsSync(STATE) ? JSON.parse(readFileSync(STATE, 'utf8')) : {}

/** All or nothing: a process that dies while it writes leaves the file that was there. */
function save(): void {
  writeFileSync(`${STATE}.new`, JSON.stringify(tickets))
  renameSync(`${STATE}.new`, STATE)
}

function handle(headers: Record<string, string>, value: string): void {
  // Ignore what you do not know: events and fields are added within a version.
  if (!/^dev\.onus\.ticket\..+\.v1$/.test(headers.ce_type ?? '')) return
  if (ACCOUNT && headers.ce_source !== `/accounts/${ACCOUNT}/tickets`) return
  const id = headers.ce_subject ?? ''
  const sequence = Number(headers.ce_sequence)
  const ticket = tickets[id] ?? { sequence: 0, revision: 0, departmentId: '', agentId: null }
  if (sequence <= ticket.sequence) return // It came before.
  if (sequence > ticket.sequence + 1) throw new Error(`${id}: ${sequence} follows ${ticket.sequence}`)
  ticket.sequence = sequence
  const event = JSON.parse(value)
  if (event.type === 'responsibility.changed') {
    ticket.revision = event.revision
    ticket.departmentId = event.to.departmentId
    ticket.agentId = event.to.agentId
  }
  tickets[id] = ticket
  console.log(id, sequence)
}

const kafka = new Kafka({ clientId: GROUP, brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: GROUP, allowAutoTopicCreation: false, sessionTimeout: 10_000 })
await consumer.connect()
await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  async eachBatch({ batch, resolveOffset, heartbeat }) {
    const { topic, partition, messages } = batch
    for (const { headers = {}, value } of messages) {
      const texts = Object.entries(headers).map(([name, header]) => [name, String(header)])
      if (value) handle(Object.fromEntries(texts), value.toString())
    }
    save()
    const last = messages.at(-1)?.offset
    if (last === undefined) return
    resolveOffset(last)
    await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }])
    await heartbeat()
  },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    await consumer.disconnect()
    process.exit(0)
  })
