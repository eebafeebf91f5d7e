import type { Command, Measure } from '@onus/workflows-contract'
import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import { CONTACT_AUTHORITY, KEY, Story, SYSTEM_AUTHORITY } from '@onus/workflows-ticket/testing/story'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marksOf, measuresOf } from './measures.ts'
import { addMeasure, addTally, emptyTally, endsOf, readTally, storedTally, type Tally } from './tally.ts'

const PLAN: DirectoryPlan = {
  departments: { billing: {}, sales: {}, support: { reopenPolicy: 'department' } },
  agents: {
    ana: { in: ['billing', 'sales'] },
    bob: { in: ['billing'] },
    cem: { in: ['sales', 'support'] },
    boss: { role: 'admin' },
  },
}

/** A story that notes what each command measures, as a commit does. */
class Measured extends Story {
  readonly measures: Measure[][] = []

  override do(...args: Parameters<Story['do']>) {
    const before = this.state
    const decision = super.do(...args)
    if (decision.entries.length > 0)
      this.measures.push(measuresOf(before, decision.entries, KEY, 'Europe/Madrid'))
    return decision
  }

  get last(): Measure[] {
    return this.measures.at(-1) ?? []
  }
}

const begun = () => new Measured(PLAN).create({ departmentId: 'billing', departmentBy: 'assign' }) as Measured

