import { expect, it } from 'vitest'
import { lookAtInstallation } from './installation.ts'

const call = { caller: {} as never, deadline: new Date(Date.now() + 60_000) }
const part = (problems: Record<string, string> = {}) => ({
  describePart: async () => ({
    name: 'x',
    version: '2',
    ready: Object.keys(problems).length === 0,
    problems,
    startedAt: 'then',
  }),
})

it('says of each part how it is, and of what does not answer that it does not', async () => {
  const deadlines: number[] = []
  const look = lookAtInstallation({
    version: '1',
    startedAt: new Date('2026-03-01T08:00:00Z'),
    clock: () => new Date('2026-03-01T09:00:00Z'),
    parts: {
      ticket: part(),
      rules: part({ mongodb: 'connection refused' }),
      directory: {
        describePart: async (_, { deadline }) => {
          deadlines.push(deadline.getTime() - Date.now())
          throw new Error('no answer')
        },
      },
    },
    self: async () => ({ ok: true, problems: {} }),
    lag: async () => {
      throw new Error('no brokers')
    },
  })
  expect(await look(call)).toEqual({
    version: '1',
    checkedAt: '2026-03-01T09:00:00.000Z',
    parts: [
      {
        ...{ name: 'gateway', state: 'ready', version: '1' },
        startedAt: '2026-03-01T08:00:00.000Z',
        problems: {},
      },
      { name: 'ticket', state: 'ready', version: '2', startedAt: 'then', problems: {} },
      {
        ...{ name: 'rules', state: 'not_ready', version: '2', startedAt: 'then' },
        problems: { mongodb: 'connection refused' },
      },
      { name: 'directory', state: 'unreachable', problems: { call: 'no answer' } },
    ],
    kafka: { state: 'unreachable', error: 'no brokers', groups: [], parked: [] },
  })
  expect(deadlines[0]).toBeLessThanOrEqual(3_000)
})

it('hands on what Kafka says', async () => {
  const found = {
    groups: [{ group: 'webhooks', topic: 't', lag: 3, consumed: true }],
    parked: [{ topic: 't.parked', records: 1 }],
  }
  const look = lookAtInstallation({
    version: '1',
    startedAt: new Date('2026-03-01T08:00:00Z'),
    clock: () => new Date(),
    parts: {},
    self: async () => ({ ok: false, problems: { mongo: 'away' } }),
    lag: async () => found,
  })
  expect(await look(call)).toMatchObject({
    parts: [{ name: 'gateway', state: 'not_ready', problems: { mongo: 'away' } }],
    kafka: { state: 'ready', ...found },
  })
})
