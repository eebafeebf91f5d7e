import { fileURLToPath } from 'node:url'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from './ids.ts'
import { currentTraceparent, inSpan, startTelemetry } from './telemetry.ts'
import {
  connectTemporal,
  endWorkerVersions,
  ensureSearchAttributes,
  type Temporal,
  workerTracing,
  workerVersioning,
} from './temporal.ts'
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

  it('gives what begins to workers without a version, once versions have ended', async () => {
    const { TEMPORAL_NAMESPACE: namespace } = config
    const taskQueue = `kit-${newId()}`
    const deployment = `kit-${newId()}`
    const { workflowService } = temporal.connection
    const end = () => endWorkerVersions(temporal.connection, namespace, deployment)
    expect(await end()).toBeUndefined()

    const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
    const workerOf = (versioning: ReturnType<typeof workerVersioning>) =>
      Worker.create({
        connection,
        workflowsPath: fileURLToPath(new URL('./testing/traced-workflow.ts', import.meta.url)),
        activities: { look: async () => {} },
        ...{ taskQueue, namespace, ...versioning },
      })
    const run = () =>
      temporal.client.workflow.execute('traced', {
        ...{ taskQueue, workflowId: newId(), workflowExecutionTimeout: '20s' },
      })
    const version = { TEMPORAL_DEPLOYMENT_NAME: deployment, TEMPORAL_BUILD_ID: 'one' }
    const first = await workerOf(workerVersioning(version))
    await first.runUntil(async () => {
      await expect
        .poll(() =>
          workflowService
            .setWorkerDeploymentCurrentVersion({ namespace, deploymentName: deployment, buildId: 'one' })
            .then(
              () => 'current',
              ({ message }: Error) => message,
            ),
        )
        .toBe('current')
      await run()
    })
    expect(await end()).toBe('one')
    expect(await end()).toBeUndefined()
    const plain = await workerOf({})
    await plain.runUntil(run)
    await connection.close()
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
