import { createServer } from 'node:net'

/** What listens here is reached from this machine only. */
export const LOOPBACK = '127.0.0.1'

/** Below the usual ephemeral range, so that no outgoing connection can take the port of a restarting process. */
const LOWEST = 20000
const HIGHEST = 32000

const handedOut = new Set<number>()

/** True when something could listen on this loopback port right now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * A free loopback port that this process has not handed out yet: the preferred one or one of the nine after
 * it, else any.
 */
export async function takePort(preferred?: number): Promise<number> {
  if (preferred !== undefined) {
    for (let port = preferred; port < preferred + 10; port++) {
      if (await take(port)) return port
    }
  }
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (await take(port)) return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`)
}

async function take(port: number): Promise<boolean> {
  if (handedOut.has(port)) return false
  handedOut.add(port)
  if (await isFree(port)) return true
  handedOut.delete(port)
  return false
}