describe('what a command measures', () => {
  it('is how long the ticket waited for who claims it', () => {
    const story = begun()
    story.wait(3540).expect({ type: 'claim' }, 'ana')
    expect(story.last).toEqual([
      { type: 'claimed', departmentId: 'billing', seconds: 3600, day: '2026-03-02', cause: 'claim' },
    ])
  })

  it('is of the account’s day', () => {
    const story = begun()
    story.at('2026-03-02T23:30:00.000Z').expect({ type: 'claim' }, 'ana')
    expect(story.last).toMatchObject([{ type: 'claimed', day: '2026-03-03' }])
    expect(marksOf(story.last)).toContain('claimed:billing@2026-03-03')
  })

  it('is no claim when the ticket had not waited there', () => {
    const story = begun()
    story.expect({ type: 'transfer', departmentId: 'sales', agentId: 'cem' }, 'ana')
    expect(story.last).toEqual([{ type: 'moved', from: 'billing', to: 'sales', day: '2026-03-02' }])
    story.expect({ type: 'assign', agentId: 'ana' }, 'boss')
    expect(story.last).toEqual([])
  })

  it('begins anew in another department, and after a release', () => {
    const story = begun()
    story.wait(600).expect({ type: 'transfer', departmentId: 'sales' }, 'ana')
    story.wait(240).expect({ type: 'claim' }, 'cem')
    expect(story.last).toMatchObject([{ type: 'claimed', departmentId: 'sales', seconds: 300 }])
    story.expect({ type: 'release' }, 'cem')
    story.wait(60).expect({ type: 'assign', agentId: 'ana' }, 'cem')
    expect(story.last).toMatchObject([{ type: 'claimed', seconds: 120, cause: 'assign' }])
  })

  it('is a reopening with where the ticket came to, and nothing for a reply to what was answered', () => {
    const story = begun()
    story.expect({ type: 'answer', messageId: 'a' }, 'ana')
    story.expect({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY)
    expect(story.last).toEqual([])
    story.expect({ type: 'resolve' }, 'ana')
    expect(story.last).toEqual([{ type: 'resolved', departmentId: 'billing', day: '2026-03-02' }])
    story.expect({ type: 'contact_reply', messageId: 's' }, CONTACT_AUTHORITY)
    expect(story.last).toEqual([{ type: 'reopened', from: 'billing', to: 'billing', day: '2026-03-02' }])
    expect(marksOf(story.last).filter((mark) => !mark.includes('@'))).toEqual([
      'reopened',
      'reopened:billing>billing',
      'reopened:billing>',
      'reopened:>billing',
    ])
  })

  it('leaves the marks by which lists find the ticket', () => {
    expect(
      marksOf([
        { type: 'moved', from: 'a', to: 'b', day: '2026-03-02' },
        { type: 'moved', from: 'a', to: 'b', day: '2026-03-02' },
        { type: 'moved', from: 'a', to: 'b', day: '2026-03-03' },
      ]),
    ).toEqual([
      ...['moved', 'moved@2026-03-02', 'moved:a>b', 'moved:a>b@2026-03-02'],
      ...['moved:a>', 'moved:a>@2026-03-02', 'moved:>b', 'moved:>b@2026-03-02'],
      ...['moved@2026-03-03', 'moved:a>b@2026-03-03', 'moved:a>@2026-03-03', 'moved:>b@2026-03-03'],
    ])
  })
})

const agent = fc.constantFrom('ana', 'bob', 'cem', 'boss')
const department = fc.constantFrom('billing', 'sales', 'support')
const deed: fc.Arbitrary<{ by: string; command: Command; wait: number }> = fc.record({
  by: fc.constantFrom('ana', 'bob', 'cem', 'boss', 'contact', 'system'),
  wait: fc.integer({ min: 0, max: 90_000 }),
  command: fc.oneof(
    fc.constant<Command>({ type: 'claim' }),
    fc.constant<Command>({ type: 'answer', messageId: 'a' }),
    fc.constant<Command>({ type: 'contact_reply', messageId: 'c' }),
    fc.constant<Command>({ type: 'release' }),
    fc.constant<Command>({ type: 'return' }),
    fc.constant<Command>({ type: 'resolve' }),
    fc.constant<Command>({ type: 'reopen' }),
    fc.constant<Command>({ type: 'close' }),
    fc.constant<Command>({ type: 'tick' }),
    fc.record({ type: fc.constant('assign' as const), agentId: agent }),
    fc.record({ type: fc.constant('transfer' as const), departmentId: department }),
    fc.record({ type: fc.constant('transfer' as const), departmentId: department, agentId: agent }),
  ),
})
const authority = (by: string) =>
  by === 'contact' ? CONTACT_AUTHORITY : by === 'system' ? SYSTEM_AUTHORITY : by

/** Counts again, from the timeline alone and by other means. */
function recount(story: Story) {
  const counts = { moves: new Map<string, number>(), reopened: 0, resolved: 0, changes: 0 }
  for (const { type, from, to } of story.entries) {
    if (type === 'reopened') counts.reopened += 1
    if (type === 'status.changed' && to === 'resolved') counts.resolved += 1
    if (type !== 'responsibility.changed' || typeof from !== 'object' || typeof to !== 'object') continue
    if (from.departmentId === to.departmentId) continue
    const key = `${from.departmentId}>${to.departmentId}`
    counts.moves.set(key, (counts.moves.get(key) ?? 0) + 1)
    counts.changes += 1
  }
  return counts
}

const sum = (counts: Iterable<number>) => [...counts].reduce((all, count) => all + count, 0)

describe('the figures of any life', () => {
  it('equal a recount from its timeline, however they are put together', () => {
    fc.assert(
      fc.property(
        fc.array(deed, { maxLength: 40 }),
        fc.array(fc.boolean(), { maxLength: 45 }),
        (deeds, parts) => {
          const story = begun()
          for (const { by, command, wait } of deeds) {
            story.wait(wait)
            story.do(command, authority(by))
          }
          const tallies: [Tally, Tally] = [emptyTally(), emptyTally()]
          story.measures.forEach((measures, at) => {
            for (const measure of measures) addMeasure(tallies[parts[at] ? 0 : 1], measure)
          })
          const tally = readTally(JSON.parse(JSON.stringify(storedTally(tallies[0]))))
          addTally(tally, tallies[1])
          const counts = recount(story)
          expect(new Map([...tally.moves].sort())).toEqual(new Map([...counts.moves].sort()))
          expect(sum(tally.moves.values())).toBe(counts.changes)
          expect(sum(tally.reopens.values())).toBe(counts.reopened)
          expect(sum(tally.resolved.values())).toBe(counts.resolved)
          for (const key of tally.moves.keys()) expect(new Set(endsOf(key)).size).toBe(2)
          for (const measure of story.measures.flat())
            if (measure.type === 'claimed') expect(measure.seconds).toBeGreaterThanOrEqual(0)
        },
      ),
      { numRuns: 300 },
    )
  })
})
