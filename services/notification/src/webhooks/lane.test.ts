import { createLogger } from '@onus/kit/logging'
import { expect, it } from 'vitest'
import { type Delivery, HEALTHY, isOpen, type Webhook } from './domain/model.ts'
import { createLane } from './lane.ts'

const NOW = new Date('2026-03-02T10:00:00.000Z')
const LATER = '2026-03-02T10:40:00.000Z'
const lane = { accountId: 'acme', webhookId: 'hook' }
const webhook: Webhook = {
  id: 'hook',
  accountId: 'acme',
  url: 'https://hooks.example/',
  events: ['*'],
  active: true,
  createdAt: '',
  updatedAt: '',
  activeSince: '',
  secrets: [],
  health: HEALTHY,
  replays: {},
}

/** A webhook with these deliveries, and what was sent to it. */
function receiver(all: Delivery[]) {
  const kept = new Map(all.map((delivery) => [delivery.id, delivery]))
  const sent: string[] = []
  const looks: number[] = []
  const drain = createLane({
    clock: () => NOW,
    log: createLogger('test', 'silent'),
    webhooks: { get: async () => webhook } as never,
    deliveries: {
      open: async (_webhookId: string, limit: number) => {
        looks.push(limit)
        const open = [...kept.values()].filter(isOpen)
        return open.sort((a, b) => (a.order < b.order ? -1 : 1)).slice(0, limit)
      },
      body: async () => '{}',
      save: async (delivery: Delivery) => void kept.set(delivery.id, delivery),
    } as never,
    box: { open: () => '' } as never,
    sender: {
      async send({ id }) {
        sent.push(id)
        return { type: 'delivered', statusCode: 204, durationMs: 1 }
      },
    },
    replays: { advance: async (_webhook, replay) => replay },
  })
  return { drain: () => drain(lane), sent, looks }
}

const delivery = (at: number, nextAttemptAt: string): Delivery => ({
  ...{ id: `d${at}`, accountId: 'acme', webhookId: 'hook', eventId: `e${at}`, type: 'x', subject: `t${at}` },
  order: String(at).padStart(6, '0'),
  state: 'retrying',
  attempts: 3,
  nextAttemptAt,
  createdAt: '',
  deadline: '2026-03-05T10:00:00.000Z',
})

it('sends what is due behind thousands that wait for a later attempt', async () => {
  const waiting = Array.from({ length: 2500 }, (_, at) => delivery(at, LATER))
  const { drain, sent, looks } = receiver([...waiting, delivery(9000, NOW.toISOString())])
  expect(await drain()).toEqual({ nextAt: LATER, waiting: 2500 })
  expect(sent).toEqual(['e9000'])
  expect(looks[0]).toBe(1000)
})

it('looks no further than it must', async () => {
  const waiting = Array.from({ length: 20 }, (_, at) => delivery(at, LATER))
  const { drain, sent, looks } = receiver([...waiting, delivery(30, NOW.toISOString())])
  expect(await drain()).toEqual({ nextAt: LATER, waiting: 20 })
  expect(sent).toEqual(['e30'])
  expect(new Set(looks)).toEqual(new Set([1000]))
})
