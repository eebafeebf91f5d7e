import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setDelegation } from './absence.ts'
import { deleteAccount, updateSettings } from './account.ts'
import { createAgent, setPresence, updateAgent } from './agents.ts'
import { coalesce, consequences, type EventItem, isSame, type OutboxItem } from './consequences.ts'
import { createDepartment, deleteDepartment, updateDepartment } from './departments.ts'
import { exampleAccount, exampleAgent, exampleTeam, NOW, WHO } from './examples.ts'
import { createKey, deleteKey } from './keys.ts'
import { activeAgents, type DirectoryState, soloAgent } from './model.ts'
import { controlOffboarding, followStatus, startOffboarding } from './offboarding.ts'

const actor = { type: 'agent', id: 'olga', name: 'Olga' } as const
const follow = (before: DirectoryState | null, after: DirectoryState, auditSequence = 7): OutboxItem[] =>
  consequences(before, { ...after, version: (before?.version ?? 0) + 1 }, { actor, now: NOW, auditSequence })
const change = (decide: (state: DirectoryState) => DirectoryState, before = exampleTeam()) =>
  follow(before, decide(before))
const ofKind = <K extends OutboxItem['kind']>(items: OutboxItem[], kind: K) =>
  items.filter((item): item is Extract<OutboxItem, { kind: K }> => item.kind === kind)
const begin = (id: string) => ({ id: `off-${id}`, now: NOW, startedBy: actor })
const update = (id: string, input: object) => (state: DirectoryState) =>
  followStatus(state, updateAgent(state, WHO.owner, id, input, Object.keys(input)), id, begin(id))
const remove = (state: DirectoryState, id: string) =>
  startOffboarding(state, WHO.owner, id, { successors: [] }, begin(id))
const sweeps = (items: OutboxItem[]) =>
  ofKind(items, 'sweep').map(({ input }) => ({ ...input.scope, because: input.command.because }))
const operations = (items: OutboxItem[]) =>
  ofKind(items, 'operation').map(({ workflow, input }) => [workflow, input.agentId, input.wanted])

describe('events', () => {
  it('tell of a new account with its department and owner', () => {
    const events = ofKind(follow(null, exampleAccount()), 'event')
    expect(events.map(({ type, id }) => [type, id])).toEqual([
      ['account.created', 'acme-1'],
      ['department.created', 'support-1'],
      ['agent.created', 'olga-1'],
    ])
  })

  it.each<[string, (state: DirectoryState) => DirectoryState, [string, string][]]>([
    [
      'a department',
      (s) => createDepartment(s, { name: 'x' }, { id: 'x', now: NOW }),
      [['department.created', 'x']],
    ],
    [
      'a changed department',
      (s) => updateDepartment(s, 'billing', { name: 'x' }, ['name']),
      [['department.updated', 'billing']],
    ],
    [
      'an agent',
      (s) => createAgent(s, WHO.owner, { name: 'x', email: 'x@x.com' }, { id: 'x', now: NOW }),
      [['agent.created', 'x']],
    ],
    ['a changed agent', update('anna', { name: 'x' }), [['agent.updated', 'anna']]],
    ['a suspended agent', update('anna', { status: 'suspended' }), [['agent.updated', 'anna']]],
    ['a removed agent', (s) => remove(s, 'anna'), [['agent.removed', 'anna']]],
    ['a presence', (s) => setPresence(s, s.agents[2]!, 'online'), [['agent.updated', 'anna']]],
    ['settings', (s) => updateSettings(s, { name: 'x' }, ['name']), [['account.updated', 'acme']]],
    [
      'a key',
      (s) => createKey(s, WHO.owner, { name: 'k', scopes: ['setup:read'] }, { id: 'k', hint: '', now: NOW }),
      [],
    ],
  ])('tell of %s', (_, decide, expected) => {
    expect(ofKind(change(decide), 'event').map(({ type, entityId }) => [type, entityId])).toEqual(expected)
  })

  it('carry the entity whole, and the version as sequence', () => {
    const [event] = ofKind(change(update('anna', { name: 'Ann' })), 'event')
    expect(event).toMatchObject({
      id: 'anna-2',
      sequence: 2,
      at: NOW,
      data: { ...exampleTeam().agents[2], name: 'Ann' },
    })
  })

  it('tell of a deleted department as it was', () => {
    const before = createDepartment(exampleTeam(), { name: 'Old' }, { id: 'old', now: NOW })
    const events = ofKind(
      change((s) => deleteDepartment(s, 'old'), before),
      'event',
    )
    expect(events).toMatchObject([{ type: 'department.deleted', entityId: 'old', data: { name: 'Old' } }])
  })

  it('tell of a deleted account', () => {
    const types = ofKind(
      change((s) => deleteAccount(s, NOW)),
      'event',
    ).map(({ type }) => type)
    expect(types).toContain('account.deleted')
  })

  it('hold no secret and no key', () => {
    const text = JSON.stringify(ofKind(follow(null, exampleAccount()), 'event'))
    expect(text).not.toMatch(/onus_|apiKey|hint/)
  })
})

