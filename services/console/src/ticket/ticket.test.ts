import { describe, expect, it } from 'vitest'
import { directoryOf } from '../api/queries.ts'
import type { Agent, Department, Me, Message, Ticket, TimelineEntry } from '../api/types.ts'
import { departmentsToCreateIn, mayCreate, replyEffect, rightsOf } from './access.ts'
import { awayNow } from './away.ts'
import { changesSince, lastNobody, storyOf, whyNobody } from './story.ts'

const at = (second: number) => `2026-03-01T09:00:${String(second).padStart(2, '0')}.000Z`
const entry = (sequence: number, type: string, over: Partial<TimelineEntry> = {}): TimelineEntry =>
  ({
    sequence,
    at: at(sequence),
    type,
    actor: { type: 'system' },
    cause: { type: 'x' },
    text: '',
    ...over,
  }) as TimelineEntry
const message = (id: string, second: number): Message => ({ id, createdAt: at(second) }) as Message

describe('the story', () => {
  const entries = [
    entry(1, 'created'),
    entry(2, 'message.added', { details: { messageId: 'm1' } }),
    entry(3, 'responsibility.changed'),
    entry(4, 'message.added', { details: { messageId: 'gone' } }),
  ]
  const keys = (filter: Parameters<typeof storyOf>[2]) =>
    storyOf([message('m1', 2), message('m9', 9)], entries, filter).map(({ key }) => key)

  it('has each message once, where it was said', () => {
    expect(keys('everything')).toEqual(['#1', 'm1', '#3', '#4', 'm9'])
    expect(keys('conversation')).toEqual(['m1', 'm9'])
    expect(keys('changes')).toEqual(['#1', '#3', '#4'])
  })

  it('knows what others did since', () => {
    const mine = entry(5, 'status.changed', { actor: { type: 'agent', id: 'sam' } })
    expect(changesSince([...entries, mine], 3, 'sam').map(({ sequence }) => sequence)).toEqual([4])
  })
})

describe('a ticket that distribution could give to nobody', () => {
  it('says why for as long as nobody has it, by the last time that was looked', () => {
    const ticket = (agentId: string | null) => ({ agentId, noEligibleAgent: 'several' }) as Ticket
    expect(whyNobody(ticket(null))).toBe('several')
    expect(whyNobody(ticket('sam'))).toBeUndefined()
    const types = [
      'distribution.no_eligible_agent',
      'responsibility.changed',
      'distribution.no_eligible_agent',
    ]
    const entries = types.map((type, at) => entry(at, type))
    expect(lastNobody(entries)?.sequence).toBe(2)
    expect(lastNobody([entry(1, 'responsibility.changed')])).toBeUndefined()
  })
})

describe('rights', () => {
  const agent = (id: string, departments: string[]): Agent =>
    ({
      id,
      name: id,
      status: 'active',
      memberships: departments.map((departmentId) => ({ departmentId })),
    }) as Agent
  const directory = (over: Partial<Department> = {}) =>
    directoryOf(
      [{ id: 'support', membersMayTakeOver: false, onlyOwnerAnswers: false, ...over } as Department],
      [agent('sam', ['support']), agent('sara', ['support']), agent('olivia', [])],
    )
  const me = (id: string, role: Me['role'] = 'agent') =>
    ({ id, role, scopes: [], status: 'active' }) as unknown as Me
  const ticket = (agentId: string | null, status: Ticket['status'] = 'open') =>
    ({ departmentId: 'support', agentId, status }) as Ticket

  it.each([
    ['sam', 'agent', null, 'open', 'claim', true],
    ['sam', 'agent', 'sara', 'open', 'claim', false],
    ['olivia', 'owner', null, 'open', 'claim', false],
    ['sam', 'agent', 'sara', 'open', 'take_over', false],
    ['sam', 'agent', 'sara', 'open', 'release', false],
    ['sam', 'agent', 'sam', 'open', 'release', true],
    ['sam', 'agent', 'sam', 'open', 'delete', false],
    ['olivia', 'owner', 'sam', 'open', 'delete', true],
    ['sam', 'agent', 'sam', 'resolved', 'reopen', true],
    ['sam', 'agent', 'sam', 'open', 'reopen', false],
    ['sam', 'agent', 'sam', 'closed', 'transfer', false],
  ] as const)(
    '%s (%s) of a ticket of %s that is %s: %s is %s',
    (id, role, holder, status, verb, expected) => {
      expect(rightsOf(me(id, role), ticket(holder, status), directory())(verb)).toBe(expected)
    },
  )

  it('says beforehand what a reply does', () => {
    expect(replyEffect(me('sam'), ticket(null), directory())).toBe('takes')
    expect(replyEffect(me('olivia', 'owner'), ticket(null), directory())).toBe('none')
    expect(replyEffect(me('sam'), ticket('sam'), directory())).toBe('mine')
    expect(replyEffect(me('sam'), ticket('sara'), directory())).toBe('others')
    expect(replyEffect(me('sam'), ticket('sara'), directory({ onlyOwnerAnswers: true }))).toBe('refused')
  })

  it('lets every active agent create a ticket, and offers their own departments first', () => {
    expect(mayCreate(me('sam'))).toBe(true)
    expect(mayCreate({ ...me('sam'), status: 'suspended' })).toBe(false)
    const account = directoryOf([{ id: 'billing' }, { id: 'support' }] as Department[], [
      agent('sam', ['support']),
      agent('adam', ['support']),
      agent('olivia', []),
    ])
    const offered = (...who: Parameters<typeof me>) =>
      departmentsToCreateIn(me(...who), account).map(({ id }) => id)
    expect(offered('sam')).toEqual(['support'])
    expect(offered('adam', 'admin')).toEqual(['support', 'billing'])
    expect(offered('olivia')).toEqual(['billing', 'support'])
  })
})

describe('who is away', () => {
  const now = Date.parse(at(30))
  const period = { from: at(20), until: at(40) }
  const delegation = { ...period, toAgentId: 'sara', mode: 'tickets' } as const

  it('is on leave or has somebody stand in, now and not at another time', () => {
    expect(awayNow({ leave: [] }, now)).toEqual([])
    expect(awayNow({ leave: [period], delegation }, now)).toEqual(['on_leave', 'delegated'])
    expect(awayNow({ leave: [period], delegation }, Date.parse(at(41)))).toEqual([])
    expect(awayNow({ leave: [], delegation }, Date.parse(at(19)))).toEqual([])
  })
})
