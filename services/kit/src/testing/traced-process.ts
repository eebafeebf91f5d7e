import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { baseConfig, kafkaConfig, mongoConfig, parseConfig, temporalConfig } from '../config.ts'
import { newId } from '../ids.ts'
import { createPublisher } from '../kafka.ts'
import { connectMongo } from '../mongo.ts'
import { runService } from '../service.ts'
import { inSpan } from '../telemetry.ts'
import { connectTemporal, workerTracing } from '../temporal.ts'

/** A process for the test of traces: it uses everything that is traced without our own code. */
await runService('traced', async ({ log, onStop }) => {
  const config = parseConfig({ ...baseConfig, ...mongoConfig('traced'), ...kafkaConfig, ...temporalConfig })
  const mongo = await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE })
  onStop('mongo', () => mongo.close())
  const publisher = createPublisher(config, log)
  onStop('kafka', () => publisher.close())
  const server = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onStop('http', () => void server.close())
  const temporal = await connectTemporal(config)
  onStop('temporal', () => temporal.close())
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
  onStop('worker connection', () => connection.close())
  const taskQueue = `kit-${newId()}`
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./traced-workflow.ts', import.meta.url)),
    activities: { look: async () => {} },
    ...(await workerTracing('traced', { bundled: false })),
  })
  await inSpan('the-work', {}, async () => {
    log.info({ thing: 'traced', token: 'hunter2' }, 'at work')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) =>
      get({ port, path: '/x?code=hunter2', agent: false }, (response) => resolve(response.resume())),
    )
    await mongo.db.collection('traced_things').findOne({ _id: 'none' as never })
    await worker.runUntil(temporal.client.workflow.execute('traced', { taskQueue, workflowId: newId() }))
    await publisher.publish([{ topic: 'nowhere', key: 'k', value: 'v', headers: {} }]).catch(() => {})
  })
})