describe('the audit', () => {
  it('names who did what to whom, in order, without values', () => {
    const items = ofKind(change(update('anna', { name: 'Ann', capacity: 4 })), 'audit')
    expect(items).toEqual([
      {
        kind: 'audit',
        id: 'acme:8',
        sequence: 8,
        at: NOW,
        actor,
        action: 'agent.updated',
        entityId: 'anna',
        fields: ['name', 'capacity'],
      },
    ])
  })

  it('tells of keys and issuers too', () => {
    const withKey = createKey(
      exampleTeam(),
      WHO.owner,
      { name: 'k', scopes: ['setup:read'] },
      { id: 'k', hint: '', now: NOW },
    )
    expect(ofKind(follow(exampleTeam(), withKey), 'audit')).toMatchObject([{ action: 'api_key.created' }])
    expect(
      ofKind(
        change((s) => deleteKey(s, WHO.owner, 'k'), withKey),
        'audit',
      ),
    ).toMatchObject([{ action: 'api_key.deleted', entityId: 'k' }])
    const oidc = { issuer: 'https://x', audience: 'y' }
    expect(ofKind(follow(exampleTeam(), { ...exampleTeam(), oidc }), 'audit')).toMatchObject([
      { action: 'oidc.created', entityId: 'acme', fields: ['issuer', 'audience'] },
    ])
  })
})

describe('sweeps', () => {
  it.each<[string, (state: DirectoryState) => DirectoryState, object[]]>([
    ['a removed agent, who has an operation', (s) => remove(s, 'anna'), []],
    [
      'a dropped membership',
      update('anna', { memberships: [{ departmentId: 'billing' }] }),
      [{ agentId: 'anna', departmentId: 'support', because: 'membership_change' }],
    ],
    [
      'a new membership',
      update('adam', { memberships: [{ departmentId: 'support' }, { departmentId: 'billing' }] }),
      [],
    ],
    ['another weight', update('adam', { memberships: [{ departmentId: 'support', weight: 2 }] }), []],
    ['a presence', (s) => setPresence(s, s.agents[2]!, 'away'), []],
    ['a name', update('anna', { name: 'x' }), []],
    [
      'a reopen window',
      (s) => updateSettings(s, { reopenWindow: 'P1D' }, ['reopenWindow']),
      [{ all: true, because: 'settings' }],
    ],
    ['another setting', (s) => updateSettings(s, { locale: 'fr' }, ['locale']), []],
    [
      'a claim timeout',
      (s) =>
        updateDepartment(s, 'billing', { claimTimeout: { then: 'notify', after: 'PT1H' } }, ['claimTimeout']),
      [{ departmentId: 'billing', because: 'settings' }],
    ],
    [
      'hours',
      (s) =>
        updateDepartment(s, 'billing', { hours: { mon: { intervals: [{ from: '09:00', to: '10:00' }] } } }, [
          'hours',
        ]),
      [{ departmentId: 'billing', because: 'settings' }],
    ],
    ['another property of a department', (s) => updateDepartment(s, 'billing', { name: 'x' }, ['name']), []],
    ['a deleted account', (s) => deleteAccount(s, NOW), []],
  ])('follow %s', (_, decide, expected) => {
    expect(sweeps(change(decide))).toEqual(expected)
  })

  it('say who dropped somebody', () => {
    const [sweep] = ofKind(change(update('anna', { memberships: [] })), 'sweep')
    expect(sweep?.input).toMatchObject({
      accountId: 'acme',
      sweepId: '2-0',
      command: { type: 'recheck', startedBy: actor },
    })
  })

  it('give the one who is left everything', () => {
    const two = remove(exampleTeam(), 'anna')
    const items = change(update('adam', { status: 'suspended' }), two)
    expect(sweeps(items)).toEqual([{ all: true, because: 'solo_account' }])
    expect(operations(items)).toEqual([['offboarding', 'adam', 'running']])
  })

  it('do not take from the only agent what they are no member of', () => {
    expect(sweeps(change(update('olga', { memberships: [] }), exampleAccount()))).toEqual([])
  })

  it('do not follow a new account', () => {
    expect(ofKind(follow(null, exampleAccount()), 'sweep')).toEqual([])
  })
})

