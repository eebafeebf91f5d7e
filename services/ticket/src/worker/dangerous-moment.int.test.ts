import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { noticeWorkflowId } from '@onus/workflows-contract'
import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import { CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Installation, newSettings } from './testing/installation.ts'

const TEAM: DirectoryPlan = {
  departments: { billing: {} },
  agents: { ana: { in: ['billing'] }, bob: { in: ['billing'] }, cem: { in: ['billing'] } },
}
const ENTRY = fileURLToPath(new URL('./testing/dying-worker.ts', import.meta.url))

let installation: Installation
let worker: ChildProcess | undefined
beforeEach(async () => {
  installation = await Installation.open(newSettings(TEAM))
})
afterEach(async () => {
  if (worker?.exitCode === null && worker.signalCode === null) worker.kill('SIGKILL')
  await installation?.remove()
})

/** Starts a worker process that does not survive a command of this type; answers when it takes work. */
async function startDyingWorker(deadly: string): Promise<{ died: Promise<unknown> }> {
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(installation.settings), deadly], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  worker = child
  const died = once(child, 'exit').then(([, signal]) => signal)
  const early = died.then(() => Promise.reject(new Error('the worker died before it was ready')))
  await Promise.race([once(child.stdout, 'data'), early])
  early.catch(() => {})
  return { died }
}

it('loses and doubles nothing when the worker dies between the log and the workflow task', async () => {
  const ticketId = 'survivor'
  const { died } = await startDyingWorker('assign')
  await installation.send(ticketId, installation.envelope(creation(), CONTACT_AUTHORITY))

  const assign = installation.envelope({ type: 'assign', agentId: 'ana' }, 'cem')
  const answered = installation.send(ticketId, assign)
  expect(await died).toBe('SIGKILL')
  // The log has it; the workflow's history, the summary, Kafka and the notices do not.
  expect((await installation.documents(ticketId)).map(({ commandId }) => commandId)).toContain(
    assign.commandId,
  )
  // Meanwhile others want the ticket too.
  const late = installation.send(ticketId, installation.envelope({ type: 'claim' }, 'bob'))
  late.catch(() => {})
  await installation.runTicketWorker()

  expect((await answered).responsibility).toMatchObject({ agentId: 'ana', revision: 2 })
  await expect(late).rejects.toMatchObject({ reason: 'already-claimed', current: { agentId: 'ana' } })
  // A repeat is recognised by its id.
  const again = await installation.send(ticketId, assign)
  expect(again.responsibility).toMatchObject({ agentId: 'ana', revision: 2 })

  const documents = await installation.documents(ticketId)
  expect(documents.map(({ commandType }) => commandType)).toEqual(['create', 'assign'])
  const { sequences } = await installation.events(ticketId, 4)
  expect(sequences).toEqual([1, 2, 3, 4])
  const summary = await installation.mongo.db.collection('tickets').findOne({ ticketId })
  expect(summary).toMatchObject({ agentId: 'ana', sequence: 4, commandNumber: 2 })
  const notice = installation.temporal.client.workflow.getHandle(
    noticeWorkflowId(installation.accountId, ticketId, 4),
  )
  expect((await notice.describe()).type).toBe('notice')
}, 90_000)
