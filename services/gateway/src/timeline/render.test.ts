import { catalogProblems } from '@onus/kit/i18n'
import { type Cause, ENTRY_TYPES, REOPEN_POLICIES } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { CATALOGS, languageOf, type Names, type RenderableEntry, renderEntry } from './render.ts'

const names: Names = {
  agent: (id) => ({ ana: 'Ana', bob: 'Bob' })[id],
  department: (id) => ({ billing: 'Billing', support: 'Support' })[id],
}
const ANA = { type: 'agent', id: 'ana', name: 'Ana' } as const
const SYSTEM = { type: 'system' } as const
const en = (entry: RenderableEntry) => renderEntry(entry, names, { language: 'en', timeZone: 'UTC' })
const fr = (entry: RenderableEntry) =>
  renderEntry(entry, names, { language: 'fr-CA,en;q=0.5', timeZone: 'UTC' })

/** Every cause there is; the compiler refuses a list that lacks one. */
const CAUSES = {
  claim: true,
  answer: true,
  assign: true,
  transfer: true,
  release: true,
  take_over: true,
  return: true,
  inbound_address: true,
  default_department: true,
  solo_account: true,
  rule: true,
  distribution: true,
  reopen_policy: true,
  claim_timeout: true,
  offboarding: true,
  membership_change: true,
  delegation: true,
  created: true,
  reply: true,
  auto_reply: true,
  note: true,
  update: true,
  resolve: true,
  reopen: true,
  postpone: true,
  close: true,
  spam: true,
  delete: true,
  reopen_window: true,
  postpone_end: true,
} satisfies Record<Cause['type'], true>

/** Causes that move responsibility; each has a sentence of its own. */
const MOVING = Object.keys(CAUSES).slice(0, 17)

const sample = (type: RenderableEntry['type'], cause: string, assigned = true): RenderableEntry => ({
  type,
  actor: ANA,
  cause: { type: cause, ruleName: 'Invoices', policy: 'keep', startedBy: ANA },
  revision: 2,
  ...(type === 'responsibility.changed'
    ? {
        from: { departmentId: 'support', agentId: 'bob' },
        to: { departmentId: 'billing', agentId: assigned ? 'ana' : null },
      }
    : type === 'priority.changed'
      ? { from: 'low', to: 'high' }
      : { from: 'new', to: 'open' }),
  details: {
    channel: 'email',
    authorType: 'agent',
    kind: 'public',
    until: '2026-03-01T09:00:00.000Z',
    policy: 'keep',
    previousStatus: 'resolved',
    added: ['vip'],
    removed: [],
    fields: ['order'],
    then: 'notify',
    ruleName: 'Invoices',
  },
})

it('has both languages whole', () => {
  expect(catalogProblems(CATALOGS)).toEqual([])
})

it.each(MOVING)('has a sentence of its own for responsibility by %s', (cause) => {
  expect(Object.keys(CATALOGS.en)).toContain(`responsibility.changed.${cause}`)
})