describe('operations', () => {
  const later = { id: 'd1', now: NOW }
  const standIn = (mode: string) => (s: DirectoryState) =>
    setDelegation(s, s.agents[2]!, { toAgentId: 'adam', until: '2026-04-01', mode }, later)

  it('move the tickets of somebody who leaves, and say who wanted that', () => {
    const items = change((s) => remove(s, 'anna'))
    expect(ofKind(items, 'operation')).toEqual([
      {
        kind: 'operation',
        id: 'acme:off-anna:2',
        workflow: 'offboarding',
        input: {
          accountId: 'acme',
          agentId: 'anna',
          offboardingId: 'off-anna',
          startedBy: actor,
          wanted: 'running',
          version: 2,
        },
      },
    ])
    expect(ofKind(items, 'audit').map(({ action }) => action)).toEqual([
      'agent.removed',
      'offboarding.created',
    ])
  })

  it('are told when something else is wanted of them, and only then', () => {
    const running = remove(exampleTeam(), 'anna')
    const control = (action: string) => (s: DirectoryState) =>
      controlOffboarding(s, WHO.owner, 'anna', action)
    expect(operations(change(control('pause'), running))).toEqual([['offboarding', 'anna', 'paused']])
    expect(operations(change(control('undo'), running))).toEqual([['offboarding', 'anna', 'undone']])
    expect(operations(change(update('adam', { name: 'x' }), running))).toEqual([])
    const back = change(update('anna', { status: 'active' }), after(update('anna', { status: 'suspended' })))
    expect(operations(back)).toEqual([['offboarding', 'anna', 'stopped']])
  })

  it('bring tickets to who stands in, and back', () => {
    const standing = standIn('tickets')(exampleTeam())
    expect(operations(follow(exampleTeam(), standing))).toEqual([['delegation', 'anna', 'running']])
    const other = setDelegation(
      standing,
      standing.agents[2]!,
      { toAgentId: 'olga', until: '2026-04-01' },
      { ...later, id: 'd2' },
    )
    expect(operations(follow(standing, other))).toEqual([
      ['delegation', 'anna', 'ended'],
      ['delegation', 'anna', 'running'],
    ])
    expect(operations(change((s) => remove(s, 'anna'), standing))).toEqual([
      ['offboarding', 'anna', 'running'],
      ['delegation', 'anna', 'ended'],
    ])
  })

  it('are not needed to tell somebody', () => {
    expect(operations(change(standIn('notices')))).toEqual([])
  })
})

/** The team after a change. */
const after = (decide: (state: DirectoryState) => DirectoryState) => decide(exampleTeam())

it('what is the same has no consequences', () => {
  expect(follow(exampleTeam(), exampleTeam())).toEqual([])
  expect(isSame(exampleTeam(), { ...exampleTeam(), version: 9 })).toBe(true)
  expect(isSame(exampleTeam(), exampleAccount())).toBe(false)
})

