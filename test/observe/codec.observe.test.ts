import { ticketWorkflowId } from '@onus/workflows-contract'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../support/world.ts'

/** What Temporal keeps is encrypted in this stack; the codec server shows it to who operates it. */

const NOTE = 'zebra-note'
let world: World
let connection: Connection

beforeAll(async () => {
  world = await createWorld()
  connection = await Connection.connect({ address: world.local.temporalAddress })
})
afterAll(() => connection?.close())

interface JsonPayload {
  metadata: Record<string, string>
  data: string
}

/** The payloads of a ticket's history as the server keeps them, in the form in which the Temporal UI sends them. */
async function payloadsOf(ticketId: string): Promise<JsonPayload[]> {
  const client = new Client({ connection, namespace: world.local.temporalNamespace })
  const history = await client.workflow.getHandle(ticketWorkflowId(world.accountId, ticketId)).fetchHistory()
  const [started] = history.events ?? []
  const updates = (history.events ?? []).flatMap(
    (event) =>
      event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args?.payloads ?? [],
  )
  const inputs = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
  return [...inputs, ...updates].map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data ?? []).toString('base64'),
  }))
}

const decode = (payloads: JsonPayload[], key: string) =>
  fetch(`${world.local.codecServerUrl}/decode`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-namespace': world.local.temporalNamespace,
    },
    body: JSON.stringify({ payloads }),
  })

const text = ({ data }: JsonPayload): string => Buffer.from(data, 'base64').toString('utf8')

describe('the codec server of the stack', () => {
  it('shows an operator what the server cannot read', async () => {
    const ticket = await world.createTicket({ subject: NOTE })
    const kept = await payloadsOf(ticket.id)
    expect(kept.length).toBeGreaterThan(0)
    for (const payload of kept) {
      expect(Buffer.from(payload.metadata.encoding ?? '', 'base64').toString()).toBe('binary/encrypted')
      expect(text(payload)).not.toContain(ticket.id)
    }
    const answer = await decode(kept, world.local.operatorKey)
    expect(answer.status).toBe(200)
    const { payloads } = (await answer.json()) as { payloads: JsonPayload[] }
    expect(payloads.map(text).join('\n')).toContain(ticket.id)
  })

  it('shows it to nobody else, an owner of an account included', async () => {
    expect((await decode([], world.owner.key)).status).toBe(401)
    const ui = new URL(world.local.temporalUiUrl).origin
    const preflight = await fetch(`${world.local.codecServerUrl}/decode`, {
      method: 'OPTIONS',
      headers: { origin: ui },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ui)
  })
})
