import { mkdir, writeFile } from 'node:fs/promises'
import { digestWorkflowId } from '@onus/workflows-notice'
import type { WorkflowHandle } from '@temporalio/client'
import { writeHistory } from './history.ts'
import { startWorld } from './world.ts'

/**
 * Records one history of each path of notices and answers under the version that is named on the command
 * line, for the replay tests. Run once for each release; recorded histories are never changed.
 */
const version = process.argv[2]
if (!version) throw new Error('usage: record-histories.ts <version>')
const directory = new URL(`../../../../workflows/notice/histories/${version}/`, import.meta.url)

const world = await startWorld()

async function record(name: string, handle: WorkflowHandle): Promise<void> {
  await writeFile(new URL(`${name}.json`, directory), writeHistory(await handle.fetchHistory()))
}

async function finish(name: string, handle: WorkflowHandle): Promise<void> {
  await handle.result()
  await record(name, handle)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

try {
  await mkdir(directory, { recursive: true })
  await finish('notice-sent', await world.assign(world.addTicket(), 'ann'))

  const everybody = { before: null, after: { departmentId: 'support', agentId: null } }
  await finish('notice-department', await world.assign(world.addTicket(), 'adi', everybody))

  const nobody = { before: null, after: { departmentId: 'support', agentId: 'gone' } }
  await finish('notice-nobody', await world.assign(world.addTicket(), 'gone', nobody))

  world.smtp.mode = 'refuse'
  const retried = await world.assign(world.addTicket(), 'ann')
  await pause(3000)
  world.smtp.mode = 'ok'
  await finish('notice-retried', retried)

  world.smtp.dead.add('ann@acme.example')
  const dead = world.addTicket()
  await finish('notice-failed', await world.assign(dead, 'ann'))
  world.smtp.dead.clear()
  const lines = await world.ledger.ofTicket(world.accountId, dead.id, 10)
  const failed = lines.find((line) => line.state === 'failed')
  if (!failed) throw new Error('no notice failed')
  await world.client.resendNotice({ noticeId: failed.id }, { caller: world.callerOf('ann') })
  const resent = `resend:${world.accountId}:${failed.id}:1`
  await finish('resend', world.temporal.workflow.getHandle(resent))

  const digestOf = (agentId: string) =>
    world.temporal.workflow.getHandle(digestWorkflowId(world.accountId, agentId, 'email'))
  world.preferences.set('ann', { digest: { every: 'PT1M' } })
  await finish('notice-digest', await world.assign(world.addTicket(), 'ann'))
  await (await world.assign(world.addTicket(), 'ann')).result()
  world.preferences.set('bob', { digest: { every: 'P1W' } })
  await (await world.assign(world.addTicket(), 'bob')).result()
  world.preferences.delete('bob')
  await world.client.preferencesChanged({}, { caller: world.callerOf('bob') })
  await finish('digest-moved', digestOf('bob'))
  await finish('digest-sent', digestOf('ann'))
  world.preferences.clear()

  await finish('reply-sent', (await world.answer(world.addTicket())).handle)
  world.smtp.mode = 'refuse'
  const late = await world.answer(world.addTicket())
  await pause(3000)
  world.smtp.mode = 'ok'
  await finish('reply-retried', late.handle)
  const nowhere = world.addTicket({ contact: { id: 'c2', name: 'Nobody' } })
  await finish('reply-failed', (await world.answer(nowhere)).handle)
} finally {
  await world.stop()
}