describe('an outbox that grows', () => {
  const event = (n: number, entityId: string, type = 'agent.updated'): EventItem => ({
    kind: 'event',
    id: `${entityId}-${n}`,
    type,
    entityId,
    sequence: n,
    at: NOW,
    data: { n },
  })

  it('keeps the last update of each entity, everything else, and the order', () => {
    const sweep = ofKind(change(update('anna', { memberships: [] })), 'sweep')[0]!
    const items = [
      event(1, 'a', 'agent.created'),
      event(2, 'a'),
      event(3, 'b'),
      sweep,
      event(4, 'a'),
      event(5, 'a', 'agent.removed'),
      event(6, 'b'),
    ]
    expect(coalesce(items, 3)).toEqual([items[0], items[3], items[4], items[5], items[6]])
    expect(coalesce(items, 7)).toBe(items)
  })
})

/** Any sequence of changes, legal or not. */
const step = fc.oneof(
  fc.record({
    type: fc.constant('create' as const),
    n: fc.nat(9),
    status: fc.constantFrom('active', 'suspended'),
  }),
  fc.record({
    type: fc.constant('status' as const),
    n: fc.nat(9),
    status: fc.constantFrom('active', 'suspended', 'removed'),
  }),
  fc.record({
    type: fc.constant('members' as const),
    n: fc.nat(9),
    departments: fc.subarray(['support', 'billing']),
  }),
  fc.record({
    type: fc.constant('role' as const),
    n: fc.nat(9),
    role: fc.constantFrom('owner', 'admin', 'agent'),
  }),
)

function apply(state: DirectoryState, one: ReturnType<typeof step.generate>['value']): DirectoryState {
  const ids = state.agents.map(({ id }) => id)
  const id = ids[one.n % ids.length]!
  try {
    if (one.type === 'create') {
      const fresh = `n${state.agents.length}`
      const input = { name: fresh, email: `${fresh}@x.com`, status: one.status }
      return createAgent(state, WHO.owner, input, { id: fresh, now: NOW })
    }
    if (one.type === 'status') return update(id, { status: one.status })(state)
    if (one.type === 'role') return updateAgent(state, WHO.owner, id, { role: one.role }, ['role'])
    const memberships = one.departments.map((departmentId) => ({ departmentId }))
    return updateAgent(state, WHO.owner, id, { memberships }, ['memberships'])
  } catch {
    return state
  }
}

describe('whatever happens to a team', () => {
  it('there is an owner, nobody keeps what they may not, and every change is told once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state: DirectoryState = {
          ...exampleTeam(),
          agents: [exampleTeam().agents[0]!, exampleAgent('anna')],
        }
        for (const one of steps) {
          const after = apply(state, one)
          const items = follow(state, after)
          expect(activeAgents(after).some(({ role }) => role === 'owner')).toBe(true)
          const told = new Set(ofKind(items, 'event').map(({ entityId }) => entityId))
          const asked = sweeps(items) as { agentId?: string; departmentId?: string; all?: boolean }[]
          const solo = soloAgent(after)
          for (const agent of after.agents) {
            const was = state.agents.find(({ id }) => id === agent.id)
            expect(told.has(agent.id)).toBe(JSON.stringify(was) !== JSON.stringify(agent))
            if (!was) continue
            if (was.status === 'active' && agent.status !== 'active') {
              expect(operations(items)).toContainEqual(['offboarding', agent.id, 'running'])
            }
            const kept = new Set(agent.memberships.map(({ departmentId }) => departmentId))
            for (const { departmentId } of was.memberships) {
              if (agent.status !== 'active' || agent.id === solo?.id || kept.has(departmentId)) continue
              expect(asked).toContainEqual({ agentId: agent.id, departmentId, because: 'membership_change' })
            }
          }
          const before = soloAgent(state)
          if (solo && !before) expect(asked).toContainEqual({ all: true, because: 'solo_account' })
          if (before && !solo) {
            expect(after.agents.find(({ id }) => id === before.id)?.memberships).toHaveLength(2)
          }
          state = { ...after, version: state.version + 1 }
        }
      }),
      { numRuns: 300 },
    )
  })
})
