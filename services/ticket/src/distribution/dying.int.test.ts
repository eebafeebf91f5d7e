import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import { CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Installation, newSettings } from '../worker/testing/installation.ts'
import type { SlotsDocument } from './slots.ts'

const TEAM: DirectoryPlan = {
  departments: { support: { distribution: { strategy: 'round_robin', on: ['new'] } } },
  agents: {
    ana: { in: ['support'], capacity: 1 },
    bob: { in: ['support'], capacity: 1 },
  },
}
const ENTRY = fileURLToPath(new URL('../worker/testing/dying-worker.ts', import.meta.url))

let installation: Installation
let worker: ChildProcess | undefined
beforeEach(async () => {
  installation = await Installation.open(newSettings(TEAM))
})
afterEach(async () => {
  if (worker?.exitCode === null && worker.signalCode === null) worker.kill('SIGKILL')
  await installation?.remove()
})

/** Starts a worker process that is killed at this moment of a ticket's creation; answers when it takes work. */
async function startDyingWorker(moment: string): Promise<{ died: Promise<unknown> }> {
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(installation.settings), 'create', moment], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  worker = child
  const died = once(child, 'exit').then(([, signal]) => signal)
  const early = died.then(() => Promise.reject(new Error('the worker died before it was ready')))
  await Promise.race([once(child.stdout, 'data'), early])
  early.catch(() => {})
  return { died }
}

const create = (ticketId: string) =>
  installation.send(ticketId, installation.envelope(creation(), CONTACT_AUTHORITY))
const places = async () => {
  const documents = await installation.mongo.db.collection<SlotsDocument>('slots').find().toArray()
  return Object.fromEntries(documents.map(({ agentId, tickets, held }) => [agentId, { tickets, held }]))
}

it('keeps one place for a ticket whose workers die before and after its log has it, and nobody’s turn is lost', async () => {
  const first = await startDyingWorker('before')
  const answered = create('survivor')
  expect(await first.died).toBe('SIGKILL')
  const kept = { tickets: ['survivor'], held: [{ ticketId: 'survivor' }] }
  expect((await places()).ana).toMatchObject(kept)
  expect(await installation.documents('survivor')).toHaveLength(0)

  const second = await startDyingWorker('after')
  expect(await second.died).toBe('SIGKILL')
  expect((await places()).ana).toMatchObject(kept)
  expect(await installation.documents('survivor')).toHaveLength(1)

  await installation.runTicketWorker()
  expect((await answered).responsibility).toMatchObject({ agentId: 'ana', revision: 1 })
  expect(await places()).toMatchObject({ ana: { tickets: ['survivor'], held: [] }, bob: { tickets: [] } })
  expect((await create('next')).responsibility.agentId).toBe('bob')
  expect((await create('last')).responsibility.agentId).toBeNull()
}, 120_000)
