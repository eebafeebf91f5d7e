import type { Caller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { createGrpcServer, type GrpcServer, type Handlers } from '@onus/kit/grpc'
import { createLogger } from '@onus/kit/logging'
import { problems } from '@onus/kit/problems'
import { type Attachment, TicketServiceService } from '@onus/proto/onus/v1/ticket'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { aTicket, CALLERS } from '../testing/fakes.ts'
import { createServiceClients, type ServiceClients } from './clients.ts'

const KEY = 'i'.repeat(32)
const agent = CALLERS.agent as Caller
const call = () => ({ caller: agent, deadline: new Date(Date.now() + 5_000) })
const big = Buffer.alloc(1_000_000, 'x')

let server: GrpcServer
let services: ServiceClients
let callers: Caller[]
let kept: { head: unknown; chunks: number; bytes: number; size?: number }

beforeAll(async () => {
  server = createGrpcServer({
    log: createLogger('ticket', 'silent'),
    config: {},
    internalKey: new Secret(KEY),
  })
  const attachment: Attachment = { id: 'a1', name: 'x', contentType: 'text/plain', size: big.length }
  const keep = async (parts: AsyncIterable<{ part?: { $case: string; value: unknown } }>) => {
    kept = { head: undefined, chunks: 0, bytes: 0 }
    for await (const { part } of parts) {
      if (part?.$case === 'chunk') {
        kept.chunks++
        kept.bytes += (part.value as Uint8Array).byteLength
      } else if (part?.$case === 'size') kept.size = part.value as number
      else kept.head = part?.value
    }
  }
  const handlers = new Proxy(
    {
      getTicket: async (_: unknown, ctx: { caller: Caller }) => {
        callers.push(ctx.caller)
        return aTicket()
      },
      uploadAttachment: async (parts: AsyncIterable<never>) => {
        await keep(parts)
        return attachment
      },
      acceptMail: async (parts: AsyncIterable<never>, ctx: { caller: Caller }) => {
        callers.push(ctx.caller)
        await keep(parts)
        return { intakeIds: ['i1'] }
      },
      async *downloadAttachment({ attachmentId }: { attachmentId: string }) {
        if (attachmentId !== 'a1') throw problems.notFound('attachment', attachmentId)
        yield { part: { $case: 'head', value: attachment } }
        for (let at = 0; at < big.length; at += 100_000)
          yield { part: { $case: 'chunk', value: big.subarray(at, at + 100_000) } }
      },
    } as Record<string, unknown>,
    { get: (known, name: string) => known[name] ?? (async () => problems.internal()) },
  )
  server.add(TicketServiceService, handlers as unknown as Handlers<typeof TicketServiceService>)
  const address = `127.0.0.1:${await server.listen('127.0.0.1', 0)}`
  services = createServiceClients(
    readConfig({
      ONUS_INTERNAL_KEY: KEY,
      ONUS_OPERATOR_KEY: 'o'.repeat(16),
      MONGODB_URI: 'mongodb://localhost',
      KAFKA_BROKERS: 'localhost:9092',
      TICKET_ADDRESS: address,
      DIRECTORY_ADDRESS: address,
      RULES_ADDRESS: address,
      NOTIFICATION_ADDRESS: address,
    }),
  )
  callers = []
})
afterAll(async () => {
  services.close()
  await server.stop()
})

describe('the clients of the services', () => {
  it('speak as the caller of the request, and in the gateway’s own name only for itself', async () => {
    await services.clients.ticket.getTicket({ ticketId: 't1' }, call())
    await services.ticket.getTicket({ ticketId: 't1' })
    expect(callers).toMatchObject([agent, { type: 'system', id: 'gateway', accountId: '' }])
  })

  it('let nobody pass who was forgotten to be named', async () => {
    const nobody = { deadline: new Date(Date.now() + 5_000) } as ReturnType<typeof call>
    await expect(services.clients.ticket.getTicket({ ticketId: 't1' }, nobody)).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
  })

  it('send a file in chunks behind its head', async () => {
    const head = { name: 'x', contentType: 'text/plain' }
    expect(await services.clients.ticket.uploadAttachment(head, big, call())).toMatchObject({ id: 'a1' })
    expect(kept).toEqual({ head, chunks: 4, bytes: big.length })
  })

  it('hand mail in with its envelope', async () => {
    callers = []
    const envelope = { from: 'carla@b.example', to: ['billing@acme.example'] }
    expect(await services.clients.ticket.acceptMail(envelope, Buffer.from('mail'), call())).toEqual({
      intakeIds: ['i1'],
    })
    expect(kept).toEqual({ head: envelope, chunks: 1, bytes: 4, size: 4 })
    expect(callers).toMatchObject([agent])
  })

  it('read a file whole, as a stream, and hear a refusal before it', async () => {
    const { head, content } = await services.clients.ticket.downloadAttachment({ attachmentId: 'a1' }, call())
    expect(head).toMatchObject({ name: 'x', size: big.length })
    expect(Buffer.from(await new Response(content).arrayBuffer()).equals(big)).toBe(true)
    const unknown = services.clients.ticket.downloadAttachment({ attachmentId: 'a2' }, call())
    await expect(unknown).rejects.toMatchObject({ reason: 'not-found' })
  })

  it('let go of a file that nobody reads to its end', async () => {
    const { content } = await services.clients.ticket.downloadAttachment({ attachmentId: 'a1' }, call())
    await content.cancel()
  })
})
