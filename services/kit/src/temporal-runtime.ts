import { type AddressInfo, createServer } from 'node:net'
import { type LogLevel, Runtime } from '@temporalio/worker'
import type { Logger } from './logging.ts'
import { addMetrics, DURATION_BUCKETS } from './telemetry.ts'

/** A scrape of the runtime that takes longer is left out of ours. */
const SCRAPE_TIMEOUT_MS = 2000

/** What operators look at; the runtime has no sensible bounds in seconds of its own. */
const LATENCIES = [
  'request_latency',
  'workflow_endtoend_latency',
  'workflow_task_schedule_to_start_latency',
  'workflow_task_execution_latency',
  'workflow_task_replay_latency',
  'activity_schedule_to_start_latency',
  'activity_execution_latency',
  'activity_succeed_endtoend_latency',
  'local_activity_execution_latency',
  'local_activity_succeed_endtoend_latency',
]

/**
 * Makes Temporal's runtime log with the service, and leaves signals to it: workers stop in their turn. What it
 * measures (tasks that wait, tasks that fail, the cache of workflows) is part of /metrics. Once in a process,
 * before the first connection.
 * @param options.warnings level of the runtime's warnings, most of which are about attempts that are made
 * again; default `debug`
 */
export async function installRuntime(
  log: Logger,
  options: { warnings?: 'debug' | 'warn' } = {},
): Promise<void> {
  const levels: Record<LogLevel, 'trace' | 'debug' | 'warn' | 'error'> = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'debug',
    WARN: options.warnings ?? 'debug',
    ERROR: 'error',
  }
  const write = (level: LogLevel, message: string, meta?: Record<string | symbol, unknown>) =>
    log[levels[level]]({ temporal: describe(meta) }, message)
  const metrics = `127.0.0.1:${await freePort()}`
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: write,
      trace: (message, meta) => write('TRACE', message, meta),
      debug: (message, meta) => write('DEBUG', message, meta),
      info: (message, meta) => write('INFO', message, meta),
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      metrics: {
        attachServiceName: false,
        prometheus: {
          bindAddress: metrics,
          unitSuffix: true,
          useSecondsForDurations: true,
          histogramBucketOverrides: Object.fromEntries(LATENCIES.map((name) => [name, DURATION_BUCKETS])),
        },
      },
    },
  })
  addMetrics(() => scrape(`http://${metrics}/metrics`))
}

/** The runtime wants to be told where it may answer a scrape: on loopback, for this process alone. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) })
  return response.ok ? await response.text() : ''
}

/** Ids and names; an error as its message. */
function describe(meta: Record<string | symbol, unknown> = {}): Record<string, unknown> {
  const known = ['workflowId', 'workflowType', 'activityType', 'attempt', 'taskQueue', 'state'] as const
  const shown = Object.fromEntries(known.filter((key) => key in meta).map((key) => [key, meta[key]]))
  return meta.error instanceof Error ? { ...shown, error: meta.error.message } : shown
}
