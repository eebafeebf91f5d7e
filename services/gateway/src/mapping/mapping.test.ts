import { describe, expect, it } from 'vitest'
import * as directory from '../api/directory.ts'
import * as notifications from '../api/notifications.ts'
import * as rules from '../api/rules.ts'
import * as tickets from '../api/tickets.ts'
import { AT, aDepartment, aNotice, anAgent, aRule, aTicket } from '../testing/fakes.ts'
import { fieldMask, pageJson } from './common.ts'
import {
  agentJson,
  agentProto,
  departmentJson,
  departmentProto,
  preferencesJson,
  preferencesProto,
} from './directory.ts'
import { noticeJson } from './notifications.ts'
import { ruleJson, ruleProto } from './rules.ts'
import { messageJson, ticketJson } from './tickets.ts'

describe('a ticket', () => {
  it('has nobody as null and leaves out what is absent', () => {
    const json = ticketJson(aTicket())
    expect(json).toMatchObject({ agentId: null, responsibility: { agentId: null } })
    for (const absent of ['dueAt', 'postponedUntil', 'claimClock', 'noEligibleAgent'])
      expect(json).not.toHaveProperty(absent)
    expect(json.responsibility).not.toHaveProperty('reason')
    expect(tickets.ticket.parse(json)).toEqual(json)
  })

  it('has everything that is there', () => {
    const json = ticketJson(
      aTicket({
        agentId: 'ana',
        dueAt: AT,
        postponedUntil: AT,
        claimClock: { warnAt: AT, dueAt: AT, then: 'notify' },
        noEligibleAgent: 'nobody is online',
        fields: { nested: { list: [1, null] } },
      }),
    )
    expect(tickets.ticket.parse(json)).toEqual(json)
    expect(json).toMatchObject({
      agentId: 'ana',
      claimClock: { then: 'notify' },
      fields: { nested: { list: [1, null] } },
    })
  })
})

it('a message shows its delivery only if it has one', () => {
  const message = {
    id: 'm1',
    ticketId: 't1',
    author: { type: 'contact', name: 'Carla' },
    kind: 'public',
    body: 'Hello',
    attachments: [{ id: 'a1', name: 'x', contentType: 'text/plain', size: 5 }],
    createdAt: AT,
  }
  expect(messageJson(message)).not.toHaveProperty('delivery')
  const delivered = messageJson({
    ...message,
    html: '<p>',
    delivery: { state: 'sent', attempts: 1, sentAt: AT },
  })
  expect(tickets.message.parse(delivered)).toEqual(delivered)
})

describe('a department', () => {
  const hours = {
    timeZone: 'Europe/Madrid',
    days: {
      mon: [
        ['09:00', '13:00'],
        ['14:00', '24:00'],
      ] as [string, string][],
    },
    holidays: ['2026-12-25'],
  }

  it('keeps its hours there and back', () => {
    const proto = departmentProto({ name: 'Billing', hours })
    expect(proto.hours?.mon?.intervals).toEqual([
      { from: '09:00', to: '13:00' },
      { from: '14:00', to: '24:00' },
    ])
    const json = departmentJson({ ...aDepartment(), hours: proto.hours })
    expect(json.hours).toEqual(hours)
    expect(directory.department.parse(json)).toEqual(json)
  })

  it('takes in a PATCH what GET gave', () => {
    const {
      id: _,
      createdAt: __,
      ...json
    } = departmentJson(
      aDepartment({
        hours: departmentProto({ hours }).hours,
        claimTimeout: { then: 'notify', after: 'PT30M' },
      }),
    )
    expect(directory.departmentChange.parse(json)).toEqual(json)
  })

  it('loses hours and claim timeout by null', () => {
    const change = { hours: null, claimTimeout: null }
    expect(departmentProto(change)).not.toHaveProperty('hours')
    expect(fieldMask(change)).toEqual(['hours', 'claim_timeout'])
  })
})

describe('an agent', () => {
  it('has no limit as null, both ways', () => {
    expect(agentJson(anAgent())).toMatchObject({ capacity: null })
    expect(agentProto({ capacity: null }).capacity).toBeUndefined()
    expect(agentProto({ capacity: 0 }).capacity).toBe(0)
    expect(fieldMask({ capacity: null, timeZone: 'UTC', name: undefined })).toEqual(['capacity', 'time_zone'])
    const json = agentJson(anAgent({ capacity: 5, skills: [{ name: 'french', level: 3 }] }))
    expect(directory.agent.parse(json)).toEqual(json)
  })
})

it('preferences are taken as they were given', () => {
  const given = {
    locale: 'en',
    timeZone: 'UTC',
    quietHours: { from: '22:00', to: '06:00' },
    rules: [
      { event: 'ticket_new' as const, channel: 'email' as const, departmentId: 'd', when: 'never' as const },
    ],
  }
  expect(preferencesJson(preferencesProto(directory.preferences.parse(given)))).toEqual(given)
})

describe('a rule', () => {
  it('keeps conditions and actions there and back', () => {
    const input = rules.newRule.parse({
      name: 'Invoices',
      trigger: { type: 'ticket_created' },
      conditions: [[{ field: 'fields.order', op: 'in', value: ['a', 1] }], [{ field: 'tags', op: 'exists' }]],
      actions: [{ type: 'add_tags', tags: ['vip'] }, { type: 'stop' }],
    })
    const json = ruleJson({ ...ruleProto(input), id: 'r1', version: 1, position: 1, updatedAt: AT })
    expect(json).toMatchObject({ active: true, conditions: input.conditions, actions: input.actions })
    expect(rules.rule.parse(json)).toMatchObject({ name: 'Invoices' })
  })

  it.each([
    { type: 'notify', text: 'x' },
    { type: 'notify', text: 'x', agentId: 'a', email: 'b@c.example' },
    { type: 'transfer' },
    { type: 'transfer', departmentId: 'd', colour: 'red' },
    { type: 'explode' },
    { type: 'set_priority', priority: 'huge' },
    'stop',
  ])('has no action %j', (action) => {
    expect(rules.action.safeParse(action).success).toBe(false)
  })

  it.each(['password', 'fields.', 'fields.a.b', 'fields.__proto__.x', 'contact'])(
    'has no condition on %s',
    (field) => {
      expect(rules.condition.safeParse({ field, op: 'is', value: 'x' }).success).toBe(false)
    },
  )
})

it('a notice and a page have the form of the contract', () => {
  const page = pageJson(
    { items: [aNotice({ state: 'retrying', nextAttemptAt: AT, error: 'away' })] },
    noticeJson,
  )
  expect(notifications.noticePage.parse(page)).toEqual(page)
  expect(page.nextCursor).toBeNull()
  expect(ruleJson(aRule())).not.toHaveProperty('broken')
})
