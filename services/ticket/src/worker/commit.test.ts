import { Problem } from '@onus/kit/problems'
import type { Command, TicketState } from '@onus/workflows-contract'
import type { CommitInput } from '@onus/workflows-ticket/activities'
import { applyCommit } from '@onus/workflows-ticket/domain/evolve'
import { type DirectoryPlan, directoryOf } from '@onus/workflows-ticket/testing/directory'
import type { RulePlan } from '@onus/workflows-ticket/testing/rules'
import { agentAuthority, CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { beforeEach, describe, expect, it } from 'vitest'
import { createCommit } from './commit.ts'
import { createLoad, createRecall } from './load.ts'
import { createEntryPublisher } from './publisher.ts'
import { createRules, type RulesApi } from './rules.ts'
import { MemoryBroker, MemoryLog, MemoryMessages } from './testing/memory.ts'
import { noRules, rulesApiOf } from './testing/rules.ts'

const KEY = { accountId: 'acme', ticketId: 't1' }
const START = new Date('2026-03-02T09:00:00.000Z')

let log: MemoryLog
let broker: MemoryBroker
let plan: DirectoryPlan
let commit: ReturnType<typeof createCommit>
/** The workflow's state: what it knows of the ticket. */
let state: TicketState | null

beforeEach(() => {
  log = new MemoryLog()
  broker = new MemoryBroker()
  plan = { departments: { billing: {} }, agents: { ana: { in: ['billing'] }, bob: { in: ['billing'] } } }
  state = null
  commit = createCommit({
    log,
    directory: async () => directoryOf(plan),
    rules: noRules,
    messages: new MemoryMessages(),
    events: createEntryPublisher(broker, { warn: () => {} }),
    now: () => START,
  })
})

const input = (command: Command, by: string, commandId = 'c1'): CommitInput => ({
  ...KEY,
  state,
  deadlines: {},
  envelope: { commandId, command, authority: by === 'contact' ? CONTACT_AUTHORITY : agentAuthority(by) },
  notBefore: START.toISOString(),
  publish: true,
})

/** A commit whose result the workflow has recorded. */
async function recorded(command: Command, by: string, commandId?: string) {
  const result = await commit(input(command, by, commandId))
  for (const one of result.commits) state = applyCommit(state, one, KEY)
  return result
}

describe('a commit', () => {
  it('is one document, its summary and its events', async () => {
    const { commits, published, names } = await recorded(creation(), 'contact', 'create')
    expect(commits).toHaveLength(1)
    expect([...log.documents.keys()]).toEqual(['acme:t1:1'])
    expect(published).toBe(true)
    expect(names).toEqual({ department: 'Billing', agent: null })
    expect(broker.records).toHaveLength(3)
    expect(await log.summary('acme', 't1')).toMatchObject({ departmentId: 'billing', sequence: 3, state })
  })

  it('that is refused leaves nothing', async () => {
    await recorded(creation(), 'contact', 'create')
    await recorded({ type: 'claim' }, 'ana', 'claim')
    const { commits, refusal } = await commit(input({ type: 'claim' }, 'bob', 'late'))
    expect(commits).toEqual([])
    expect(refusal?.reason).toBe('already-claimed')
    expect(log.documents.size).toBe(2)
  })

  it('is never earlier than the workflow’s own clock', async () => {
    const later = '2026-03-02T10:00:00.000Z'
    const { commits } = await commit({ ...input(creation(), 'contact'), notBefore: later })
    expect(commits[0]?.entries[0]?.at).toBe(later)
  })

  it('leaves the events to the workflow when older ones wait, or when the broker is down', async () => {
    await recorded(creation(), 'contact', 'create')
    broker.down = true
    expect((await commit(input({ type: 'claim' }, 'ana', 'c2'))).published).toBe(false)
    broker.down = false
    const waiting = await commit({ ...input({ type: 'claim' }, 'ana', 'c2'), publish: false })
    expect(waiting.published).toBe(false)
    expect(broker.records).toHaveLength(3)
  })
})

describe('a commit that the workflow has not heard of', () => {
  beforeEach(async () => {
    await recorded(creation(), 'contact', 'create')
    // Its worker died: the workflow's state stays behind.
    await commit(input({ type: 'claim' }, 'ana', 'lost'))
  })

  it('is the answer to its own repeat', async () => {
    const { commits, refusal } = await recorded({ type: 'claim' }, 'ana', 'lost')
    expect(commits.map(({ commandId }) => commandId)).toEqual(['lost'])
    expect(refusal).toBeUndefined()
    expect(log.documents.size).toBe(2)
    expect(state?.responsibility).toMatchObject({ agentId: 'ana', revision: 2 })
  })

  it('is the answer to its own repeat even when it would be refused by now', async () => {
    plan = { ...plan, agents: { ...plan.agents, ana: { in: [], status: 'suspended' } } }
    const { commits, refusal } = await recorded({ type: 'claim' }, 'ana', 'lost')
    expect(commits).toHaveLength(1)
    expect(refusal).toBeUndefined()
  })

  it('comes before another command, which is then decided by what it left', async () => {
    const { commits, refusal } = await recorded({ type: 'claim' }, 'bob', 'other')
    expect(commits.map(({ commandId }) => commandId)).toEqual(['lost'])
    expect(refusal).toMatchObject({ reason: 'already-claimed', current: { agentId: 'ana' } })
  })

  it('comes before another command that is done too', async () => {
    const { commits } = await recorded({ type: 'note', messageId: 'n' }, 'bob', 'other')
    expect(commits.map(({ commandId, commandNumber }) => [commandId, commandNumber])).toEqual([
      ['lost', 2],
      ['other', 3],
    ])
    expect(state?.sequence).toBe(5)
    expect(await log.summary('acme', 't1')).toMatchObject({ sequence: 5, commandNumber: 3, agentId: 'ana' })
  })

  it('is found by a tick that has nothing to do', async () => {
    const tick = { ...input({ type: 'tick' }, 'ana', 'tick') }
    tick.envelope.authority = { actor: { type: 'system' } }
    const { commits } = await commit(tick)
    expect(commits.map(({ commandId }) => commandId)).toEqual(['lost'])
  })
})

describe('a commit in an account with rules', () => {
  let tagging: RulePlan
  const update = (commandId: string) => input({ type: 'update', tags: [commandId] }, 'ana', commandId)
  let api: RulesApi
  let asked: string[]
  let rulesDown: boolean
  let now: number
  let messages: MemoryMessages

  beforeEach(async () => {
    tagging = { id: 'r1', on: 'tags_changed', do: [{ type: 'add_note', body: 'Look' }] }
    asked = []
    rulesDown = false
    now = 0
    messages = new MemoryMessages()
    const planned = rulesApiOf(() => [tagging])
    const unlessDown = <T>(name: string, work: () => Promise<T>): Promise<T> => {
      asked.push(name)
      return rulesDown ? Promise.reject(new Problem('unavailable', 'It is away.')) : work()
    }
    api = {
      getTriggers: (request) => unlessDown('triggers', () => planned.getTriggers(request)),
      evaluate: (request) => unlessDown('evaluate', () => planned.evaluate(request)),
    }
    const stores = { messages: { findMany: async () => [] }, tickets: { findSeed: async () => null } }
    commit = createCommit({
      log,
      directory: async () => {
        asked.push('directory')
        return directoryOf(plan)
      },
      rules: createRules({ api, ...stores, clock: () => now }),
      messages,
      events: createEntryPublisher(broker, { warn: () => {} }),
      now: () => START,
    })
    await recorded(creation(), 'contact', 'create')
    asked = []
  })

  it('keeps a rule’s message before the entry that names it', async () => {
    const { commits } = await commit(update('c2'))
    const written = commits[0]?.entries.at(-1)?.details?.messageId
    expect(messages.kept.get(String(written))).toMatchObject({ body: 'Look', kind: 'note' })
  })

  it('asks for nothing more when no rule waits for what happened', async () => {
    await commit(input({ type: 'claim' }, 'ana', 'c2'))
    // Both at once, and nothing after them.
    expect(asked).toEqual(['directory', 'triggers'])
  })

  it('goes on without the rules service where no rule waits for what happened', async () => {
    rulesDown = true
    expect((await recorded({ type: 'claim' }, 'ana', 'c2')).commits).toHaveLength(1)
    expect(await commit(update('c3'))).toMatchObject({ commits: [], waits: 'undecided' })
    expect(log.documents.size).toBe(2)
    rulesDown = false
    now += 1_000
    const { commits } = await commit(update('c3'))
    expect(commits[0]?.entries.map(({ type }) => type)).toEqual([
      'tags.changed',
      'rule.applied',
      'message.added',
    ])
  })

  it('leaves rules by time to the clock while the rules service is away', async () => {
    tagging.on = 'older_than'
    tagging.after = 'PT1S'
    await recorded({ type: 'note', messageId: 'n' }, 'ana', 'c2')
    const later = (commandId: string, command: Command): CommitInput => ({
      ...input(command, 'ana', commandId),
      notBefore: '2026-03-02T09:30:00.000Z',
    })
    rulesDown = true
    const dueAt = '2026-03-02T09:00:01.000Z'
    const claimed = await commit(later('c3', { type: 'claim' }))
    expect(claimed).toMatchObject({ deadlines: { ruleDueAt: dueAt }, waits: 'rules_by_time' })
    expect(claimed.commits).toHaveLength(1)
    rulesDown = false
    now += 1_000
    const { commits, deadlines } = await commit(later('c4', { type: 'note', messageId: 'n2' }))
    expect(commits.at(-1)?.entries.map(({ type }) => type)).toContain('rule.applied')
    expect(deadlines.ruleDueAt).toBeUndefined()
  })

  it('is decided by the rules that were there when it was, also when it was found in the log', async () => {
    await commit(update('lost'))
    const { commits } = await recorded({ type: 'claim' }, 'ana', 'c3')
    expect(commits.map(({ commandId }) => commandId)).toEqual(['lost', 'c3'])
    expect(messages.kept.size).toBe(1)
  })
})

describe('a new run', () => {
  it('starts from the log, puts a summary right that is behind, and knows the last commands', async () => {
    await recorded(creation(), 'contact', 'create')
    const behind = structuredClone(await log.summary('acme', 't1'))
    await recorded({ type: 'claim' }, 'ana', 'claim')
    if (behind) log.summaries.set('acme:t1', behind)
    const load = createLoad({ log, rules: noRules, directory: async () => directoryOf(plan) })
    const loaded = await load(KEY)
    expect(loaded.state).toEqual(state)
    expect(loaded.recent).toEqual([
      { commandId: 'create', sequence: 3, at: START.toISOString() },
      { commandId: 'claim', sequence: 4, at: START.toISOString() },
    ])
    expect(await log.summary('acme', 't1')).toMatchObject({ agentId: 'ana', sequence: 4 })
  })

  it('of a ticket that never was has nothing', async () => {
    const load = createLoad({ log, rules: noRules, directory: async () => directoryOf(plan) })
    expect(await load(KEY)).toEqual({ state: null, deadlines: {}, recent: [] })
  })

  it('can tell what a command of an earlier run left', async () => {
    await recorded(creation(), 'contact', 'create')
    const first = state
    await recorded({ type: 'claim' }, 'ana', 'claim')
    expect(await createRecall({ log })({ ...KEY, sequence: 3 })).toEqual(first)
  })
})
