import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, ROOT } from '../paths.ts'
import { probeHttp } from '../probes.ts'
import type { ProcessSpec } from '../processes/supervised.ts'

/** Our own processes, by the order in which they stop: who takes work from outside first. */
export const SERVICES = [
  { name: 'gateway', main: 'services/gateway/src/main.ts' },
  { name: 'ticket', main: 'services/ticket/src/main.ts' },
  { name: 'ticketWorker', main: 'services/ticket/src/worker.ts' },
  { name: 'notification', main: 'services/notification/src/main.ts' },
  { name: 'rules', main: 'services/rules/src/main.ts' },
  { name: 'directory', main: 'services/directory/src/main.ts' },
] as const
/** Shows operators what Temporal keeps encrypted. Started only where it does. */
export const CODEC_SERVER = { name: 'codec', main: 'services/codec/src/main.ts' } as const
export type ServiceName = (typeof SERVICES)[number]['name'] | typeof CODEC_SERVER.name

/** kafkajs computes a timeout that is in the past; it means "at once" there. */
const FLAGS = ['--disable-warning=TimeoutNegativeWarning']

/** A module that must be loaded before anything else of a service. */
const REGISTER = join(ROOT, 'services/kit/src/register.ts')

/** How one of our processes is run: plain Node, everything told by its environment. */
export function serviceProcess(options: {
  name: ServiceName
  main: string
  env: NodeJS.ProcessEnv
  healthPort: number
  grpcPort?: number
  logFile: string
}): ProcessSpec {
  const { name, main, healthPort, grpcPort, logFile } = options
  const register = existsSync(REGISTER) ? ['--import', '@onus/kit/register'] : []
  return {
    name,
    command: process.execPath,
    args: [...FLAGS, ...register, join(ROOT, main)],
    cwd: ROOT,
    env: {
      // Compiled modules of the last start: loading them takes most of a service's start.
      NODE_COMPILE_CACHE: join(cacheDir(), 'node-compile-cache'),
      ...options.env,
      HEALTH_HOST: '127.0.0.1',
      HEALTH_PORT: String(healthPort),
      ...(grpcPort === undefined ? {} : { GRPC_HOST: '127.0.0.1', GRPC_PORT: String(grpcPort) }),
    },
    logFile,
    probe: () => probeHttp(`http://127.0.0.1:${healthPort}/readyz`),
    readyWithinMs: 90_000,
  }
}
