import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Agent, Department, Offboarding, Webhook } from '../api/types.ts'
import {
  agentBody,
  agentDraft,
  agentFaults,
  isLastOwner,
  leftDepartments,
  mayChange,
  mayGive,
} from './agent-model.ts'
import { auditQuery, dayAfter, EVERYTHING, partsOf } from './audit-model.ts'
import { momentOf, periodFault, phaseOf, typedOf, wholeDays, withoutLeave } from './away-model.ts'
import { departmentBody, departmentDraft, departmentFaults } from './department-model.ts'
import {
  copiedToWeek,
  dayFault,
  endFromField,
  endToField,
  hoursBody,
  hoursDraft,
  hoursValid,
  withInterval,
} from './hours-model.ts'
import { controlsOf, doneOf, heirOf, pollMs, quarterOf, successorsOf } from './leaving-model.ts'
import { changesOf, conflictsOf } from './stale.ts'
import {
  allowedGroups,
  EVENT_GROUPS,
  healthOf,
  readable,
  shortType,
  webhookBody,
  webhookDraft,
} from './webhook-model.ts'

describe('what was changed', () => {
  const base = { name: 'A', tags: ['x'], hours: null as object | null }
  it('is what differs, and only that', () => {
    expect(changesOf(base, { name: 'A', tags: ['x', 'y'], hours: null })).toEqual({ tags: ['x', 'y'] })
    expect(changesOf(base, base)).toEqual({})
  })

  it('conflicts where both changed the same to something else', () => {
    const mine = { name: 'B', tags: ['y'], hours: null }
    expect(conflictsOf(base, mine, { name: 'C', tags: ['x'], hours: {} })).toEqual(['name'])
    expect(conflictsOf(base, mine, { ...mine, hours: {} })).toEqual([])
    expect(conflictsOf(base, mine, base)).toEqual([])
  })
})

describe('hours', () => {
  it('go through the form unchanged', () => {
    const hours = {
      timeZone: 'Europe/Madrid',
      days: {
        mon: [
          ['09:00', '12:00'],
          ['13:00', '17:30'],
        ] as [string, string][],
        sun: [['00:00', '24:00']] as [string, string][],
      },
      holidays: ['2026-12-25'],
    }
    expect(hoursBody(hoursDraft(hours, 'UTC'))).toEqual(hours)
    expect(hoursBody(hoursDraft(undefined, 'UTC'))).toBeNull()
    const begun = { ...hoursDraft(undefined, 'Africa/Cairo'), on: true }
    expect(hoursBody(begun)).toMatchObject({ timeZone: 'Africa/Cairo', days: { mon: [['09:00', '17:00']] } })
    expect(hoursBody(begun)?.days.sat).toBeUndefined()
  })

  it.each([
    [[], null],
    [[['09:00', '17:00']], null],
    [[['00:00', '24:00']], null],
    [[['09:00', '']], 'incomplete'],
    [[['17:00', '09:00']], 'backwards'],
    [[['09:00', '09:00']], 'backwards'],
    [
      [
        ['13:00', '17:00'],
        ['09:00', '12:00'],
      ],
      null,
    ],
    [
      [
        ['09:00', '13:00'],
        ['12:00', '17:00'],
      ],
      'overlap',
    ],
  ] as const)('of %j are %s', (intervals, fault) => {
    expect(dayFault(intervals.map(([from, to]) => [from, to] as [string, string]))).toBe(fault)
  })

  it('end at midnight, which a field for times calls the begin of the day', () => {
    expect(endFromField('00:00')).toBe('24:00')
    expect(endToField('24:00')).toBe('00:00')
    expect(endToField(endFromField('17:30'))).toBe('17:30')
  })

  it('grow by one more interval, and are copied to the week', () => {
    expect(withInterval([])).toEqual([['09:00', '17:00']])
    expect(withInterval([['09:00', '12:00']])).toEqual([
      ['09:00', '12:00'],
      ['13:00', '17:00'],
    ])
    expect(withInterval([['09:00', '23:30']]).at(-1)).toEqual(['', ''])
    const draft = { ...hoursDraft(undefined, 'UTC'), on: true }
    draft.days.mon = [['10:00', '11:00']]
    const copied = copiedToWeek(draft.days, 'mon')
    expect([copied.fri, copied.sat]).toEqual([[['10:00', '11:00']], []])
    draft.days.tue = [['12:00', '11:00']]
    expect([hoursValid(draft), hoursValid({ ...draft, on: false })]).toEqual([false, true])
  })
})

