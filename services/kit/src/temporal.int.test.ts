import { fileURLToPath } from 'node:url'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from './ids.ts'
import { currentTraceparent, inSpan, startTelemetry } from './telemetry.ts'
import { connectTemporal, ensureSearchAttributes, type Temporal, workerTracing } from './temporal.ts'
import { fromEnvironment } from './testing/environment.ts'

describe('Temporal', () => {
  let temporal: Temporal
  const config = {
    TEMPORAL_ADDRESS: fromEnvironment('TEMPORAL_ADDRESS'),
    TEMPORAL_NAMESPACE: fromEnvironment('TEMPORAL_NAMESPACE'),
  }

  beforeAll(async () => {
    await startTelemetry('test')
    temporal = await connectTemporal(config)
  })
  afterAll(() => temporal.close())

  it('answers', async () => {
    await temporal.ping()
  })

  it('knows our search attributes once they are asked for, as often as that is', async () => {
    for (let times = 0; times < 2; times++) {
      await ensureSearchAttributes(temporal.connection, config.TEMPORAL_NAMESPACE, SEARCH_ATTRIBUTES)
    }
    const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
      namespace: config.TEMPORAL_NAMESPACE,
    })
    expect(Object.keys(customAttributes ?? {})).toEqual(
      expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
    )
  })

  it('carries a trace from the caller through the workflow into its activity', async () => {
    const taskQueue = `kit-${newId()}`
    const seen: (string | undefined)[] = []
    const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
    const worker = await Worker.create({
      connection,
      workflowsPath: fileURLToPath(new URL('./testing/traced-workflow.ts', import.meta.url)),
      activities: { look: async () => void seen.push(currentTraceparent()) },
      taskQueue,
      namespace: config.TEMPORAL_NAMESPACE,
      ...(await workerTracing('test', { bundled: false })),
    })
    await worker.runUntil(
      inSpan('request', {}, async () => {
        const trace = currentTraceparent()?.split('-')[1]
        await temporal.client.workflow.execute('traced', { taskQueue, workflowId: newId() })
        expect(seen.map((traceparent) => traceparent?.split('-')[1])).toEqual([trace, trace])
      }),
    )
    await connection.close()
  })

  it('that is not there is told within a bounded time', async () => {
    const began = Date.now()
    await expect(connectTemporal({ ...config, TEMPORAL_ADDRESS: '127.0.0.1:1' })).rejects.toThrow()
    expect(Date.now() - began).toBeLessThan(20_000)
  })
})
