import { type LogLevel, Runtime } from '@temporalio/worker'
import type { Logger } from './logging.ts'

/**
 * Makes Temporal's runtime log with the service, and leaves signals to it: workers stop in their turn. Once in
 * a process, before the first connection.
 * @param options.warnings level of the runtime's warnings, most of which are about attempts that are made
 * again; default `debug`
 */
export function installRuntime(log: Logger, options: { warnings?: 'debug' | 'warn' } = {}): void {
  const levels: Record<LogLevel, 'trace' | 'debug' | 'warn' | 'error'> = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'debug',
    WARN: options.warnings ?? 'debug',
    ERROR: 'error',
  }
  const write = (level: LogLevel, message: string, meta?: Record<string | symbol, unknown>) =>
    log[levels[level]]({ temporal: describe(meta) }, message)
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
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
  })
}

/** Ids and names; an error as its message. */
function describe(meta: Record<string | symbol, unknown> = {}): Record<string, unknown> {
  const known = ['workflowId', 'workflowType', 'activityType', 'attempt', 'taskQueue', 'state'] as const
  const shown = Object.fromEntries(known.filter((key) => key in meta).map((key) => [key, meta[key]]))
  return meta.error instanceof Error ? { ...shown, error: meta.error.message } : shown
}
