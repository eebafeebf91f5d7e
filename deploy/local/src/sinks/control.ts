import { createServer } from 'node:http'
import { z } from 'zod'
import { type Behaviour, behaviourSchema, type Receiver } from './behaviour.ts'
import { type HttpCall, type HttpReply, readCall, reply } from './http.ts'
import type { SunkMail } from './mail.ts'
import { mailPage } from './mailPage.ts'
import { SwitchedPort } from './port.ts'

export interface Controlled {
  mail: Receiver<SunkMail>
  slack: Receiver<unknown>
  push: Receiver<unknown>
}

/**
 * The readable side of the receivers, on a port of its own so that a receiver that is `down` can be brought
 * back: `GET /<name>` lists (`/mail` is a page for a browser), `DELETE` forgets, `POST /<name>/behaviour`, and
 * what a receiver has of its own: `POST /push/subscriptions`, `POST /slack/presses`.
 */
export async function startControl(port: number, receivers: Controlled): Promise<{ close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    try {
      reply(response, await answer(await readCall(request), receivers))
    } catch (error) {
      reply(response, { status: 400, body: { error: (error as Error).message } })
    }
  })
  const switched = new SwitchedPort(server, port)
  await switched.open()
  return { close: () => switched.close() }
}

async function answer(call: HttpCall, receivers: Controlled): Promise<HttpReply> {
  // A page of another site must not reach what only this machine should see.
  const host = call.headers.host ?? ''
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host))
    return { status: 403, body: { error: 'loopback only' } }
  const [name = '', ...rest] = call.path.split('/').filter(Boolean)
  if (name === '') {
    return { status: 200, body: Object.fromEntries(Object.keys(receivers).map((key) => [key, `/${key}`])) }
  }
  const receiver = Object.hasOwn(receivers, name) ? receivers[name as keyof Controlled] : undefined
  if (!receiver) return { status: 404, body: { error: `no receiver is called ${name}` } }
  const action = rest.join('/')
  if (action === 'behaviour') return behaviourOf(call, receiver)
  const own =
    receiver.actions && Object.hasOwn(receiver.actions, action) ? receiver.actions[action] : undefined
  if (own && call.method === 'POST')
    return { status: 200, body: await own(call.body ? JSON.parse(call.body) : {}) }
  if (action === '' && call.method === 'DELETE') {
    receiver.items.length = 0
    return { status: 204 }
  }
  if (call.method !== 'GET') return { status: 405, body: { error: 'GET or DELETE' } }
  const wantsPage = (call.headers.accept ?? '').includes('text/html')
  if (name === 'mail' && (wantsPage || action !== '')) {
    return mailPage(receivers.mail.items, action)
  }
  return action === '' ? { status: 200, body: receiver.items } : { status: 404, body: { error: 'not found' } }
}

async function behaviourOf(call: HttpCall, receiver: Receiver<unknown>): Promise<HttpReply> {
  if (call.method === 'GET') return { status: 200, body: receiver.behaviour }
  if (call.method !== 'POST') return { status: 405, body: { error: 'GET or POST' } }
  const parsed = behaviourSchema.safeParse(JSON.parse(call.body))
  if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } }
  const behaviour: Behaviour = parsed.data
  await receiver.behave(behaviour)
  return { status: 200, body: receiver.behaviour }
}