describe.each(ENTRY_TYPES)('%s', (type) => {
  it.each(Object.keys(CAUSES))('by %s is a sentence in both languages', (cause) => {
    for (const assigned of [true, false]) {
      const entry = sample(type, cause, assigned)
      const texts = [en(entry), fr(entry)]
      for (const text of texts) {
        expect(text).toMatch(/^\p{Lu}.*\.$/u)
        expect(text).not.toMatch(/[{}]|undefined|null|\?|\[object|[a-z]_[a-z]/)
      }
      expect(texts[0]).not.toBe(texts[1])
    }
  })
})

describe('sentences', () => {
  const moved = (
    cause: string,
    from: string | null,
    to: string | null,
    more: Partial<RenderableEntry> = {},
  ) =>
    ({
      type: 'responsibility.changed',
      actor: ANA,
      cause: { type: cause },
      from: { departmentId: 'support', agentId: from },
      to: { departmentId: 'billing', agentId: to },
      revision: 2,
      ...more,
    }) as RenderableEntry

  it('tell who moved what where', () => {
    expect(en(moved('claim', null, 'ana'))).toBe('Ana took the ticket.')
    expect(en(moved('transfer', 'bob', null))).toBe(
      'Ana transferred the ticket from Support to Billing; nobody has it yet.',
    )
    expect(en(moved('transfer', 'bob', 'bob'))).toBe(
      'Ana transferred the ticket from Support to Bob in Billing.',
    )
    expect(en(moved('release', 'ana', null))).toBe('Ana released the ticket; it waits in Billing.')
    expect(en(moved('release', 'bob', null))).toContain('took the ticket from Bob')
    expect(fr(moved('take_over', 'bob', 'ana', { reason: 'Bob est absent' }))).toBe(
      'Ana a repris le ticket de Bob. Motif : Bob est absent',
    )
  })

  it('tell who stands in, who left, and that it was taken back', () => {
    const by = (type: string, more: object) => ({ actor: SYSTEM, cause: { type, ...more } })
    const standing = by('delegation', { delegationId: 'd', agentId: 'bob' })
    const chain = { details: { chain: ['bob', 'gone', 'ana'] } }
    expect(en(moved('', 'bob', 'ana', standing))).toBe('Ana stands in for Bob and has the ticket.')
    expect(en(moved('', 'bob', 'ana', { ...standing, ...chain }))).toBe(
      'Ana stands in for Bob (Bob → somebody who is no longer here → Ana) and has the ticket.',
    )
    expect(en(moved('', 'bob', null, standing))).toBe(
      'Bob is away, and nobody who stands in is a member of Billing: the ticket waits there.',
    )
    expect(en(moved('', 'ana', 'bob', by('delegation', { agentId: 'bob', ended: true })))).toBe(
      'Nobody stands in for Bob any more: Bob has the ticket again.',
    )
    const left = { offboardingId: 'o', startedBy: ANA }
    expect(en(moved('', 'bob', null, by('offboarding', left)))).toBe(
      'Ana off-boarded Bob: the ticket waits in Billing.',
    )
    expect(fr(moved('', null, 'bob', by('offboarding', { ...left, undone: true })))).toBe(
      'Ana a annulé le départ : Bob a de nouveau le ticket.',
    )
    expect(en(moved('', 'bob', null, by('membership_change', { startedBy: ANA })))).toBe(
      'Ana took Bob out of Support: the ticket waits in Billing.',
    )
    expect(
      en(moved('', 'bob', null, by('reopen_policy', { policy: 'keep_if_available', outcome: 'on_leave' }))),
    ).toContain('Bob is on leave')
  })

  it('tell the first place of a ticket', () => {
    const first = { revision: 1, from: undefined }
    expect(en(moved('inbound_address', null, null, { ...first, actor: SYSTEM }))).toBe(
      'The address that was written to belongs to Billing; nobody has the ticket yet.',
    )
    expect(en(moved('assign', null, null, first))).toBe('Ana put the ticket in Billing.')
    expect(en(moved('solo_account', null, 'bob', { ...first, actor: SYSTEM }))).toContain('Bob’s')
  })

  it('tell of those who have gone', () => {
    const entry = moved('transfer', null, null, {
      actor: { type: 'agent', id: 'zoe', name: 'Zoe' },
      from: { departmentId: 'closed-one', agentId: null },
    })
    expect(en(entry)).toBe(
      'Zoe transferred the ticket from a department that no longer exists to Billing; nobody has it yet.',
    )
    expect(en(moved('assign', null, 'zoe'))).toContain('somebody who is no longer here')
  })

  it('tell that a timer was late', () => {
    const entry = { ...sample('status.changed', 'postpone_end'), cause: { type: 'postpone_end', late: true } }
    expect(en(entry)).toContain('later than planned')
    expect(en({ ...entry, cause: { type: 'postpone_end' } })).not.toContain('later')
  })

  it('tell times in the reader’s zone', () => {
    const entry = sample('status.changed', 'postpone')
    const at = (timeZone: string) => renderEntry(entry, names, { language: 'fr', timeZone })
    expect(at('UTC')).toContain('09:00')
    expect(at('Asia/Tokyo')).toContain('18:00')
  })

  it('never run what an agent wrote as a pattern', () => {
    const reason = 'see {actor} <b>{x, plural, other {y}}</b>'
    expect(en(moved('take_over', 'bob', 'ana', { reason }))).toContain(reason)
  })

  it('name every reopen policy', () => {
    for (const policy of REOPEN_POLICIES) expect(Object.keys(CATALOGS.en)).toContain(`policy.${policy}`)
  })
})

describe('rules', () => {
  const applied = (details: Record<string, unknown>) => en({ ...sample('rule.applied', 'rule'), details })

  it('say what they did, late or in part, and why not', () => {
    expect(applied({ actions: ['transfer'] })).toBe('The rule “Invoices” applied.')
    expect(applied({ actions: ['notify'], notify: [{}], timer: { late: true } })).toBe(
      'The rule “Invoices” applied (later than planned) and sent a message.',
    )
    const gone = { type: 'assign', reason: 'agent_gone' }
    const same = { type: 'add_tags', reason: 'no_change' }
    expect(applied({ actions: [], skipped: [gone, same] })).toBe(
      'The rule “Invoices” could not act: it names an agent who is no longer active.',
    )
    expect(applied({ actions: ['stop'], skipped: [gone] })).toContain('but not all of it')
    expect(applied({ actions: [], skipped: [same] })).toBe('The rule “Invoices” had nothing to change.')
  })

  it('answer and leave notes under their name', () => {
    const wrote = (kind: string) => ({
      ...sample('message.added', 'rule'),
      actor: SYSTEM,
      details: { authorType: 'system', kind },
    })
    expect(en(wrote('public'))).toBe('The rule “Invoices” answered.')
    expect(en(wrote('note'))).toBe('The rule “Invoices” left a note.')
  })

  it('say until when they postpone', () => {
    const details = { until: '2026-03-01T09:00:00.000Z' }
    expect(en({ ...sample('status.changed', 'rule'), to: 'postponed', details })).toMatch(
      /^The rule “Invoices” postponed the ticket until Mar 1, 2026 9:00\sAM\.$/,
    )
  })

  it('that escalate to each other are told', () => {
    const details = { then: 'notify', notEscalated: 'came_from_there', toDepartmentId: 'support' }
    expect(en({ ...sample('claim.overdue', 'claim_timeout'), details })).toContain(
      'Support, where it would go',
    )
  })

  it('know a due time in the reader’s zone', () => {
    const entry = {
      ...sample('fields.changed', 'update'),
      details: { fields: [], dueAt: '2026-03-01T09:00:00.000Z' },
    }
    expect(renderEntry(entry, names, { language: 'en', timeZone: 'Asia/Tokyo' })).toMatch(/6:00\sPM/)
    expect(en({ ...entry, details: { fields: [], dueAt: null } })).toBe('Ana removed the due time.')
  })
})

it.each([
  ['fr', 'fr'],
  ['de,fr;q=0.9,en;q=0.8', 'fr'],
  ['ja', 'en'],
  ['*', 'en'],
  [undefined, 'en'],
  ['%%%', 'en'],
])('reads %s in %s', (language, expected) => {
  expect(languageOf({ language, timeZone: 'UTC' })).toBe(expected)
})
