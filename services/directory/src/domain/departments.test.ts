import { describe, expect, it } from 'vitest'
import { createDepartment, type DepartmentInput, deleteDepartment, updateDepartment } from './departments.ts'
import { exampleAgent, exampleDepartment, exampleTeam, NOW, refusal } from './examples.ts'

const create = (input: DepartmentInput, state = exampleTeam()) =>
  createDepartment(state, { name: 'Sales', ...input }, { id: 'sales', now: NOW }).departments.at(-1)!
const refused = (input: DepartmentInput) => refusal(() => create(input))

describe('a new department', () => {
  it('has what the contract says by default', () => {
    expect(create({ reopenPolicy: '', addresses: [] })).toEqual({
      id: 'sales',
      name: 'Sales',
      reopenPolicy: 'keep_if_available',
      onlyOwnerAnswers: false,
      membersMayTakeOver: false,
      addresses: [],
      distribution: { strategy: 'manual', on: [] },
      createdAt: NOW,
    })
  })

  it('distributes new and reopened tickets where it says nothing else', () => {
    const strategy = 'round_robin'
    expect(create({ distribution: { strategy, on: [] } }).distribution.on).toEqual(['new', 'reopened'])
    expect(
      create({ distribution: { strategy, on: ['transferred', 'transferred'] } }).distribution.on,
    ).toEqual(['transferred'])
  })

  it('keeps its hours, in the zone of the account unless it says another', () => {
    const mon = {
      intervals: [
        { from: '09:00', to: '12:00' },
        { from: '12:00', to: '24:00' },
      ],
    }
    expect(
      create({ hours: { mon, tue: { intervals: [] }, holidays: ['2026-12-25', '2026-01-01'] } }).hours,
    ).toEqual({
      timeZone: 'UTC',
      mon,
      holidays: ['2026-01-01', '2026-12-25'],
    })
  })

  it('can escalate to another department after a warning', () => {
    const claimTimeout = { warnAfter: 'PT10M', then: 'escalate', after: 'PT1H', toDepartmentId: 'billing' }
    expect(create({ claimTimeout }).claimTimeout).toEqual(claimTimeout)
  })

  it.each<[string, DepartmentInput, string]>([
    ['without a name', { name: ' ' }, 'name'],
    ['with another reopen policy', { reopenPolicy: 'never' }, 'reopenPolicy'],
    ['with an address that is none', { addresses: ['help'] }, 'addresses[0]'],
    ['with an address twice', { addresses: ['a@b.com', 'A@B.com'] }, 'addresses[1]'],
    ['with another strategy', { distribution: { strategy: 'lottery' } }, 'distribution.strategy'],
    ['that distributes something else', { distribution: { on: ['new', 'old'] } }, 'distribution.on[1]'],
    [
      'with a timeout that does something else',
      { claimTimeout: { then: 'cry', after: 'PT1H' } },
      'claimTimeout.then',
    ],
    ['with a timeout without a time', { claimTimeout: { then: 'notify' } }, 'claimTimeout.after'],
    [
      'that warns too late',
      { claimTimeout: { then: 'notify', after: 'PT1H', warnAfter: 'PT60M' } },
      'claimTimeout.warnAfter',
    ],
    [
      'that escalates to nowhere',
      { claimTimeout: { then: 'escalate', after: 'PT1H' } },
      'claimTimeout.toDepartmentId',
    ],
    [
      'that notifies another department',
      { claimTimeout: { then: 'notify', after: 'PT1H', toDepartmentId: 'billing' } },
      'claimTimeout.toDepartmentId',
    ],
    [
      'in no zone',
      { hours: { timeZone: 'Mars', mon: { intervals: [{ from: '09:00', to: '10:00' }] } } },
      'hours.timeZone',
    ],
    ['that is never open', { hours: { timeZone: 'UTC' } }, 'hours.days'],
    [
      'with hours that are none',
      { hours: { mon: { intervals: [{ from: '9', to: '10' }] } } },
      'hours.days.mon[0]',
    ],
    [
      'with hours that end before they begin',
      { hours: { sun: { intervals: [{ from: '22:00', to: '02:00' }] } } },
      'hours.days.sun[0]',
    ],
    [
      'with hours that overlap',
      {
        hours: {
          tue: {
            intervals: [
              { from: '09:00', to: '12:00' },
              { from: '11:59', to: '13:00' },
            ],
          },
        },
      },
      'hours.days.tue[1]',
    ],
    [
      'with hours out of order',
      {
        hours: {
          tue: {
            intervals: [
              { from: '14:00', to: '15:00' },
              { from: '09:00', to: '10:00' },
            ],
          },
        },
      },
      'hours.days.tue[1]',
    ],
    [
      'with a holiday that is no day',
      { hours: { mon: { intervals: [{ from: '09:00', to: '10:00' }] }, holidays: ['2026-02-30'] } },
      'hours.holidays[0]',
    ],
  ])('%s is refused', (_, input, field) => {
    expect(refused(input)).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it.each<[string, DepartmentInput, string]>([
    ['falls back', { distribution: { fallbackDepartmentId: 'gone' } }, 'distribution.fallbackDepartmentId'],
    [
      'falls back to itself',
      { distribution: { fallbackDepartmentId: 'sales' } },
      'distribution.fallbackDepartmentId',
    ],
    [
      'escalates',
      { claimTimeout: { then: 'escalate', after: 'PT1H', toDepartmentId: 'gone' } },
      'claimTimeout.toDepartmentId',
    ],
  ])('%s only to a department that exists', (_, input, field) => {
    expect(refused(input)).toMatchObject({ reason: 'unknown-reference', fields: [field] })
  })

  it('tells all errors at once', () => {
    expect(refused({ name: '', reopenPolicy: 'x', addresses: ['y'] }).fields).toEqual([
      'name',
      'reopenPolicy',
      'addresses[0]',
    ])
  })

  it('takes no address of another department', () => {
    const team = exampleTeam()
    team.departments[1] = exampleDepartment('billing', { addresses: ['pay@acme.com'] })
    expect(refusal(() => create({ addresses: ['x@acme.com', 'Pay@acme.com'] }, team))).toMatchObject({
      reason: 'address-taken',
      fields: ['addresses[1]'],
    })
  })
})

describe('a change of a department', () => {
  const full = exampleDepartment('billing', {
    claimTimeout: { then: 'notify', after: 'PT1H' },
    membersMayTakeOver: true,
    addresses: ['pay@acme.com'],
  })
  const team = { ...exampleTeam(), departments: [exampleDepartment('support'), full] }
  const update = (input: DepartmentInput, mask?: string[]) =>
    updateDepartment(team, 'billing', input, mask).departments[1]

  it('touches only what it names', () => {
    expect(update({ name: 'Money', membersMayTakeOver: false }, ['name'])).toEqual({ ...full, name: 'Money' })
    expect(update({ membersMayTakeOver: false }, ['members_may_take_over'])).toEqual({
      ...full,
      membersMayTakeOver: false,
    })
    expect(update({}, [])).toEqual(full)
  })

  it('removes what it names and does not give', () => {
    expect(update({}, ['claimTimeout', 'addresses'])).toEqual({
      ...full,
      claimTimeout: undefined,
      addresses: [],
    })
  })

  it('without a mask names what has a value', () => {
    expect(update({ name: 'Money', addresses: [] })).toEqual({ ...full, name: 'Money' })
  })

  it('is refused for fields that cannot be changed', () => {
    expect(refusal(() => update({}, ['id', 'hours.mon']))).toMatchObject({
      reason: 'invalid-request',
      fields: ['id', 'hours.mon'],
    })
  })

  it('is refused for a department that is not there', () => {
    expect(refusal(() => updateDepartment(team, 'gone', {}, [])).reason).toBe('not-found')
  })
})

describe('deleting a department', () => {
  const empty = (more = {}) => ({
    ...exampleTeam(),
    departments: [...exampleTeam().departments, exampleDepartment('old')],
    ...more,
  })

  it('is possible when nothing names it, and removed agents forget it', () => {
    const state = empty()
    state.agents.push(exampleAgent('rita', { status: 'removed', memberships: [{ departmentId: 'old' }] }))
    const after = deleteDepartment(state, 'old')
    expect(after.departments.map(({ id }) => id)).toEqual(['support', 'billing'])
    expect(after.agents.at(-1)?.memberships).toEqual([])
  })

  it('is refused for the default', () => {
    expect(refusal(() => deleteDepartment(empty(), 'support')).reason).toBe('in-use')
  })

  it.each(['active', 'suspended'] as const)('is refused while it has %s members', (status) => {
    const state = empty()
    state.agents.push(exampleAgent('rita', { status, memberships: [{ departmentId: 'old' }] }))
    expect(refusal(() => deleteDepartment(state, 'old')).reason).toBe('in-use')
  })

  it.each([
    { distribution: { strategy: 'manual', on: [], fallbackDepartmentId: 'old' } },
    { claimTimeout: { then: 'escalate', after: 'PT1H', toDepartmentId: 'old' } },
  ] as const)('is refused while another one goes there', (more) => {
    const state = empty()
    state.departments[1] = exampleDepartment('billing', more as never)
    expect(refusal(() => deleteDepartment(state, 'old')).reason).toBe('in-use')
  })
})
