import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from './testing/directory.ts'
import { rulesOf } from './testing/rules.ts'
import { Story } from './testing/story.ts'
import { attributesOf, currentDetails, ticketView } from './view.ts'

const TEAM: DirectoryPlan = {
  departments: {
    billing: {
      claimTimeout: { warnAfter: 'PT10M', then: 'escalate', after: 'PT30M', toDepartmentId: 'sales' },
    },
    sales: {},
  },
  agents: { ana: { in: ['billing'] }, bob: { in: ['billing'] }, boss: { role: 'admin' } },
}
const NAMES = { department: 'Billing', agent: null, escalatesTo: 'Sales' }

const headline = (story: Story, names = { ...NAMES }, waits = { unpublished: 0, commands: 0 }): string =>
  currentDetails(story.ticket, story.deadlines, names, waits)

describe('what the Temporal UI says', () => {
  it('for whose claim a ticket waits, and what happens then', () => {
    const story = new Story(TEAM).create()
    expect(headline(story)).toBe(
      [
        'Waiting for a claim by **Billing** since 2026-03-02 09:00 UTC, warns 2026-03-02 09:10 UTC, escalates to Sales 2026-03-02 09:30 UTC.',
        'Ticket 42: new, priority normal, revision 1, 3 timeline entries.',
      ].join('\n\n'),
    )
  })

  it('whose it is, until when it is postponed, when it closes, and that it is done with', () => {
    const story = new Story(TEAM).create()
    story.expect({ type: 'claim' }, 'ana')
    const names = { ...NAMES, agent: 'Ana' } as never
    expect(headline(story, names)).toContain(
      'Responsible: **Ana** in **Billing** since 2026-03-02 09:01 UTC.',
    )
    story.expect({ type: 'postpone', until: '2026-03-03T08:00:00Z' }, 'ana')
    expect(headline(story, names)).toContain('Postponed until 2026-03-03 08:00 UTC; responsible: **Ana**')
    story.expect({ type: 'resolve' }, 'ana')
    expect(headline(story, names)).toContain('Closes 2026-03-09 09:03 UTC.')
    story.expect({ type: 'close' }, 'boss')
    expect(headline(story, names)).toContain('Done with (closed)')
  })

  it('how many events and commands wait', () => {
    const details = headline(new Story(TEAM).create(), NAMES, { unpublished: 3, commands: 2 })
    expect(details).toContain('**3** of its events wait for Kafka.')
    expect(details).toContain('**2** commands wait for the rules service.')
  })

  it('when a rule by time is due', () => {
    const story = new Story(TEAM).create()
    expect(headline(story)).not.toContain('rule')
    story.automation = rulesOf([{ id: 'r1', on: 'older_than', after: 'P1D', do: [] }])
    expect(headline(story)).toContain('A rule by time is due 2026-03-03 09:00 UTC.')
  })

  it('names as they are, whatever they look like', () => {
    const story = new Story(TEAM).create()
    expect(headline(story, { ...NAMES, department: '[x](http://evil)\n# **Big**' })).toContain(
      '\\[x\\]\\(http://evil\\) \\# \\*\\*Big\\*\\*',
    )
  })

  it('nothing about the contact', () => {
    const story = new Story(TEAM).create({ fields: { email: 'carla@example.org' } })
    const shown = [headline(story), JSON.stringify(attributesOf(story.ticket))].join()
    expect(shown).not.toMatch(/carla|c1/i)
  })
})

it('search attributes say whose a ticket is and since when nobody claims it', () => {
  const story = new Story(TEAM).create()
  expect(attributesOf(story.ticket)).toEqual({
    OnusAccount: 'acme',
    OnusDepartment: 'billing',
    OnusAgent: null,
    OnusStatus: 'new',
    OnusUnclaimedSince: new Date('2026-03-02T09:00:00.000Z'),
  })
})

it('the answer of a command is the ticket as it left it', () => {
  const story = new Story(TEAM).create({ tags: ['a'] })
  story.expect({ type: 'postpone', until: '2026-03-03T08:00:00Z' }, 'ana')
  expect(ticketView(story.ticket, story.deadlines)).toMatchObject({
    status: 'postponed',
    tags: ['a'],
    postponedUntil: '2026-03-03T08:00:00.000Z',
    sequence: 4,
    deadlines: { postponeEndsAt: '2026-03-03T08:00:00.000Z' },
  })
})
