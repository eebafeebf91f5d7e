import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import { Client, Connection } from '@temporalio/client'
import { InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection.js'
import { type Duration, msToTs, tsToMs } from '@temporalio/common/lib/time.js'
import proto from '@temporalio/proto'
import { NativeConnection } from '@temporalio/worker'

/** A server that skips time. The SDK's own gives it five seconds to start, which a busy machine has not. */
export interface TimeSkippingServer {
  client: Client
  connection: Connection
  nativeConnection: NativeConnection
  namespace: string
  /** Lets time pass, and skips it. */
  sleep(duration: Duration): Promise<void>
  currentTimeMs(): Promise<number>
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 50_000

/**
 * The server now and then keeps one of its own locks on time although no work is left that it could wait for;
 * a sleep would take as long as on a clock. After this long it is let go for the rest of the sleep.
 */
const STALLED_MS = 2_000

/** Starts the test server whose path `TEMPORAL_TEST_SERVER` names. */
export async function startTimeSkipping(): Promise<TimeSkippingServer> {
  const path = process.env.TEMPORAL_TEST_SERVER
  if (path === undefined) throw new Error('TEMPORAL_TEST_SERVER must be the path of the test server')
  const port = await freePort()
  const server = spawn(path, [String(port)], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const stopServer = async () => {
    server.kill('SIGKILL')
    await ended
  }
  const address = `127.0.0.1:${port}`
  const internal = { [InternalConnectionOptionsSymbol]: { supportsTestService: true } }
  try {
    const connection = await withPatience(() =>
      Connection.connect({ address, connectTimeout: '1s', ...internal }),
    )
    const nativeConnection = await NativeConnection.connect({ address })
    const { testService } = connection
    if (testService === undefined) throw new Error('The connection has no test service')
    await addSearchAttributes(connection, 'default')
    return {
      client: new Client({ connection }),
      connection,
      nativeConnection,
      namespace: 'default',
      async sleep(duration) {
        let helped: Promise<unknown> | undefined
        const stalled = setTimeout(() => {
          helped = testService.unlockTimeSkipping({})
        }, STALLED_MS)
        await testService.unlockTimeSkippingWithSleep({ duration: msToTs(duration) })
        clearTimeout(stalled)
        if (helped !== undefined) {
          await helped
          await testService.lockTimeSkipping({})
        }
      },
      async currentTimeMs() {
        return tsToMs((await testService.getCurrentTime({})).time)
      },
      async stop() {
        await nativeConnection.close()
        await connection.close()
        await stopServer()
      },
    }
  } catch (error) {
    await stopServer()
    throw error
  }
}

async function withPatience<T>(connect: () => Promise<T>): Promise<T> {
  const until = Date.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      return await connect()
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** The test server adds them and cannot list them. */
async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const types = proto.temporal.api.enums.v1.IndexedValueType
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, types[`INDEXED_VALUE_TYPE_${type}`]]),
  )
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
}
