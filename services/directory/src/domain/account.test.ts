import { describe, expect, it } from 'vitest'
import { createAccount, deleteAccount, deleteOidc, setOidc, updateSettings } from './account.ts'
import { exampleAccount, exampleDepartment, exampleTeam, NOW, refusal } from './examples.ts'
import type { ApiKey } from './model.ts'

const given = {
  accountId: 'a',
  ownerId: 'o',
  departmentId: 'd',
  apiKey: { id: 'k' } as ApiKey,
  now: NOW,
}

describe('a new account', () => {
  it('has an owner in its one department, which is the default', () => {
    const state = exampleAccount()
    expect(state.settings).toEqual({
      name: 'Acme',
      defaultDepartmentId: 'support',
      routeAssignedToMe: false,
      reopenWindow: 'P7D',
      locale: 'en',
      timeZone: 'UTC',
      replyToClosed: 'reopen',
    })
    expect(state.agents).toMatchObject([{ role: 'owner', memberships: [{ departmentId: 'support' }] }])
    expect(state.departments).toMatchObject([{ id: 'support', name: 'Support' }])
  })

  it('is refused with all that is wrong', () => {
    expect(refusal(() => createAccount({ name: '', owner: {} }, given))).toMatchObject({
      reason: 'invalid-request',
      fields: ['name', 'owner.name', 'owner.email'],
    })
  })
})

it('a deleted account keeps no key, address or issuer', () => {
  const state = { ...exampleTeam(), oidc: { issuer: 'https://x', audience: 'y' } }
  state.departments = [exampleDepartment('support', { addresses: ['a@b.com'] })]
  const deleted = deleteAccount(state, NOW)
  expect(deleted).toMatchObject({ deletedAt: NOW, apiKeys: [], oidc: null, departments: [{ addresses: [] }] })
})

describe('settings', () => {
  const update = (input: object, mask?: string[]) => updateSettings(exampleTeam(), input, mask).settings

  it('change where they are named', () => {
    expect(update({ routeAssignedToMe: true, timeZone: 'Europe/Paris' })).toEqual({
      ...exampleTeam().settings,
      routeAssignedToMe: true,
      timeZone: 'Europe/Paris',
    })
    expect(update({ routeAssignedToMe: false, name: 'x' }, ['route_assigned_to_me']).name).toBe('Acme')
    expect(update({ defaultDepartmentId: 'billing' }).defaultDepartmentId).toBe('billing')
    expect(update({ replyToClosed: 'follow_up' }).replyToClosed).toBe('follow_up')
  })

  it.each([
    ['name', ''],
    ['reopenWindow', 'a week'],
    ['locale', '?'],
    ['timeZone', 'Mars'],
    ['replyToClosed', 'shout'],
  ])('%s is not %j', (field, value) => {
    expect(refusal(() => update({ [field]: value }, [field]))).toMatchObject({
      reason: 'invalid-request',
      fields: [field],
    })
  })

  it('name a default department that exists', () => {
    expect(refusal(() => update({ defaultDepartmentId: 'gone' }))).toMatchObject({
      reason: 'unknown-reference',
      fields: ['defaultDepartmentId'],
    })
  })
})

describe('the trusted issuer', () => {
  const issuer = 'https://id.example.com'
  it('is set and removed', () => {
    const state = setOidc(exampleTeam(), { issuer, audience: 'onus' })
    expect(state.oidc).toEqual({ issuer, audience: 'onus' })
    expect(deleteOidc(state).oidc).toBeNull()
    expect(refusal(() => deleteOidc(exampleTeam())).reason).toBe('not-found')
  })
  it('is checked', () => {
    expect(refusal(() => setOidc(exampleTeam(), { issuer: 'x', audience: '' })).fields).toEqual([
      'issuer',
      'audience',
    ])
  })
})
