import { fileURLToPath } from 'node:url'
import { ApplicationFailure } from '@temporalio/common'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from './ids.ts'
import { createLogger } from './logging.ts'
import { metricsText } from './telemetry.ts'
import { connectTemporal, type Temporal } from './temporal.ts'
import { installRuntime } from './temporal-runtime.ts'
import { fromEnvironment } from './testing/environment.ts'

const config = {
  TEMPORAL_ADDRESS: fromEnvironment('TEMPORAL_ADDRESS'),
  TEMPORAL_NAMESPACE: fromEnvironment('TEMPORAL_NAMESPACE'),
}
let temporal: Temporal
let connection: NativeConnection

beforeAll(async () => {
  await installRuntime(createLogger('test', 'silent'))
  temporal = await connectTemporal(config)
  connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
})
afterAll(async () => {
  await connection?.close()
  await temporal?.close()
})

it('shows on /metrics what waits, what fails and what is kept, by the names that alerts ask for', async () => {
  const taskQueue = `kit-${newId()}`
  let attempts = 0
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./testing/traced-workflow.ts', import.meta.url)),
    activities: {
      look: async () => {
        attempts += 1
        if (attempts === 1) throw ApplicationFailure.retryable('once')
      },
    },
  })
  await worker.runUntil(async () => {
    // A type that this worker does not have: what a deploy that went wrong looks like.
    const stuck = await temporal.client.workflow.start('unknown', { taskQueue, workflowId: newId() })
    await temporal.client.workflow.execute('traced', { taskQueue, workflowId: newId() })
    const wanted = [
      'temporal_workflow_task_schedule_to_start_latency_seconds_bucket',
      'temporal_activity_schedule_to_start_latency_seconds_bucket',
      'temporal_workflow_task_execution_failed{',
      'temporal_activity_execution_failed{',
      'temporal_workflow_task_queue_poll_succeed{',
      'temporal_sticky_cache_size',
      'temporal_sticky_cache_hit',
      'temporal_worker_task_slots_available',
      'temporal_request_latency_seconds_bucket',
    ]
    await expect
      .poll(
        async () => {
          const text = await metricsText()
          return wanted.filter((name) => !text.includes(`\n${name}`))
        },
        { timeout: 60_000 },
      )
      .toEqual([])
    await stuck.terminate('the test is over')
  })
}, 180_000)
