import { randomUUID } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import { fromRecord, toRecord } from '@onus/kit/cloudevents'
import { createPublisher, createSubscriber, ensureTopics, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationContext } from '../http/operation/operation.ts'
import { createLiveEvents, type LiveEvents } from './live.ts'
import { EventSight } from './sight.ts'

/** Two gateways on one Kafka: what one showed last, the other goes on from. */

const log = createLogger('gateway', process.env.TEST_LOG ?? 'silent')
const config = {
  KAFKA_BROKERS: (process.env.KAFKA_BROKERS ?? '').split(','),
  KAFKA_TOPIC_PREFIX: `t${randomUUID().slice(0, 8)}.`,
}
const ann: Caller = { type: 'agent', accountId: 'acc', id: 'ann', name: 'Ann', role: 'agent', scopes: [] }
const closing: (() => Promise<unknown>)[] = []
let publisher: ReturnType<typeof createPublisher>

beforeAll(async () => {
  if (!process.env.KAFKA_BROKERS) throw new Error('KAFKA_BROKERS names no brokers; run through `npm test`')
  await ensureTopics(config, log, [TOPICS.ticketEvents, TOPICS.notificationEvents])
  publisher = createPublisher(config, log)
  closing.push(() => publisher.close())
}, 180_000)
afterAll(async () => {
  await Promise.all(closing.map((close) => close()))
}, 180_000)

async function gateway(): Promise<LiveEvents> {
  const live = createLiveEvents({
    log,
    reauthenticate: async () => ann,
    sight: new EventSight({
      members: async () => ({ isMember: () => true }),
      holder: async () => ({ departmentId: 'support', agentId: null }),
    }),
  })
  const topics = [TOPICS.ticketEvents, TOPICS.notificationEvents]
  const subscriber = createSubscriber(
    config,
    { groupId: `live-${randomUUID()}`, topics, onPoison: 'skip', attempts: 1 },
    log,
  )
  closing.push(() => subscriber.close())
  await subscriber.run(async (record) => live.publish(fromRecord(record), record))
  // As if it had been there for a while: what is too young is tried without brokers.
  live.started(new Date(Date.now() - 60_000))
  return live
}

function listen(live: LiveEvents, lastId?: string) {
  const headers = { ...(lastId && { 'last-event-id': lastId }) }
  const request = new Request('http://localhost/', { headers })
  const response = live.open({ caller: ann, authorization: 'Bearer x', request } as OperationContext)
  const stream = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  return {
    async next(): Promise<{ id: string; event: string; data: { id?: string } }> {
      for (;;) {
        const [, id, event, data] = /id: (.*)\nevent: (.*)\ndata: (.*)\n\n/.exec(text) ?? []
        if (id && event && data) {
          text = text.slice(text.indexOf(data) + data.length)
          return { id, event, data: JSON.parse(data) }
        }
        const { done, value } = await stream.read()
        if (done) throw new Error('the stream ended')
        text += Buffer.from(value).toString()
      }
    },
    close: () => stream.cancel(),
  }
}

let sequence = 0
/** A change of one of Ann's notices. */
async function tell(noticeId: string): Promise<string> {
  sequence += 1
  const id = `${noticeId}-${sequence}`
  const record = toRecord({
    topic: TOPICS.notificationEvents,
    key: noticeId,
    id,
    source: '/accounts/acc/notifications',
    subject: noticeId,
    type: 'dev.onus.notification.delivery.changed.v1',
    time: new Date().toISOString(),
    sequence,
    dataschema: 'https://onus.dev/x',
    data: { ticketId: 't1', recipient: { agentId: 'ann' } },
  })
  await publisher.publish([record])
  return id
}

it('shows everything once to who moves from gateway to gateway', async () => {
  const gateways = await Promise.all([gateway(), gateway()])
  const expected: string[] = []
  const seen: string[] = []
  let lastId: string | undefined
  for (let round = 0; round < 6; round++) {
    const live = gateways[round % 2]!
    // Some come while nobody listens, in several partitions.
    const before = round === 0 ? 0 : 5
    for (let n = 0; n < before; n++) expected.push(await tell(`notice${n}`))
    const stream = listen(live, lastId)
    const first = await stream.next()
    expect(first.event).toBe('ready')
    lastId ??= first.id
    for (let n = 0; n < 5; n++) expected.push(await tell(`notice${n}`))
    for (let n = 0; n < before + 5; n++) {
      const { id, event, data } = await stream.next()
      expect(event).toBe('notification')
      seen.push(data.id!)
      lastId = id
    }
    await stream.close()
  }
  expect(seen.sort()).toEqual(expected.sort())
}, 180_000)

it('asks to load again at a gateway that has just come', async () => {
  const [old, young] = await Promise.all([gateway(), gateway()])
  const stream = listen(old)
  const { id } = await stream.next()
  await stream.close()
  const fresh = createLiveEvents({ log, reauthenticate: async () => ann, sight: {} as EventSight })
  expect((await listen(fresh, id).next()).event).toBe('resync')
  expect((await listen(young, id).next()).event).toBe('ready')
}, 180_000)
