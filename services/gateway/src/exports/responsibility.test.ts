import type { ResponsibilityInterval } from '@onus/proto/onus/v1/ticket'
import { describe, expect, it } from 'vitest'
import { fakeApp } from '../testing/fakes.ts'
import { csvLines, ndjsonLines } from './responsibility.ts'

const interval = (revision: number, more: object = {}): ResponsibilityInterval => ({
  ticketId: 't1',
  ticketNumber: '7',
  responsibility: {
    departmentId: 'billing',
    revision,
    since: '2026-03-01T09:00:00.000Z',
    actor: { type: 'agent', id: 'ana', name: 'Ana' },
    cause: { type: 'claim' },
    ...more,
  },
})

async function* parts(...all: ResponsibilityInterval[][]) {
  yield* all
}
const text = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()

describe('an export', () => {
  it('has a line of JSON for each interval', async () => {
    const open = interval(2, { agentId: 'ana', reason: 'Urgent' })
    const closed = interval(1, { until: '2026-03-01T10:00:00.000Z' })
    const lines = (await text(ndjsonLines(parts([closed], [open])))).split('\n')
    expect(lines.map((line) => line && JSON.parse(line))).toMatchObject([
      { ticketId: 't1', ticketNumber: '7', agentId: null, revision: 1, until: '2026-03-01T10:00:00.000Z' },
      { agentId: 'ana', revision: 2, until: null, reason: 'Urgent', cause: { type: 'claim' } },
      '',
    ])
    expect(await text(ndjsonLines(parts()))).toBe('')
  })

  it('has a head and a row for each interval in CSV, and no formula', async () => {
    const evil = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx'].map((reason) => interval(1, { reason }))
    const [head, ...rows] = (await text(csvLines(parts(evil)))).trim().split('\r\n')
    expect(head?.split(',')).toHaveLength(12)
    for (const row of rows) expect(row.split(',').at(-1)).toMatch(/^"?'/)
    const quoted = await text(csvLines(parts([interval(1, { reason: 'a, "b"\nc' })])))
    expect(quoted).toContain('"a, ""b""\nc"')
    expect(await text(csvLines(parts()))).toBe(`${head}\r\n`)
  })

  it('is read no faster than it is taken, and no further than somebody wants it', async () => {
    let made = 0
    let ended = false
    async function* endless() {
      try {
        for (;;) yield [interval(++made)]
      } finally {
        ended = true
      }
    }
    const reader = ndjsonLines(endless()).getReader()
    await reader.read()
    await reader.read()
    expect(made).toBeLessThan(5)
    await reader.cancel()
    expect(ended).toBe(true)
  })

  it('that breaks off ends with an error, and does not look whole', async () => {
    async function* broken() {
      yield [interval(1)]
      throw new Error('the store is away')
    }
    await expect(text(ndjsonLines(broken()))).rejects.toThrow('the store is away')
  })
})

describe('GET /exports/responsibility', () => {
  it('hands the period and the caller on, and says what it is', async () => {
    const asked: unknown[] = []
    const { send } = fakeApp({
      ticket: {
        exportResponsibility: async (request, { caller }) => {
          asked.push([request, caller.id])
          return parts([interval(1)])
        },
      },
    })
    const query = '?from=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z'
    const csv = await send('GET', `/exports/responsibility${query}&format=csv`, { as: 'agent' })
    expect([csv.status, csv.headers.get('content-type')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ])
    expect(csv.headers.get('cache-control')).toBe('no-store')
    expect(asked).toEqual([[{ from: '2026-03-01T00:00:00Z', until: '2026-04-01T00:00:00Z' }, 'ana']])
    const plain = await send('GET', '/exports/responsibility', { as: 'owner' })
    expect(plain.headers.get('content-type')).toBe('application/x-ndjson')
  })
})
