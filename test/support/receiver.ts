import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a webhook's receiver got, and what it thought of the signature. */
export interface Received {
  path: string
  headers: Record<string, string>
  body: any
  /** Which of the secrets the delivery was signed with. */
  signedBy: string[]
  at: number
}

/** How the receiver answers: a status with headers, or never. */
export type Behaviour = { status: number; headers?: Record<string, string> } | 'hang'

export interface Receiver {
  url(path?: string): string
  received: Received[]
  /** Of one path: each webhook of a test has its own. */
  at(path: string): Received[]
  /** Secrets to look for in signatures. */
  secrets: Map<string, string>
  behave(path: string, behaviour: Behaviour | ((n: number) => Behaviour)): void
  close(): Promise<void>
}

/**
 * A receiver as an integrator would write one: knows nothing of Onus but what the documentation of webhooks
 * says, and so checks signatures by itself.
 */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const secrets = new Map<string, string>()
  const behaviours = new Map<string, (n: number) => Behaviour>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const path = request.url ?? '/'
    const headers = request.headers as Record<string, string>
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
    const given = (headers['webhook-signature'] ?? '').split(' ')
    const signedBy = [...secrets].flatMap(([name, secret]) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      const mac = createHmac('sha256', key).update(signed).digest('base64')
      return given.includes(`v1,${mac}`) ? [name] : []
    })
    received.push({ path, headers, body: JSON.parse(text), signedBy, at: Date.now() })
    const count = received.filter((each) => each.path === path).length
    const behaviour = behaviours.get(path)?.(count) ?? { status: 204 }
    if (behaviour === 'hang') return
    response.writeHead(behaviour.status, behaviour.headers).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    received,
    at: (path) => received.filter((each) => each.path === path),
    secrets,
    behave: (path, behaviour) =>
      behaviours.set(path, typeof behaviour === 'function' ? behaviour : () => behaviour),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