const department = {
  id: 'd1',
  name: 'Support',
  reopenPolicy: 'keep',
  onlyOwnerAnswers: false,
  membersMayTakeOver: true,
  addresses: ['a@acme.example'],
  distribution: { strategy: 'weighted', on: ['reopened', 'new'], fallbackDepartmentId: 'd2' },
  claimTimeout: { after: 'PT1H', warnAfter: 'PT30M', then: 'escalate', toDepartmentId: 'd2' },
  createdAt: '2026-01-01T00:00:00.000Z',
} as Department

describe('a department', () => {
  it('goes through the form without a change of meaning', () => {
    expect(departmentBody(departmentDraft(department, 'UTC'))).toEqual({
      name: 'Support',
      reopenPolicy: 'keep',
      onlyOwnerAnswers: false,
      membersMayTakeOver: true,
      addresses: ['a@acme.example'],
      distribution: { strategy: 'weighted', on: ['new', 'reopened'], fallbackDepartmentId: 'd2' },
      claimTimeout: { after: 'PT60M', warnAfter: 'PT30M', then: 'escalate', toDepartmentId: 'd2' },
      hours: null,
    })
  })

  it.each([
    [{}, []],
    [{ name: ' ' }, ['name']],
    [{ on: [] }, ['on']],
    [{ strategy: 'manual', on: [] }, []],
    [{ after: '' }, ['after', 'warn']],
    [{ warn: '60' }, ['warn']],
    [{ warn: '' }, []],
    [{ toDepartmentId: '' }, ['escalate']],
    [{ then: 'notify', toDepartmentId: '' }, []],
    [{ hasClock: false, after: '', warn: '' }, []],
  ] as const)('with %j has to mend %j', (over, faults) => {
    expect(departmentFaults({ ...departmentDraft(department, 'UTC'), ...over })).toEqual(faults)
  })
})

const olive = { id: 'o', name: 'Olive', email: 'o@x.example', role: 'owner', status: 'active' } as Agent
const ana = {
  id: 'a',
  name: 'Ana',
  email: 'ana@x.example',
  role: 'agent',
  status: 'active',
  locale: 'pt',
  timeZone: 'Europe/Lisbon',
  capacity: null,
  skills: [{ name: 'Spanish', level: 4 }],
  memberships: [{ departmentId: 'd2' }, { departmentId: 'd1', weight: 3 }],
} as unknown as Agent
const DEFAULTS = { locale: 'en', timeZone: 'UTC' } as const

describe('an agent', () => {
  it('goes through the form unchanged', () => {
    expect(agentBody(agentDraft(ana, DEFAULTS))).toEqual({
      name: 'Ana',
      email: 'ana@x.example',
      role: 'agent',
      locale: 'pt',
      timeZone: 'Europe/Lisbon',
      capacity: null,
      skills: [{ name: 'Spanish', level: 4 }],
      memberships: [{ departmentId: 'd1', weight: 3 }, { departmentId: 'd2' }],
      schedule: null,
    })
  })

  it.each([
    [{}, []],
    [{ email: 'nowhere' }, ['email']],
    [{ capacity: '1.5' }, ['capacity']],
    [{ capacity: '0' }, []],
    [{ weights: { d1: '0' } }, ['weights']],
    [{ weights: { d1: '100', d2: '' } }, []],
    [
      {
        skills: [
          { name: 'Latin', level: 1 },
          { name: 'latin ', level: 2 },
        ],
      },
      ['skills'],
    ],
  ] as const)('with %j has to mend %j', (over, faults) => {
    expect(agentFaults({ ...agentDraft(ana, DEFAULTS), ...(over as object) })).toEqual(faults)
  })

  it('says which departments it would leave', () => {
    const base = agentDraft(ana, DEFAULTS)
    expect(leftDepartments(base, { ...base, weights: { d2: '', d9: '' } })).toEqual(['d1'])
  })

  it('gets no role above who gives it, and the last owner stays', () => {
    expect([mayGive('admin', 'owner'), mayGive('admin', 'admin'), mayGive('owner', 'owner')]).toEqual([
      false,
      true,
      true,
    ])
    expect([mayChange('admin', 'owner'), mayChange('admin', 'agent')]).toEqual([false, true])
    expect(isLastOwner(olive, [olive, ana])).toBe(true)
    expect(isLastOwner(olive, [olive, { ...olive, id: 'p' }])).toBe(false)
    expect(isLastOwner(olive, [olive, { ...olive, id: 'p', status: 'suspended' }])).toBe(true)
    expect(isLastOwner(ana, [olive, ana])).toBe(false)
  })
})

