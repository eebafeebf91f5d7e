import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

/** A listening HTTP server. */
export interface HttpServer {
  address: AddressInfo
  /** Takes no new connection, and ends when the last answer is out. */
  close(): Promise<void>
}

type Fetch = (request: Request) => Response | Promise<Response>

/** Serves an app on a socket. Slow senders are cut off; how long an answer takes is the app's matter. */
export async function serveHttp(fetch: Fetch, port: number, host: string): Promise<HttpServer> {
  const server = createServer(
    { requestTimeout: 120_000, headersTimeout: 15_000, keepAliveTimeout: 65_000, maxHeaderSize: 32 * 1024 },
    getRequestListener(fetch, { overrideGlobalObjects: false }),
  )
  await listen(server, port, host)
  return {
    address: server.address() as AddressInfo,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
