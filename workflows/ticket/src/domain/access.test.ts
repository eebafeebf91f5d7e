import {
  type Command,
  decideAccess,
  type Standing,
  TICKET_VERBS,
  type TicketVerb,
} from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { type DirectoryPlan, directoryOf } from '../testing/directory.ts'
import { agentAuthority, CONTACT_AUTHORITY, keyWith, SYSTEM_AUTHORITY } from '../testing/story.ts'
import { mayCommand } from './access.ts'

/** Callers, as the product's table sees them. */
const WHO = {
  stranger: { role: 'agent' },
  member: { role: 'agent', member: true },
  'member who holds it': { role: 'agent', member: true, responsible: true },
  'member, may take over': { role: 'agent', member: true, membersMayTakeOver: true },
  'holder, no member any more': { role: 'agent', responsible: true },
  admin: { role: 'admin' },
  owner: { role: 'owner' },
  'suspended admin': { role: 'admin', active: false },
  operator: { role: 'operator' },
  'key, no scope': { role: 'api_client' },
  'key, tickets:read': { role: 'api_client', scopes: ['tickets:read'] },
  'key, tickets:write': { role: 'api_client', scopes: ['tickets:write'] },
  'key, contact:write': { role: 'api_client', scopes: ['contact:write'] },
} satisfies Record<string, Partial<Standing>>

/** `+` allowed, `-` 403, `.` 404; one column for each caller above, in that order. */
const TABLE: Record<TicketVerb, string> = {
  see: '.++++++..' + '.++.',
  claim: '.+++-++..' + '.--.',
  answer: '.+++-++..' + '.--.',
  note: '.+++-++..' + '.-+.',
  assign: '.+++-++..' + '.-+.',
  transfer: '.+++-++..' + '.-+.',
  release: '.-+-+++..' + '.-+.',
  take_over: '.--+-++..' + '.--.',
  return: '.+++-++..' + '.-+.',
  resolve: '.+++-++..' + '.-+.',
  reopen: '.+++-++..' + '.-+.',
  postpone: '.+++-++..' + '.-+.',
  spam: '.+++-++..' + '.-+.',
  update: '.+++-++..' + '.-+.',
  close: '.----++..' + '.-+.',
  delete: '.----++..' + '.-+.',
  write_as_contact: '.----++..' + '.--+',
}
const CELL = { '+': 'allowed', '-': 'forbidden', '.': 'hidden' } as const

describe('the table of who may do what', () => {
  const cells = TICKET_VERBS.flatMap((verb) =>
    Object.entries(WHO).map(([who, standing], column) => ({ verb, who, standing, column })),
  )
  it.each(cells)('$verb by $who', ({ verb, standing, column }) => {
    const caller: Standing = {
      member: false,
      responsible: false,
      membersMayTakeOver: false,
      scopes: [],
      active: true,
      ...standing,
    }
    expect(decideAccess(verb, caller)).toBe(CELL[TABLE[verb].charAt(column) as keyof typeof CELL])
  })
})

describe('a command’s caller', () => {
  const plan: DirectoryPlan = {
    departments: { billing: {}, sales: {} },
    agents: {
      ana: { in: ['billing'] },
      cem: { in: ['sales'] },
      boss: { role: 'admin' },
      zoe: { in: ['billing'], role: 'owner', status: 'suspended' },
    },
  }
  const access = (
    authority: Parameters<typeof mayCommand>[0]['authority'],
    command: Command,
    agentId?: string,
  ) =>
    mayCommand(
      { authority, command },
      { departmentId: 'billing', agentId: agentId ?? null },
      directoryOf(plan),
    )

  it('has the role and the memberships that the directory gives them now', () => {
    expect(access({ ...agentAuthority('ana'), role: 'owner' }, { type: 'close' })).toBe('forbidden')
    expect(access(agentAuthority('boss'), { type: 'close' })).toBe('allowed')
    expect(access(agentAuthority('cem'), { type: 'claim' })).toBe('hidden')
    expect(access(agentAuthority('cem'), { type: 'release' }, 'cem')).toBe('allowed')
    expect(access({ ...agentAuthority('zoe'), role: 'owner' }, { type: 'claim' })).toBe('hidden')
    expect(access(agentAuthority('ghost'), { type: 'claim' })).toBe('hidden')
    expect(access({ actor: { type: 'agent' } }, { type: 'claim' })).toBe('hidden')
  })

  it('is a key by its scopes', () => {
    expect(access(keyWith('tickets:write'), { type: 'resolve' })).toBe('allowed')
    expect(access(keyWith('tickets:write'), { type: 'claim' })).toBe('forbidden')
    expect(access(keyWith(), { type: 'resolve' })).toBe('hidden')
  })

  it('is the contact only for their own mail, and the system for everything', () => {
    expect(access(CONTACT_AUTHORITY, { type: 'contact_reply', messageId: 'm' })).toBe('allowed')
    expect(access(CONTACT_AUTHORITY, { type: 'resolve' })).toBe('hidden')
    expect(access(SYSTEM_AUTHORITY, { type: 'tick' })).toBe('allowed')
    expect(access(agentAuthority('boss'), { type: 'recheck', because: 'settings' })).toBe('forbidden')
  })
})