describe('leaving', () => {
  it('says for each department where its tickets go', () => {
    const successors = successorsOf(['d1', 'd2', 'd3'], { d1: 'agent:b', d2: 'redistribute' })
    expect(successors).toEqual([
      { departmentId: 'd1', agentId: 'b' },
      { departmentId: 'd2', policy: 'redistribute' },
      { departmentId: 'd3', policy: 'nobody' },
    ])
    expect(['d1', 'd2', 'd3', 'd4'].map((id) => heirOf(successors, id))).toEqual([
      'agent:b',
      'redistribute',
      'nobody',
      'nobody',
    ])
  })

  it.each([
    ['running', 40, 10, 0, { done: 10, of: 40 }, 1],
    ['completed', 40, 43, 0, { done: 43, of: 43 }, 4],
    ['undoing', 40, 40, 30, { done: 30, of: 40 }, 3],
    ['completed', 0, 0, 0, { done: 0, of: 0 }, 4],
  ] as const)('%s counts %i, %i, %i', (state, tickets, moved, givenBack, done, quarter) => {
    const offboarding = { state, tickets, moved, givenBack } as Offboarding
    expect(doneOf(offboarding)).toEqual(done)
    expect(quarterOf(offboarding)).toBe(quarter)
  })

  it('can be stopped while it runs and undone afterwards', () => {
    expect(controlsOf('running')).toEqual(['pause', 'undo'])
    expect(controlsOf('paused')).toEqual(['resume', 'undo'])
    expect(controlsOf('completed')).toEqual(['undo'])
    expect(controlsOf('undone')).toEqual([])
    expect([pollMs('running'), pollMs('completed'), pollMs(undefined)]).toEqual([1000, false, false])
  })
})

