import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'

/** A listening HTTP server. */
export interface HttpServer {
  address: AddressInfo
  /**
   * Asks clients to go elsewhere by their next answer, then takes no new connection, and ends when the last
   * answer is out.
   */
  close(): Promise<void>
}

/** So long a client whose connection is kept has for a request whose answer tells it to go elsewhere. */
const FAREWELL_MS = 5_000

type Fetch = (request: Request) => Response | Promise<Response>

/** Serves an app on a socket. Slow senders are cut off; how long an answer takes is the app's matter. */
export async function serveHttp(
  fetch: Fetch,
  port: number,
  host: string,
  { farewellMs = FAREWELL_MS } = {},
): Promise<HttpServer> {
  let leaving = false
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false })
  const server = createServer(
    { requestTimeout: 120_000, headersTimeout: 15_000, keepAliveTimeout: 65_000, maxHeaderSize: 32 * 1024 },
    (request, response) => {
      // A connection that is closed without a word may lose the request that is just on its way.
      if (leaving) response.setHeader('connection', 'close')
      void listener(request, response)
    },
  )
  await listen(server, port, host)
  return {
    address: server.address() as AddressInfo,
    async close() {
      leaving = true
      const until = performance.now() + farewellMs
      while (performance.now() < until && (await connections(server)) > 0) await sleep(50)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
    },
  }
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count ?? 0)))

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
