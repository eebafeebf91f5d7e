import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { CONTACT_AUTHORITY, Story, types } from '../testing/story.ts'

const TEAM: DirectoryPlan = {
  departments: { billing: {} },
  agents: { ana: { in: ['billing'] }, bob: { in: ['billing'] }, boss: { role: 'owner' } },
}
const started = (): Story => new Story(TEAM).create()

describe('resolve', () => {
  it('resolves what is worked on, whoever holds it', () => {
    const story = started()
    const [entry] = story.expect({ type: 'resolve' }, 'ana')
    expect(entry).toMatchObject({
      type: 'status.changed',
      from: 'new',
      to: 'resolved',
      cause: { type: 'resolve' },
    })
    expect(story.ticket).toMatchObject({ resolvedAt: entry?.at, unclaimedSince: null, waitingSince: null })
    expect(story.refused({ type: 'resolve' }, 'ana')).toMatchObject({ reason: 'wrong-status', current: {} })
  })
})

describe('postpone', () => {
  const until = '2026-03-04T08:00:00.000Z'

  it('comes back as what it was', () => {
    for (const status of ['new', 'answered', 'open'] as const) {
      const story = started()
      if (status !== 'new') story.expect({ type: 'answer', messageId: 'a' }, 'ana')
      if (status === 'open') story.expect({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY)
      const [entry] = story.expect({ type: 'postpone', until }, 'ana')
      expect(entry).toMatchObject({ to: 'postponed', details: { until } })
      expect(story.ticket.postponed).toEqual({ until, previousStatus: status })
      expect(story.deadlines.postponeEndsAt).toBe(until)
      const [end] = story.at(until).tick()
      expect(end).toMatchObject({ from: 'postponed', to: status, cause: { type: 'postpone_end' } })
      expect(story.ticket).toMatchObject({ status, postponed: null })
    }
  })

  it('moves when it is postponed again, and stays what it was before', () => {
    const story = started()
    story.expect({ type: 'postpone', until }, 'ana')
    story.expect({ type: 'postpone', until: '2026-03-05T10:00:00+02:00' }, 'ana')
    expect(story.ticket.postponed).toEqual({ until: '2026-03-05T08:00:00.000Z', previousStatus: 'new' })
    expect(story.at(until).tick()).toEqual([])
  })

  it('stops the clock on a claim; it begins anew afterwards', () => {
    const story = started()
    story.expect({ type: 'postpone', until }, 'ana')
    expect(story.ticket.unclaimedSince).toBeNull()
    story.at(until).tick()
    expect(story.ticket.unclaimedSince).toBe(until)
  })

  it.each([
    '2026-03-01T09:00:00Z',
    '2026-03-02T09:01:00.000Z',
    'tomorrow',
    '',
    '2026-13-40T00:00:00Z',
    '2026-03-04',
  ])('refuses %j by its field', (wrong) => {
    const refusal = started().refused({ type: 'postpone', until: wrong }, 'ana')
    expect(refusal).toMatchObject({ reason: 'invalid-request', errors: [{ field: 'until' }] })
  })

  it('is not for what is resolved', () => {
    const story = started()
    story.expect({ type: 'resolve' }, 'ana')
    expect(story.refused({ type: 'postpone', until }, 'ana').reason).toBe('wrong-status')
  })
})

describe('close, spam, delete', () => {
  it.each(['close', 'delete'] as const)('%s is for admins', (type) => {
    expect(started().refused({ type }, 'ana').reason).toBe('forbidden')
    const story = started()
    story.expect({ type }, 'boss')
    expect(story.ticket.status).toBe(type === 'close' ? 'closed' : 'deleted')
    expect(story.refused({ type }, 'boss').reason).toBe('wrong-status')
  })

  it('spam is for members', () => {
    const story = started()
    story.expect({ type: 'spam' }, 'bob')
    expect(story.ticket.status).toBe('spam')
    expect(story.refused({ type: 'spam' }, 'bob').reason).toBe('wrong-status')
  })

  it('nothing can be done with a deleted ticket', () => {
    const story = started()
    story.expect({ type: 'delete' }, 'boss')
    for (const type of ['resolve', 'reopen', 'close', 'spam'] as const)
      expect(story.refused({ type }, 'boss').reason).toBe('wrong-status')
    expect(story.refused({ type: 'note', messageId: 'n' }, 'boss').reason).toBe('wrong-status')
    expect(story.refused({ type: 'update', tags: [] }, 'boss').reason).toBe('wrong-status')
    expect(story.tick()).toEqual([])
    expect(story.recheck()).toEqual([])
  })
})

describe('update', () => {
  it('has one entry for each kind of change', () => {
    const story = new Story(TEAM).create({ tags: ['a', 'b'], fields: { plan: 'gold', seats: 3 } })
    const entries = story.expect(
      {
        type: 'update',
        tags: ['b', 'c', 'c'],
        priority: 'low',
        fields: { plan: null, seats: 3, city: 'Porto' },
      },
      'ana',
    )
    expect(entries).toMatchObject([
      { type: 'tags.changed', details: { added: ['c'], removed: ['a'] } },
      { type: 'priority.changed', from: 'normal', to: 'low' },
      { type: 'fields.changed', details: { fields: ['plan', 'city'] } },
    ])
    expect(story.ticket).toMatchObject({
      tags: ['b', 'c'],
      priority: 'low',
      fields: { seats: 3, city: 'Porto' },
    })
  })

  it('that changes nothing has none', () => {
    const story = new Story(TEAM).create({ tags: ['a'], fields: { deep: { x: [1] } } })
    const same = {
      type: 'update',
      tags: ['a'],
      priority: 'normal',
      fields: { deep: { x: [1] }, none: null },
    } as const
    expect(types(story.expect({ ...same, tags: [...same.tags] }, 'ana'))).toEqual([])
  })
})
