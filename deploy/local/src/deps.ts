import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startDependencies } from './dependencies/index.ts'
import { installTestServer } from './install/components.ts'
import { stackDir } from './paths.ts'
import { takePort } from './ports.ts'
import { startGuardian } from './processes/guardian.ts'
import { endRecorded, Registry, readRegistry } from './processes/registry.ts'

const USAGE = `usage: node deploy/local/src/deps.ts up [options]

Starts Temporal, Kafka and the store, prints KEY=value lines, and stays until SIGTERM.

  --dir D             where their data and logs go (default: .onus/deps)
  --host A             the address to listen on (default: 127.0.0.1); whoever reaches it may do anything
                       there, and Temporal then listens on every address of this machine
  --temporal-port N   --temporal-ui-port N   --kafka-port N   --mongodb-port N
                      ports to try first; any free one otherwise`

/** The dependencies alone, for developing and for tests. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      host: { type: 'string' },
      'temporal-port': { type: 'string' },
      'temporal-ui-port': { type: 'string' },
      'kafka-port': { type: 'string' },
      'mongodb-port': { type: 'string' },
    },
  })
  if (positionals[0] !== 'up') {
    console.error(USAGE)
    process.exit(64)
  }
  const port = async (value: string | undefined) =>
    value === undefined ? undefined : await takePort(Number(value))
  const dir = values.dir ? resolve(values.dir) : join(stackDir(), 'deps')
  const registryFile = join(dir, 'run', 'processes.json')
  const progress = (line: string) => console.error(line)
  await endRecorded(readRegistry(registryFile))
  const registry = new Registry(registryFile)
  const dismissGuardian = startGuardian(registryFile)

  const [dependencies, testServer] = await Promise.all([
    startDependencies({
      data: join(dir, 'data'),
      logs: join(dir, 'logs'),
      registry,
      progress,
      ...(values.host && { host: values.host }),
      ports: {
        temporal: await port(values['temporal-port']),
        temporalUi: await port(values['temporal-ui-port']),
        kafka: await port(values['kafka-port']),
        mongodb: await port(values['mongodb-port']),
      },
    }),
    installTestServer(progress),
  ])
  const { addresses } = dependencies
  const pids = dependencies.pids()
  const lines = {
    MONGODB_URI: addresses.mongodbUri,
    KAFKA_BROKERS: addresses.kafkaBrokers,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: addresses.temporalNamespace,
    TEMPORAL_UI_URL: addresses.temporalUiUrl ?? '',
    TEMPORAL_TEST_SERVER: testServer,
    DEPS_PID: process.pid,
    TEMPORAL_PID: pids.temporal ?? '',
    KAFKA_PID: pids.kafka ?? '',
    MONGODB_PID: pids.mongodb ?? '',
  }
  for (const [key, value] of Object.entries(lines)) console.log(`${key}=${value}`)

  const stop = () => {
    void dependencies.stop().then(() => {
      dismissGuardian()
      process.exitCode = 0
    })
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

await main()
