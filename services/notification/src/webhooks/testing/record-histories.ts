import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { cacheDir } from '@onus/kit/bundle'
import { connectTemporal } from '@onus/kit/temporal'
import { type LaneState, WAKE_SIGNAL, webhookWorkflowId } from '@onus/workflows-notice/webhook-lane-contract'
import { writeHistory } from '../../testing/history.ts'
import { createWake } from '../waker.ts'
import { startWebhookWorker } from '../worker.ts'

/**
 * Records one history of each path of a webhook's lane under the version that is named on the command line,
 * for the replay tests. Run once for each release; recorded histories are never changed.
 */
const version = process.argv[2]
const address = process.env.TEMPORAL_ADDRESS
if (!version || !address) throw new Error('usage: TEMPORAL_ADDRESS=… record-histories.ts <version>')
const directory = new URL(`../../../../../workflows/notice/webhooks/histories/${version}/`, import.meta.url)
const config = {
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE ?? 'default',
  TEMPORAL_TASK_QUEUE_PREFIX: `record-${randomUUID().slice(0, 8)}-`,
  ONUS_CACHE_DIR: cacheDir(),
}

/** What each webhook's runs answer, one after the other. */
const answers = new Map<string, (() => LaneState | Promise<LaneState>)[]>()
const soon = (ms: number): LaneState => ({ nextAt: new Date(Date.now() + ms).toISOString(), waiting: 1 })
const nothing: LaneState = { nextAt: null, waiting: 0 }

const temporal = await connectTemporal(config)
const worker = await startWebhookWorker(
  config,
  async ({ webhookId }) => (await answers.get(webhookId)?.shift()?.()) ?? nothing,
)
const wake = createWake(temporal.client, config.TEMPORAL_TASK_QUEUE_PREFIX)

async function record(
  name: string,
  runs: (() => LaneState | Promise<LaneState>)[],
  during?: () => Promise<void>,
) {
  answers.set(name, runs)
  await wake('acc', name)
  await during?.()
  const handle = temporal.client.workflow.getHandle(webhookWorkflowId('acc', name))
  await handle.result()
  await writeFile(new URL(`${name}.json`, directory), writeHistory(await handle.fetchHistory()))
}

try {
  await mkdir(directory, { recursive: true })
  await record('delivered', [() => nothing])
  await record('retried', [() => soon(1000), () => soon(1000), () => nothing])
  await record('woken', [() => soon(3_600_000), () => nothing], async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await temporal.client.workflow.getHandle(webhookWorkflowId('acc', 'woken')).signal(WAKE_SIGNAL)
  })
  let failed = false
  await record('failed-once', [
    () => {
      failed = true
      throw new Error('the store is away')
    },
    () => (failed ? nothing : soon(1)),
  ])
} finally {
  await worker.stop()
  await temporal.close()
}
