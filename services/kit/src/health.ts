import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from './logging.ts'
import { serveMetrics } from './telemetry.ts'

/** How long one probe may take. */
const PROBE_TIMEOUT_MS = 2000
/** Asking more often than this gets the last answer again. */
const PROBE_CACHE_MS = 1000

/** Ready means able to work; live means that a restart would not help. */
export interface Health {
  /** A probe for /readyz: rejects while the service cannot work. At most 2 s. */
  check(name: string, probe: () => Promise<void>): void
  /** A watchdog for /livez: gives a sentence when only a restart helps, else null. */
  watch(name: string, look: () => string | null): void
}

export interface HealthReport {
  ok: boolean
  /** What is wrong, by name. */
  problems: Record<string, string>
}

/** Gathers what the parts of a process say about themselves. */
export class HealthRegistry implements Health {
  readonly #checks = new Map<string, () => Promise<void>>()
  readonly #watches = new Map<string, () => string | null>()
  readonly #awaited = new Map<string, string>()
  #phase: 'starting' | 'running' | 'stopping' = 'starting'
  #last: { at: number; report: Promise<HealthReport> } | undefined

  check(name: string, probe: () => Promise<void>): void {
    this.#checks.set(name, probe)
  }

  watch(name: string, look: () => string | null): void {
    this.#watches.set(name, look)
  }

  /** What keeps the process from starting, for /readyz; null when it does no longer. */
  waitFor(name: string, why: string | null): void {
    if (why === null) this.#awaited.delete(name)
    else this.#awaited.set(name, why)
  }

  enter(phase: 'running' | 'stopping'): void {
    this.#phase = phase
    this.#last = undefined
  }

  live(): HealthReport {
    const problems: Record<string, string> = {}
    for (const [name, look] of this.#watches) {
      const problem = look()
      if (problem) problems[name] = problem
    }
    return { ok: Object.keys(problems).length === 0, problems }
  }

  async ready(): Promise<HealthReport> {
    if (this.#phase !== 'running')
      return { ok: false, problems: { process: this.#phase, ...Object.fromEntries(this.#awaited) } }
    const now = Date.now()
    if (!this.#last || now - this.#last.at > PROBE_CACHE_MS) this.#last = { at: now, report: this.#probe() }
    return this.#last.report
  }

  async #probe(): Promise<HealthReport> {
    const problems: Record<string, string> = {}
    await Promise.all(
      [...this.#checks].map(async ([name, probe]) => {
        try {
          await withTimeout(probe())
        } catch (error) {
          problems[name] = error instanceof Error ? error.message : String(error)
        }
      }),
    )
    return { ok: Object.keys(problems).length === 0, problems }
  }
}

async function withTimeout(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PROBE_TIMEOUT_MS} ms`)), PROBE_TIMEOUT_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A listening health server. */
export interface HealthServer {
  port: number
  close(): Promise<void>
}

/** Serves /livez, /readyz and /metrics. `port` 0 takes a free one. */
export async function serveHealth(
  registry: HealthRegistry,
  options: { host: string; port: number; log: Logger },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(registry, request, response).catch((error) => {
      options.log.error({ err: error }, 'health request failed')
      response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  options.log.debug({ host: options.host, port }, 'health is served')
  return { port, close: () => closeServer(server) }
}

async function answer(registry: HealthRegistry, request: IncomingMessage, response: ServerResponse) {
  const path = request.url?.split('?')[0]
  if (request.method !== 'GET' && request.method !== 'HEAD') return respond(response, 405, { ok: false })
  if (path === '/livez') return report(response, registry.live())
  if (path === '/readyz') return report(response, await registry.ready())
  if (path === '/metrics') return await serveMetrics(request, response)
  return respond(response, 404, { ok: false })
}

const report = (response: ServerResponse, health: HealthReport) =>
  respond(response, health.ok ? 200 : 503, health)

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
