import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Interval } from './projection.ts'

/** What the store says, over the API: every interval of every ticket that the key sees. */
export async function readStore(url: string, key: string): Promise<Map<string, Interval[]>> {
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(`${url}/api/v1/exports/responsibility`, { headers })
  if (!response.ok || !response.body)
    throw new Error(`the export: ${response.status} ${await response.text()}`)
  const tickets = new Map<string, Interval[]>()
  const lines = createInterface({ input: Readable.fromWeb(response.body as ReadableStream) })
  for await (const line of lines) {
    const { ticketId, departmentId, agentId, revision, since, until } = JSON.parse(line) as Interval
    const own = tickets.get(ticketId) ?? []
    own.push({ ticketId, departmentId, agentId, revision, since, until })
    tickets.set(ticketId, own)
  }
  return tickets
}
