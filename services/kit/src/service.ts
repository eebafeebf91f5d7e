import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, parseConfig, processConfig } from './config.ts'
import { isOutage } from './errors.ts'
import { type Health, HealthRegistry, serveHealth } from './health.ts'
import { createLogger, type Logger } from './logging.ts'
import { namePart } from './part.ts'
import { startTelemetry } from './telemetry.ts'

export type { Health } from './health.ts'

/** What a service gets to start with. */
export interface ServiceContext {
  log: Logger
  health: Health
  /**
   * Says how to stop a part that has just been started. Parts stop in reverse order, one after the other,
   * on SIGTERM or SIGINT, all within `SHUTDOWN_TIMEOUT_MS`.
   */
  onStop(name: string, stop: () => Promise<void> | void): void
  /**
   * Gets hold of what the service cannot start without. While it is away the service waits, live and not ready,
   * and tries again: a restart would not bring it back. Any other failure ends the start.
   */
  reach<T>(name: string, connect: () => Promise<T>): Promise<T>
  /** Aborted when the process begins to stop. */
  stopping: AbortSignal
}

/** Between two tries to reach something that is away. */
const RETRY_MS = 1000

interface Part {
  name: string
  stop: () => Promise<void> | void
}

/**
 * Runs one process of Onus: health first (live, not ready), then `start`, then ready until a signal comes.
 * Settles when the service is ready; the process ends with 0 after a graceful stop and with 1 when it
 * could not start, broke, or did not stop in time.
 */
export async function runService(
  name: string,
  start: (service: ServiceContext) => Promise<void>,
): Promise<void> {
  const settings = readSettings()
  const log = createLogger(name, settings.config.LOG_LEVEL)
  const parts: Part[] = []
  const registry = new HealthRegistry()
  namePart(name, () => registry.ready())
  const stopping = new AbortController()

  let ending: Promise<void> | undefined
  const end = (exitCode: number, why: string): Promise<void> => {
    ending ??= stopAll(exitCode, why)
    return ending
  }
  const stopAll = async (exitCode: number, why: string): Promise<void> => {
    // Monotonic: a wall clock that is set meanwhile must not cut the stop short.
    const deadline = performance.now() + settings.config.SHUTDOWN_TIMEOUT_MS
    log.info({ why }, 'stopping')
    registry.enter('stopping')
    stopping.abort()
    const clean = await stopParts(parts, deadline, log)
    log.info({ clean }, 'stopped')
    process.exit(clean ? exitCode : 1)
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (ending) log.warn({ signal }, 'already stopping')
      else void end(0, signal)
    })
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception')
    void end(1, 'uncaught exception')
  })
  // A promise that nobody waited for has failed: worth a look, and no reason to drop everybody's work.
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'unhandled rejection'))

  try {
    const telemetry = await startTelemetry(name, log)
    parts.push({ name: 'telemetry', stop: () => telemetry.stop() })
    const { HEALTH_HOST: host, HEALTH_PORT: port } = settings.config
    const health = await serveHealth(registry, { host, port, log })
    parts.push({ name: 'health', stop: () => health.close() })
    await start({
      log,
      health: registry,
      stopping: stopping.signal,
      onStop: (part, stop) => parts.push({ name: part, stop }),
      reach: (what, connect) => reach(what, connect, { log, registry, stopping: stopping.signal }),
    })
    if (settings.error) throw settings.error
    if (ending) return await ending
    registry.enter('running')
    log.info({ pid: process.pid, healthPort: health.port }, 'ready')
  } catch (error) {
    if (error instanceof ConfigError) log.fatal({ problems: error.problems }, 'wrong configuration')
    else log.fatal({ err: error }, 'could not start')
    await end(1, 'start failed')
  }
}

/**
 * The process's own settings. When they are wrong the service still gets to say what else is wrong: its
 * own configuration contains these, and lists all errors at once.
 */
function readSettings() {
  try {
    return { config: parseConfig(processConfig), error: undefined }
  } catch (error) {
    return { config: parseConfig(processConfig, {}), error }
  }
}

/** Tries until it succeeds, fails otherwise than by an outage, or the process is to stop. */
async function reach<T>(
  what: string,
  connect: () => Promise<T>,
  { log, registry, stopping }: { log: Logger; registry: HealthRegistry; stopping: AbortSignal },
): Promise<T> {
  const began = performance.now()
  for (;;) {
    try {
      const reached = await connect()
      registry.waitFor(what, null)
      return reached
    } catch (error) {
      if (stopping.aborted || !isOutage(error)) throw error
      const { message } = error as Error
      log.warn({ what, why: message, ms: Math.round(performance.now() - began) }, 'waiting to start')
      registry.waitFor(what, message)
      await sleep(RETRY_MS, undefined, { signal: stopping })
    }
  }
}

/** Stops the last one first. One that fails or hangs does not keep the others from their stop. */
async function stopParts(parts: Part[], deadline: number, log: Logger): Promise<boolean> {
  let clean = true
  for (const part of parts.reverse()) {
    const began = Date.now()
    try {
      await before(deadline, part.stop)
      log.debug({ part: part.name, ms: Date.now() - began }, 'part stopped')
    } catch (error) {
      clean = false
      log.error({ err: error, part: part.name, ms: Date.now() - began }, 'part did not stop')
    }
  }
  return clean
}

async function before(deadline: number, stop: () => Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const left = Math.max(0, deadline - performance.now())
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the time for a graceful stop is over')), left)
  })
  try {
    await Promise.race([stop(), late])
  } finally {
    clearTimeout(timer)
  }
}