describe('being away', () => {
  it.each([
    ['2026-07-01', '09:30', 'Europe/Madrid', '2026-07-01T07:30:00.000Z'],
    ['2026-01-01', '09:30', 'Europe/Madrid', '2026-01-01T08:30:00.000Z'],
    ['2026-01-01', '00:00', 'Asia/Kathmandu', '2025-12-31T18:15:00.000Z'],
    // Clocks go forward at 02:00 and back at 03:00.
    ['2026-03-29', '03:30', 'Europe/Madrid', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25', '04:00', 'Europe/Madrid', '2026-10-25T03:00:00.000Z'],
  ])('%s %s of %s is one moment', (date, time, zone, at) => {
    expect(momentOf({ date, time }, zone)).toBe(at)
    expect(typedOf(at, zone)).toEqual({ date, time })
  })

  it('leaves a whole day to the API, and shows one as such', () => {
    expect(momentOf({ date: '2026-12-24', time: '' }, 'Europe/Madrid')).toBe('2026-12-24')
    const period = { from: '2026-12-23T23:00:00.000Z', until: '2027-01-06T23:00:00.000Z' }
    expect(wholeDays(period, 'Europe/Madrid')).toEqual({ first: '2026-12-24', last: '2027-01-06' })
    expect(wholeDays(period, 'UTC')).toBeNull()
  })

  it('ends early what runs and forgets what is to come', () => {
    const now = new Date('2026-06-15T12:00:00.000Z')
    const running = { from: '2026-06-10T00:00:00.000Z', until: '2026-06-20T00:00:00.000Z', note: 'x' }
    const coming = { from: '2026-08-01T00:00:00.000Z', until: '2026-08-02T00:00:00.000Z' }
    expect([running, coming].map((each) => phaseOf(each, now.getTime()))).toEqual(['now', 'coming'])
    expect(withoutLeave([running, coming], running, now)).toEqual([
      { ...running, until: now.toISOString() },
      coming,
    ])
    expect(withoutLeave([running, coming], coming, now)).toEqual([running])
  })

  it.each([
    ['', '', '', '', false, 'incomplete'],
    ['2026-01-01', '', '2026-01-01', '', false, null],
    ['2026-01-02', '', '2026-01-01', '', false, 'backwards'],
    ['2026-01-01', '10:00', '2026-01-01', '10:00', false, 'backwards'],
    ['', '', '2026-01-01', '', true, null],
    ['', '10:00', '2026-01-01', '', true, 'incomplete'],
  ] as const)('from %s %s until %s %s (now: %s) is %s', (d1, t1, d2, t2, fromNow, fault) => {
    expect(periodFault({ date: d1, time: t1 }, { date: d2, time: t2 }, fromNow)).toBe(fault)
  })
})

describe('webhooks', () => {
  const webhook = {
    id: 'w',
    url: 'https://x.example',
    events: ['*'],
    departmentId: null,
    active: true,
    replays: [],
  } as unknown as Webhook

  it('offer every documented event', () => {
    const file = new URL('../../../../proto/events/asyncapi.json', import.meta.url)
    const documented = new Set(readFileSync(file, 'utf8').match(/dev\.onus\.[a-z_.]+\.v\d+/g))
    documented.delete('dev.onus.webhook.test.v1')
    expect(new Set<string>(Object.values(EVENT_GROUPS).flat())).toEqual(documented)
  })

  it('of a department are about tickets only', () => {
    expect(allowedGroups('d')).toEqual(['ticket'])
    const events = ['dev.onus.ticket.created.v1', 'dev.onus.agent.created.v1', 'dev.onus.future.thing.v1']
    const draft = { ...webhookDraft(webhook), events, departmentId: 'd' }
    expect(webhookBody(draft).events).toEqual([events[0], events[2]])
    expect(webhookBody({ ...draft, departmentId: '' }).events).toEqual(events)
    expect(webhookBody({ ...draft, events: ['*', ...events] }).events).toEqual(['*'])
    expect(shortType('dev.onus.ticket.created.v1')).toBe('ticket.created')
  })

  it.each([
    [{}, 'ok'],
    [{ failingSince: '2026-01-01T00:00:00Z' }, 'failing'],
    [{ failingSince: '2026-01-01T00:00:00Z', resumesAt: '2026-01-02T00:00:00Z' }, 'resting'],
    [{ active: false }, 'off'],
    [{ active: false, disabledReason: 'gone' }, 'gone'],
    [{ active: false, disabledReason: 'failing' }, 'failed'],
  ] as const)('with %j are %s', (over, health) => {
    expect(healthOf({ ...webhook, ...over }, Date.parse('2026-01-01T12:00:00Z'))).toBe(health)
  })

  it('show a payload as people read it', () => {
    expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}')
    expect(readable('not json')).toBe('not json')
  })
})

describe('the audit', () => {
  const instant = (date: string) => `${date}T00:00:00.000Z`
  it('is asked for whole days, the last one included', () => {
    expect(auditQuery(EVERYTHING, instant)).toBe('')
    const filter = { ...EVERYTHING, actorId: 'ana', action: 'rule', since: '2026-01-31', until: '2026-01-31' }
    expect(Object.fromEntries(new URLSearchParams(auditQuery(filter, instant)))).toEqual({
      actorId: 'ana',
      action: 'rule',
      since: '2026-01-31T00:00:00.000Z',
      until: '2026-02-01T00:00:00.000Z',
    })
    expect(dayAfter('2028-02-28')).toBe('2028-02-29')
  })

  it('says of what kind an action is', () => {
    expect(partsOf('api_key.created')).toEqual({ kind: 'api_key', verb: 'created' })
    expect(partsOf('odd')).toEqual({ kind: 'odd', verb: '' })
  })
})
