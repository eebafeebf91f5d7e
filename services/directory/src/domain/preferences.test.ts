import { describe, expect, it } from 'vitest'
import { exampleTeam, refusal } from './examples.ts'
import { checkPreferences, preferencesOf } from './preferences.ts'

const team = exampleTeam()
const anna = team.agents[2]!
const check = (input: object) => checkPreferences(team, anna, input)

describe('preferences', () => {
  it('are those of the table until an agent chooses', () => {
    const { rules } = preferencesOf(team, anna, null)
    const when = (event: string) =>
      ['email', 'slack', 'push', 'in_app'].map(
        (channel) => rules.find((rule) => rule.event === event && rule.channel === channel)?.when,
      )
    const on = ['always', 'always', 'always', 'always']
    const half = ['never', 'never', 'always', 'always']
    expect(when('ticket_assigned')).toEqual(on)
    expect(when('contact_replied')).toEqual(on)
    expect(when('ticket_new')).toEqual(on)
    expect(when('claim_overdue')).toEqual(on)
    expect(when('ticket_reopened_department')).toEqual(half)
    expect(when('ticket_reopened_mine')).toEqual(half)
    expect(when('chat_ringing')).toEqual(half)
    expect(when('chat_message')).toEqual(half)
    expect(when('chat_missed')).toEqual(half)
    expect(rules).toHaveLength(36)
  })

  it('can be given back as they were read', () => {
    const read = preferencesOf(team, anna, null)
    const { locale, timeZone, stored } = check(read)
    expect(preferencesOf(team, { ...anna, locale, timeZone }, stored)).toEqual(read)
  })

  it('can be given back although a department has gone since', () => {
    const rule = { event: 'ticket_new', channel: 'email', departmentId: 'billing', when: 'never' }
    const { stored } = check({ rules: [rule] })
    const without = { ...team, departments: team.departments.slice(0, 1) }
    expect(preferencesOf(team, anna, stored).rules).toEqual([rule])
    expect(preferencesOf(without, anna, stored).rules).toEqual([])
  })

  it('know quiet hours over midnight and a digest', () => {
    const chosen = { quietHours: { from: '22:00', to: '07:00' }, digest: { every: 'PT1H' } }
    expect(check({ ...chosen, locale: 'pt-br' })).toMatchObject({ locale: 'pt-BR', stored: chosen })
  })

  it.each([
    [{ rules: [{ event: 'lunch', channel: 'email', when: 'always' }] }, 'rules[0].event'],
    [{ rules: [{ event: 'ticket_new', channel: 'fax', when: 'always' }] }, 'rules[0].channel'],
    [{ rules: [{ event: 'ticket_new', channel: 'email', when: 'maybe' }] }, 'rules[0].when'],
    [{ rules: [0, 1].map(() => ({ event: 'ticket_new', channel: 'email', when: 'never' })) }, 'rules[1]'],
    [{ quietHours: { from: '22:00', to: '25:00' } }, 'quietHours'],
    [{ quietHours: { from: '22:00', to: '22:00' } }, 'quietHours'],
    [{ digest: { every: 'hourly' } }, 'digest.every'],
    [{ locale: '?' }, 'locale'],
    [{ timeZone: 'Mars' }, 'timeZone'],
  ])('%j is refused at %s', (input, field) => {
    expect(refusal(() => check(input))).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it('name departments that exist', () => {
    const rules = [{ event: 'ticket_new', channel: 'email', departmentId: 'gone', when: 'always' }]
    expect(refusal(() => check({ rules }))).toMatchObject({
      reason: 'unknown-reference',
      fields: ['rules[0].departmentId'],
    })
  })
})
