import { join } from 'node:path'
import type { Progress } from '../install/once.ts'
import { LOOPBACK, takePort } from '../ports.ts'
import type { Registry } from '../processes/registry.ts'
import { type ProcessSpec, Supervised } from '../processes/supervised.ts'
import { kafkaProcess } from './kafka.ts'
import { storeProcess, storeUri } from './store.ts'
import { temporalProcess } from './temporal.ts'

export type DependencyName = 'temporal' | 'kafka' | 'mongodb'

export interface Addresses {
  mongodbUri: string
  kafkaBrokers: string
  temporalAddress: string
  temporalNamespace: string
  /** Null when somebody else runs the server and did not say where its UI is. */
  temporalUiUrl: string | null
}

export interface Dependencies {
  addresses: Addresses
  /** What runs here; an address from the environment has no process. */
  pids(): Partial<Record<DependencyName, number>>
  stop(): Promise<void>
}

export interface DependencyOptions {
  /** Folder of the data that survives. */
  data: string
  /** Folder of the logs. */
  logs: string
  registry: Registry
  progress: Progress
  env?: NodeJS.ProcessEnv
  /** Ports that the caller has taken; any free one otherwise. */
  /** Where they listen: an address of this machine that others reach; default loopback. */
  host?: string
  ports?: { temporal?: number; temporalUi?: number; kafka?: number; mongodb?: number }
  onPid?: (name: DependencyName, pid: number | null) => void
}

/** Starts Temporal, Kafka and MongoDB, or says which address of the environment replaces one of them. */
export async function startDependencies(options: DependencyOptions): Promise<Dependencies> {
  const env = options.env ?? process.env
  const running: Supervised[] = []
  const { data, progress, ports = {}, host = LOOPBACK } = options
  const logFile = (name: string) => join(options.logs, `${name}.log`)

  const run = async (spec: ProcessSpec) => {
    const began = Date.now()
    const supervised = new Supervised(spec, {
      registry: options.registry,
      progress,
      onPid: (pid) => options.onPid?.(spec.name as DependencyName, pid),
    })
    running.push(supervised)
    await supervised.start()
    progress(`${spec.name} is ready (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  }

  const temporal = async () => {
    const temporalNamespace = env.TEMPORAL_NAMESPACE || 'default'
    if (env.TEMPORAL_ADDRESS) {
      progress(`using Temporal at ${env.TEMPORAL_ADDRESS} (TEMPORAL_ADDRESS)`)
      return {
        temporalAddress: env.TEMPORAL_ADDRESS,
        temporalNamespace,
        temporalUiUrl: env.TEMPORAL_UI_URL || null,
      }
    }
    const port = ports.temporal ?? (await takePort())
    const uiPort = ports.temporalUi ?? (await takePort())
    await run(await temporalProcess({ data, logFile: logFile('temporal'), port, uiPort, host, progress }))
    return {
      temporalAddress: `${host}:${port}`,
      temporalNamespace: 'default',
      temporalUiUrl: `http://${host}:${uiPort}`,
    }
  }

  const kafka = async () => {
    if (env.KAFKA_BROKERS) {
      progress(`using Kafka at ${env.KAFKA_BROKERS} (KAFKA_BROKERS)`)
      return { kafkaBrokers: env.KAFKA_BROKERS }
    }
    const port = ports.kafka ?? (await takePort())
    const controllerPort = await takePort()
    await run(await kafkaProcess({ data, logFile: logFile('kafka'), port, controllerPort, host, progress }))
    return { kafkaBrokers: `${host}:${port}` }
  }

  const store = async () => {
    if (env.MONGODB_URI) {
      progress('using the MongoDB of MONGODB_URI')
      return { mongodbUri: env.MONGODB_URI }
    }
    const port = ports.mongodb ?? (await takePort())
    const spec = await storeProcess({ data, logFile: logFile('mongodb'), port, host, progress })
    if (spec.command === 'java') progress('mongodb is the embedded stand-in: for trying and testing only')
    await run(spec)
    return { mongodbUri: storeUri(port, host) }
  }

  const stop = async () => {
    await Promise.all(running.map((supervised) => supervised.stop()))
  }
  const started = await Promise.allSettled([temporal(), kafka(), store()])
  const failed = started.find((result) => result.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  const addresses = Object.assign(
    {},
    ...started.map((result) => (result.status === 'fulfilled' ? result.value : {})),
  ) as Addresses
  return {
    addresses,
    pids: () =>
      Object.fromEntries(running.flatMap(({ spec, pid }) => (pid === null ? [] : [[spec.name, pid]]))),
    stop,
  }
}
