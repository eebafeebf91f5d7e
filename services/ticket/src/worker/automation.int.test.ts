import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Entry } from '@onus/workflows-contract'
import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import type { RulePlan } from '@onus/workflows-ticket/testing/rules'
import { CONTACT_AUTHORITY, creation, SYSTEM_AUTHORITY } from '@onus/workflows-ticket/testing/story'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MessageStore } from '../store/messages.ts'
import { Installation, newSettings } from './testing/installation.ts'

const TEAM: DirectoryPlan = {
  departments: { billing: {}, sales: {} },
  agents: { ana: { in: ['billing'] }, bob: { in: ['sales'] }, cem: { in: ['billing'] } },
}
const ENTRY = fileURLToPath(new URL('./testing/dying-worker.ts', import.meta.url))

const tagOn = (on: string): RulePlan => ({
  id: on,
  on,
  when: ({ tags }) => !(tags as string[]).includes(on),
  do: [{ type: 'add_tags', tags: [on] }],
})
const applied = (entries: Entry[]) =>
  entries.flatMap(({ type, details }) => (type === 'rule.applied' ? [details?.ruleId] : []))

let installation: Installation
let worker: ChildProcess | undefined
afterEach(async () => {
  if (worker?.exitCode === null && worker.signalCode === null) worker.kill('SIGKILL')
  worker = undefined
  await installation?.remove()
})

describe('rules on the real servers', () => {
  beforeEach(async () => {
    installation = await Installation.open(newSettings(TEAM))
    await installation.runTicketWorker()
  })

  const send = (ticketId: string, ...of: Parameters<Installation['envelope']>) =>
    installation.send(ticketId, installation.envelope(...of))

  it('act on every event, and all of it is published in order', async () => {
    installation.rules = [
      'ticket_created',
      'customer_replied',
      'agent_answered',
      'responsibility_changed',
      'status_changed',
      'tags_changed',
      'ticket_reopened',
    ].map(tagOn)
    await send('t1', creation(), CONTACT_AUTHORITY)
    await send('t1', { type: 'claim' }, 'ana')
    await send('t1', { type: 'answer', messageId: 'a' }, 'ana')
    await send('t1', { type: 'resolve' }, 'ana')
    await send('t1', { type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY)
    const entries = await installation.entries('t1')
    expect([...new Set(applied(entries))].sort()).toEqual(installation.rules.map(({ id }) => id).sort())
    const { sequences } = await installation.events('t1', entries.length)
    expect(sequences).toEqual(entries.map((_, index) => index + 1))
  }, 90_000)

  it('by time act by themselves, once, and sleep durably', async () => {
    installation.rules = [
      { id: 'late', on: 'unclaimed_for', after: 'PT2S', do: [{ type: 'transfer', departmentId: 'sales' }] },
    ]
    await send('t2', creation(), CONTACT_AUTHORITY)
    await expect
      .poll(async () => applied(await installation.entries('t2')), { timeout: 15_000 })
      .toEqual(['late'])
    const summary = await installation.mongo.db.collection('tickets').findOne({ ticketId: 't2' })
    expect(summary).toMatchObject({ departmentId: 'sales', agentId: null })
    // In sales it is unclaimed anew, which is another spell.
    await expect
      .poll(async () => applied(await installation.entries('t2')), { timeout: 15_000 })
      .toEqual(['late', 'late'])
  }, 90_000)

  it('move their timers when the rules change', async () => {
    installation.rules = [
      { id: 'old', on: 'older_than', after: 'P1D', do: [{ type: 'add_tags', tags: ['old'] }] },
    ]
    await send('t3', creation(), CONTACT_AUTHORITY)
    installation.rules = [
      { id: 'old', version: 2, on: 'older_than', after: 'PT1S', do: [{ type: 'add_tags', tags: ['old'] }] },
    ]
    await send('t3', { type: 'recheck', because: 'settings' }, SYSTEM_AUTHORITY)
    await expect
      .poll(async () => applied(await installation.entries('t3')), { timeout: 15_000 })
      .toEqual(['old'])
  }, 90_000)
})

it('what rules did in a command is neither lost nor doubled when the worker dies in it', async () => {
  const rules: RulePlan[] = [
    {
      id: 'note',
      on: 'responsibility_changed',
      do: [
        { type: 'add_note', body: 'It moved.' },
        { type: 'set_priority', priority: 'high' },
        { type: 'notify', agentId: 'ana', text: 'Look' },
      ],
    },
  ]
  installation = await Installation.open(newSettings(TEAM, rules))
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(installation.settings), 'assign'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  worker = child
  const died = once(child, 'exit').then(([, signal]) => signal)
  await once(child.stdout, 'data')
  await installation.send('survivor', installation.envelope(creation(), CONTACT_AUTHORITY))
  const assign = installation.envelope({ type: 'assign', agentId: 'ana' }, 'cem')
  const answered = installation.send('survivor', assign)
  expect(await died).toBe('SIGKILL')

  // Whoever goes on has other rules: what is in the log was decided by the old ones, and stays.
  installation.rules = [
    { id: 'other', on: 'responsibility_changed', do: [{ type: 'add_tags', tags: ['x'] }] },
  ]
  await installation.runTicketWorker()
  expect((await answered).responsibility).toMatchObject({ agentId: 'ana', revision: 2 })
  expect((await installation.send('survivor', assign)).tags).toEqual([])

  const documents = await installation.documents('survivor')
  expect(documents.map(({ commandType }) => commandType)).toEqual(['create', 'assign'])
  const entries = documents.flatMap((document) => document.entries)
  expect(applied(entries)).toEqual(['note', 'note'])
  const notes = entries.flatMap(({ type, cause, details }) =>
    type === 'message.added' && cause.type === 'rule' ? [String(details?.messageId)] : [],
  )
  expect(new Set(notes).size).toBe(2)
  const stored = await new MessageStore(installation.mongo.db).findMany(
    installation.accountId,
    'survivor',
    notes,
  )
  expect(stored.map(({ body }) => body)).toEqual(['It moved.', 'It moved.'])
  const { sequences } = await installation.events('survivor', entries.length)
  expect(sequences).toEqual(entries.map((_, index) => index + 1))
}, 90_000)
