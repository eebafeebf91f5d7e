import { expect, it } from 'vitest'
import { type Bucket, HORIZON_MS, spare, turns } from './pace.ts'

const NOW = 1_000_000

it('gives a burst at once, then turns at the rate, and sends away who would wait long', () => {
  const { go, again, bucket } = turns(null, 8, { perSecond: 2, burst: 3 }, NOW)
  expect(go.map((at) => at - NOW)).toEqual([0, 0, 0, 500, 1000, 1500])
  expect(again.map((at) => at - NOW)).toEqual([HORIZON_MS + 500, HORIZON_MS + 1000])
  expect(turns(bucket, 1, { perSecond: 2, burst: 3 }, NOW).go).toEqual([])
})

it('never gives more than the rate allows, however it is asked', () => {
  const rate = { perSecond: 5, burst: 4 }
  let bucket: Bucket | null = null
  const given: number[] = []
  for (let now = NOW; now < NOW + 20_000; now += Math.round(Math.random() * 300)) {
    const asked = turns(bucket, Math.ceil(Math.random() * 6), rate, now)
    for (const at of asked.go) expect(at).toBeGreaterThanOrEqual(now)
    given.push(...asked.go)
    bucket = asked.bucket
  }
  for (const [index, from] of given.entries()) {
    const within = given.slice(index).filter((at) => at <= from + 2000).length
    expect(within).toBeLessThanOrEqual(5 * 2 + 4)
  }
  expect(given.length).toBeGreaterThan(90)
})

it('advises moments at the rate, at most half a minute away, and forgets them after a rest', () => {
  const rate = { perSecond: 1, burst: 1 }
  const { again, bucket } = turns(null, 2000, rate, NOW)
  expect(again[9]! - again[8]!).toBe(1000)
  expect(Math.max(...again)).toBeLessThanOrEqual(NOW + 30_000)
  const later = turns(bucket, 3, rate, NOW + 3_600_000)
  expect(later.go[0]).toBe(NOW + 3_600_000)
})

it('lends a fast place in advance while nobody waits, and a slow one nothing', () => {
  expect(spare({ restedAt: NOW, advisedTo: NOW }, { perSecond: 500, burst: 1000 }, NOW)).toBe(125)
  expect(spare({ restedAt: NOW + 2000, advisedTo: NOW }, { perSecond: 500, burst: 1000 }, NOW)).toBe(0)
  expect(spare({ restedAt: NOW, advisedTo: NOW }, { perSecond: 1, burst: 3 }, NOW)).toBe(0)
})
