import type { Entry } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { createEntryPublisher } from './publisher.ts'
import { MemoryBroker } from './testing/memory.ts'

const TICKET = { accountId: 'acme', ticketId: 't1', number: '42' }
const entry = (sequence: number): { entry: Entry } => ({
  entry: {
    sequence,
    at: '2026-03-02T09:00:00.000Z',
    type: 'tags.changed',
    actor: { type: 'system' },
    cause: { type: 'update' },
  },
})

describe('publishing', () => {
  const setUp = () => {
    const broker = new MemoryBroker()
    const time = { now: 0 }
    const warnings: unknown[] = []
    const log = { warn: (...args: unknown[]) => void warnings.push(args) }
    const publisher = createEntryPublisher(broker, log as never, () => time.now)
    return { broker, time, warnings, publisher }
  }

  it('on the way to the answer never fails, and asks a broker that is down only now and then', async () => {
    const { broker, time, warnings, publisher } = setUp()
    broker.down = true
    expect(await publisher.tryPublish(TICKET, [entry(1)])).toBe(false)
    broker.down = false
    expect(await publisher.tryPublish(TICKET, [entry(1)])).toBe(false)
    expect(broker.records).toEqual([])
    time.now = 5_000
    expect(await publisher.tryPublish(TICKET, [entry(1), entry(2)])).toBe(true)
    expect(broker.records.map(({ headers }) => headers.ce_id)).toEqual(['t1-1', 't1-2'])
    expect(warnings).toHaveLength(1)
  })

  it('of the loop fails until everything is out, and lets commands publish again', async () => {
    const { broker, publisher } = setUp()
    broker.down = true
    await publisher.tryPublish(TICKET, [entry(1)])
    await expect(publisher.publish(TICKET, [entry(1)])).rejects.toThrow('down')
    broker.down = false
    await publisher.publish(TICKET, [entry(1)])
    expect(await publisher.tryPublish(TICKET, [entry(2)])).toBe(true)
  })
})
