import type { Measure } from '@onus/workflows-contract'
import { addDuration, addSketch, type Sketch } from './sketch.ts'

/** The figures of a stretch of time. Tallies add up: the order of what they count makes no difference. */
export interface Tally {
  /** Times to claim, by department. */
  claims: Map<string, Sketch>
  /** Changes of department, and reopenings, from one to another. */
  moves: Flows
  reopens: Flows
  /** Resolved tickets, by department. */
  resolved: Map<string, number>
}

/** Counts by `<from>><to>`; an id has no `>`. */
export type Flows = Map<string, number>

const flowKey = (from: string, to: string): string => `${from}>${to}`

/** The ends of a flow. */
export function endsOf(key: string): [from: string, to: string] {
  const [from = '', to = ''] = key.split('>')
  return [from, to]
}

export const emptyTally = (): Tally => ({
  claims: new Map(),
  moves: new Map(),
  reopens: new Map(),
  resolved: new Map(),
})

function add(counts: Map<string, number>, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

function sketchOf(tally: Tally, departmentId: string): Sketch {
  const sketch = tally.claims.get(departmentId) ?? new Map()
  tally.claims.set(departmentId, sketch)
  return sketch
}

export function addMeasure(tally: Tally, measure: Measure): void {
  switch (measure.type) {
    case 'claimed':
      addDuration(sketchOf(tally, measure.departmentId), measure.seconds)
      break
    case 'moved':
      add(tally.moves, flowKey(measure.from, measure.to))
      break
    case 'reopened':
      add(tally.reopens, flowKey(measure.from, measure.to))
      break
    case 'resolved':
      add(tally.resolved, measure.departmentId)
      break
  }
}

export function addTally(tally: Tally, other: Tally): void {
  for (const [departmentId, sketch] of other.claims) addSketch(sketchOf(tally, departmentId), sketch)
  for (const [key, count] of other.moves) add(tally.moves, key, count)
  for (const [key, count] of other.reopens) add(tally.reopens, key, count)
  for (const [departmentId, count] of other.resolved) add(tally.resolved, departmentId, count)
}

/** A tally as it is stored. */
export interface StoredTally {
  claims: [departmentId: string, buckets: [bucket: number, count: number][]][]
  moves: [key: string, count: number][]
  reopens: [key: string, count: number][]
  resolved: [departmentId: string, count: number][]
}

export const storedTally = (tally: Tally): StoredTally => ({
  claims: [...tally.claims].map(([departmentId, sketch]) => [departmentId, [...sketch]]),
  moves: [...tally.moves],
  reopens: [...tally.reopens],
  resolved: [...tally.resolved],
})

export const readTally = (stored: StoredTally): Tally => ({
  claims: new Map(stored.claims.map(([departmentId, buckets]) => [departmentId, new Map(buckets)])),
  moves: new Map(stored.moves),
  reopens: new Map(stored.reopens),
  resolved: new Map(stored.resolved),
})
