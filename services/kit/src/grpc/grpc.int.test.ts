import { setTimeout as sleep } from 'node:timers/promises'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { type Rule, RulesServiceClient, RulesServiceService } from '@onus/proto/onus/v1/rules'
import {
  type DownloadAttachmentResponse,
  TicketServiceClient,
  TicketServiceService,
} from '@onus/proto/onus/v1/ticket'
import { afterEach, describe, expect, it } from 'vitest'
import { type Caller, signCaller } from '../caller.ts'
import { ConfigError, Secret } from '../config.ts'
import {
  type CallContext,
  createGrpcClient,
  createGrpcServer,
  detached,
  type GrpcServerOptions,
  type Handlers,
} from '../grpc.ts'
import { HealthRegistry, serveHealth } from '../health.ts'
import { createLogger } from '../logging.ts'
import { Problem, problems } from '../problems.ts'
import { currentTraceparent, inSpan, startTelemetry } from '../telemetry.ts'

const key = new Secret('k'.repeat(32))
const ann: Caller = { type: 'agent', accountId: 'a1', id: 'ann', name: 'Ann', role: 'agent', scopes: [] }
const rule = (id: string): Rule => ({
  id,
  name: 'rule',
  active: true,
  notes: '',
  position: 1,
  conditions: [],
  actions: [],
  version: 1,
  updatedAt: '',
})

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})

type RuleHandlers = Handlers<typeof RulesServiceService>
const unexpected = async (): Promise<never> => {
  throw new Error('not part of this test')
}
const ruleHandlers = (some: Partial<RuleHandlers>): RuleHandlers => ({
  ...(Object.fromEntries(
    Object.keys(RulesServiceService).map((name) => [name, unexpected]),
  ) as unknown as RuleHandlers),
  ...some,
})

function logOf(lines: string[]) {
  return createLogger('test', 'debug', { write: (line) => void lines.push(line) })
}

async function serveRules(
  some: Partial<RuleHandlers>,
  options: Partial<GrpcServerOptions> & { public?: (keyof typeof RulesServiceService)[] } = {},
) {
  const lines: string[] = []
  const server = createGrpcServer({ log: logOf(lines), config: {}, internalKey: key, ...options })
  server.add(RulesServiceService, ruleHandlers(some), { public: options.public })
  const port = await server.listen('127.0.0.1', 0)
  const address = `127.0.0.1:${port}`
  const client = createGrpcClient(RulesServiceClient, address, { config: {}, internalKey: key, caller: ann })
  cleanUp.push(
    () => server.stop(),
    () => client.close(),
  )
  return { server, client, address, port, lines }
}

describe('a call', () => {
  it('arrives with its caller, and its answer comes back', async () => {
    const { client } = await serveRules({
      getRule: async ({ ruleId }, ctx) => ({
        ...rule(ruleId),
        name: `${ctx.caller.accountId}/${ctx.caller.id}`,
      }),
    })
    expect(await client.getRule({ ruleId: 'r1' })).toMatchObject({ id: 'r1', name: 'a1/ann' })
    const bob = { ...ann, id: 'bob' }
    expect((await client.getRule({ ruleId: 'r1' }, { caller: bob })).name).toBe('a1/bob')
  })

  it('that is refused throws the same problem on the other side', async () => {
    const current = {
      departmentId: 'd1',
      agentId: null,
      revision: 2,
      since: '2026-01-01T00:00:00.000Z',
      actor: { type: 'agent' as const, id: 'ann', name: 'Ann' },
      cause: { type: 'rule' as const, ruleId: 'r', version: 3 },
    }
    const problem = new Problem('stale-revision', 'Die Zuständigkeit ist neuer · 已更改', {
      errors: [{ field: 'expectedRevision', message: 'is 1, and it is 2 now' }],
      current,
    })
    const { client } = await serveRules({ getRule: () => Promise.reject(problem) })
    const refused = await client.getRule({ ruleId: 'r1' }).catch((error) => error)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({
      reason: 'stale-revision',
      detail: problem.detail,
      errors: problem.errors,
      current,
    })
  })

  it('with a thousand wrong fields still gets its refusal', async () => {
    const errors = Array.from({ length: 1000 }, (_, at) => ({
      field: `rules[${at}].name`,
      message: 'is too long',
    }))
    const { client } = await serveRules({ getRule: () => Promise.reject(problems.invalid(errors)) })
    const refused = await client.getRule({ ruleId: 'r1' }).catch((error) => error)
    expect(refused).toMatchObject({
      reason: 'invalid-request',
      detail: expect.stringContaining('1000 fields'),
    })
    expect(refused.errors.length).toBeGreaterThan(10)
  })

  it('that breaks tells the caller nothing, and the log everything', async () => {
    const { client, lines } = await serveRules({
      getRule: async () => {
        throw new TypeError('secret inside')
      },
    })
    const broken = await client.getRule({ ruleId: 'r1' }).catch((error) => error)
    expect(broken).toMatchObject({ reason: 'internal', detail: 'Something went wrong.' })
    const logged = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 'error')
    expect(logged.err.stack).toContain('secret inside')
    expect(logged.method).toBe('onus.v1.RulesService/GetRule')
  })

  it('that is not a message of the method is the caller’s mistake', async () => {
    const { address } = await serveRules({})
    const raw = new Client(address, credentials.createInsecure())
    cleanUp.push(() => raw.close())
    const metadata = new Metadata()
    metadata.set('onus-caller', await signCaller(ann, key))
    const error = await new Promise<{ code: number }>((resolve) => {
      const asIs = (bytes: Buffer) => bytes
      raw.makeUnaryRequest(
        RulesServiceService.getRule.path,
        asIs,
        asIs,
        Buffer.from([0xff, 0xff, 0xff]),
        metadata,
        (e) => resolve(e as never),
      )
    })
    expect(error.code).toBe(status.INVALID_ARGUMENT)
  })

  it('goes on in the trace that it came with', async () => {
    await startTelemetry('test')
    let inside: string | undefined
    const { client } = await serveRules({
      getRule: async (_, ctx) => {
        inside = ctx.traceparent
        return rule('r1')
      },
    })
    await inSpan('outside', {}, async () => {
      await client.getRule({ ruleId: 'r1' })
      expect(inside?.split('-')[1]).toBe(currentTraceparent()?.split('-')[1])
    })
  })
})

describe('authentication', () => {
  const getRule = async (_: unknown, ctx: CallContext) => ({ ...rule('r1'), name: ctx.caller.name })
  const anonymous = (address: string) => {
    const client = createGrpcClient(RulesServiceClient, address, { config: {}, internalKey: key })
    cleanUp.push(() => client.close())
    return client
  }
  const withBearer = (address: string, value: string) => withMetadata(address, 'authorization', value)
  const withMetadata = (address: string, name: string, ...values: string[]) =>
    new Promise<{ code?: number; rule?: Rule }>((resolve) => {
      const raw = new RulesServiceClient(address, credentials.createInsecure())
      cleanUp.push(() => raw.close())
      const metadata = new Metadata()
      for (const value of values) metadata.add(name, value)
      raw.getRule({ ruleId: 'r1' }, metadata, (error, answer) => resolve({ code: error?.code, rule: answer }))
    })

  it('is needed', async () => {
    const { address } = await serveRules({ getRule })
    await expect(anonymous(address).getRule({ ruleId: 'r1' })).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
  })

  it('takes a signature of our key only', async () => {
    const { address } = await serveRules({ getRule })
    const stranger = createGrpcClient(RulesServiceClient, address, {
      config: {},
      internalKey: new Secret('z'.repeat(32)),
      caller: ann,
    })
    cleanUp.push(() => stranger.close())
    await expect(stranger.getRule({ ruleId: 'r1' })).rejects.toMatchObject({ reason: 'unauthenticated' })
  })

  it('does not choose between two signed callers', async () => {
    const { address } = await serveRules({ getRule })
    const token = await signCaller(ann, key)
    expect((await withMetadata(address, 'onus-caller', token)).rule?.name).toBe('Ann')
    expect((await withMetadata(address, 'onus-caller', token, token)).code).toBe(status.UNAUTHENTICATED)
  })

  it('takes an API key where keys are resolved', async () => {
    const authenticateKey = async (apiKey: string) => {
      if (apiKey !== 'good') throw problems.unauthenticated()
      return { ...ann, name: 'by key' }
    }
    const { address } = await serveRules({ getRule }, { authenticateKey })
    expect((await withBearer(address, 'Bearer good')).rule?.name).toBe('by key')
    expect((await withBearer(address, 'Bearer bad')).code).toBe(status.UNAUTHENTICATED)
    expect((await withBearer(address, 'Basic good')).code).toBe(status.UNAUTHENTICATED)
    const { address: other } = await serveRules({ getRule })
    expect((await withBearer(other, 'Bearer good')).code).toBe(status.UNAUTHENTICATED)
  })

  it('is not needed for a public method, which then has no caller to read', async () => {
    const { address } = await serveRules(
      { getRule, listRules: async () => ({ items: [] }) },
      { public: ['listRules', 'getRule'] },
    )
    expect(await anonymous(address).listRules({})).toEqual({ items: [] })
    await expect(anonymous(address).getRule({ ruleId: 'r1' })).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
  })
})

describe('deadlines', () => {
  it('end a call on both sides', async () => {
    let signal: AbortSignal | undefined
    const { client } = await serveRules({
      getRule: (_, ctx) => {
        signal = ctx.signal
        return sleep(30_000, rule('r1'), { signal: ctx.signal })
      },
    })
    const began = Date.now()
    await expect(client.getRule({ ruleId: 'r1' }, { deadlineMs: 150 })).rejects.toMatchObject({
      reason: 'unavailable',
    })
    expect(Date.now() - began).toBeLessThan(9000)
    await expect.poll(() => signal?.aborted).toBe(true)
  })

  it('bound the calls that are made while handling one, unless they are detached', async () => {
    const seen: number[] = []
    const inner = await serveRules({
      getRule: async (_, ctx) => {
        seen.push(ctx.deadline.getTime() - Date.now())
        return rule('inner')
      },
    })
    const outer = await serveRules({
      getRule: async () => {
        await inner.client.getRule({ ruleId: 'x' }, { deadlineMs: 60_000 })
        await detached(() => inner.client.getRule({ ruleId: 'x' }, { deadlineMs: 20_000 }))
        return rule('outer')
      },
    })
    await outer.client.getRule({ ruleId: 'r1' }, { deadlineMs: 2000 })
    expect(seen[0]).toBeLessThanOrEqual(2000)
    expect(seen[1]).toBeGreaterThan(15_000)
  })

  it('reach through: when the first caller goes, the last callee stops', async () => {
    let begun = false
    let stopped = false
    const inner = await serveRules({
      getRule: async (_, ctx) => {
        begun = true
        await sleep(30_000, undefined, { signal: ctx.signal }).catch(() => {})
        stopped = true
        return rule('inner')
      },
    })
    const outer = await serveRules({ getRule: () => inner.client.getRule({ ruleId: 'x' }) })
    const gone = new AbortController()
    const call = outer.client.getRule({ ruleId: 'r1' }, { signal: gone.signal })
    call.catch(() => {})
    await expect.poll(() => begun).toBe(true)
    gone.abort()
    await expect(call).rejects.toMatchObject({ reason: 'unavailable' })
    await expect.poll(() => stopped).toBe(true)
  })
})

describe('a service that is away', () => {
  it('is unavailable at once, and found again when it is back', async () => {
    const { client, server, port } = await serveRules({ getRule: async () => rule('r1') })
    await client.getRule({ ruleId: 'r1' })
    await server.stop()
    const began = Date.now()
    await expect(client.getRule({ ruleId: 'r1' })).rejects.toMatchObject({ reason: 'unavailable' })
    expect(Date.now() - began).toBeLessThan(9000)
    const again = createGrpcServer({ log: logOf([]), config: {}, internalKey: key })
    again.add(RulesServiceService, ruleHandlers({ getRule: async () => rule('again') }))
    await again.listen('127.0.0.1', port)
    cleanUp.push(() => again.stop())
    await expect
      .poll(() => client.getRule({ ruleId: 'r1' }).then(({ id }) => id, String), { timeout: 8000 })
      .toBe('again')
  })

  it('lets calls in flight end before it stops, and cuts off those that do not', async () => {
    let begun = 0
    const { client, server } = await serveRules(
      {
        getRule: () => {
          begun++
          return sleep(500, rule('slow'))
        },
        listRules: () => {
          begun++
          return sleep(60_000, { items: [] }, { ref: false })
        },
      },
      { drainMs: 3000 },
    )
    const slow = client.getRule({ ruleId: 'r1' })
    const stuck = client.listRules({}, { retry: false }).catch((error) => error)
    await expect.poll(() => begun).toBe(2)
    const began = Date.now()
    await server.stop()
    expect((await slow).id).toBe('slow')
    expect(await stuck).toMatchObject({ reason: 'unavailable' })
    expect(Date.now() - began).toBeLessThan(9000)
  })
})

describe('streams', () => {
  const ticketHandlers = (some: Partial<Handlers<typeof TicketServiceService>>) =>
    ({
      ...Object.fromEntries(Object.keys(TicketServiceService).map((name) => [name, unexpected])),
      ...some,
    }) as Handlers<typeof TicketServiceService>

  async function serveTickets(some: Partial<Handlers<typeof TicketServiceService>>) {
    const server = createGrpcServer({ log: logOf([]), config: {}, internalKey: key })
    server.add(TicketServiceService, ticketHandlers(some))
    const port = await server.listen('127.0.0.1', 0)
    const client = createGrpcClient(TicketServiceClient, `127.0.0.1:${port}`, {
      config: {},
      internalKey: key,
      caller: ann,
    })
    cleanUp.push(
      () => server.stop(),
      () => client.close(),
    )
    return client
  }

  async function* chunks(count: number, size: number) {
    yield { part: { $case: 'head' as const, value: { name: 'a.bin', contentType: 'x/y' } } }
    for (let at = 0; at < count; at++)
      yield { part: { $case: 'chunk' as const, value: Buffer.alloc(size, at) } }
  }

  it('carry an upload and its refusal', async () => {
    const client = await serveTickets({
      async uploadAttachment(parts) {
        let size = 0
        for await (const { part } of parts) {
          if (part?.$case === 'chunk') size += part.value.length
          if (size > 1_000_000) throw new Problem('payload-too-large', 'Too large.')
        }
        return { id: 'f1', name: 'a.bin', contentType: 'x/y', size }
      },
    })
    expect((await client.uploadAttachment(chunks(10, 60_000))).size).toBe(600_000)
    await expect(client.uploadAttachment(chunks(500, 60_000))).rejects.toMatchObject({
      reason: 'payload-too-large',
    })
  })

  it('carry a download, its refusal, and stop when nobody reads on', async () => {
    let sent = 0
    let closed = false
    const client = await serveTickets({
      async *downloadAttachment({ attachmentId }) {
        if (attachmentId === 'none') throw problems.notFound('attachment', attachmentId)
        try {
          for (; sent < 2000; sent++) {
            const part: DownloadAttachmentResponse = { part: { $case: 'chunk', value: Buffer.alloc(60_000) } }
            yield part
          }
        } finally {
          closed = true
        }
      },
    })
    let read = 0
    for await (const { part } of client.downloadAttachment({ attachmentId: 'f1' })) {
      if (part?.$case === 'chunk') read++
      if (read === 5) break
    }
    await expect.poll(() => closed).toBe(true)
    expect(sent).toBeLessThan(2000)
    const refused = async () => {
      for await (const _ of client.downloadAttachment({ attachmentId: 'none' })) read++
    }
    await expect(refused()).rejects.toMatchObject({ reason: 'not-found' })
  })
})

describe('health and reflection', () => {
  const asIs = (bytes: Buffer) => bytes

  it('are open to everybody', async () => {
    const { address, server } = await serveRules({})
    const raw = new Client(address, credentials.createInsecure())
    cleanUp.push(() => raw.close())
    const check = () =>
      new Promise<string | undefined>((resolve) =>
        raw.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, Buffer.alloc(0), (_, answer) =>
          resolve(answer?.toString('hex')),
        ),
      )
    expect(await check()).toBe('0801')
    const names = await new Promise<string>((resolve) => {
      const call = raw.makeBidiStreamRequest(
        '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        asIs,
        asIs,
      )
      call.on('data', (bytes: Buffer) => {
        resolve(bytes.toString('latin1'))
        call.end()
      })
      call.on('error', (error) => resolve(String(error)))
      call.write(Buffer.from([0x3a, 0x00]))
    })
    expect(names).toContain('onus.v1.RulesService')
    await server.stop()
  })
})

describe('plain text', () => {
  it('is refused beyond loopback, unless it was asked for', async () => {
    const server = createGrpcServer({ log: logOf([]), config: {}, internalKey: key })
    await expect(server.listen('0.0.0.0', 0)).rejects.toBeInstanceOf(ConfigError)
    const make = (config: object) =>
      createGrpcClient(RulesServiceClient, 'rules:50051', { config, internalKey: key })
    expect(() => make({})).toThrow(ConfigError)
    expect(() => make({ GRPC_TLS_CA: '/a' })).toThrow(/all three/)
    make({ GRPC_INSECURE: true }).close()
  })
})

describe('metrics', () => {
  it('count calls by method and code, with their duration', async () => {
    const { client } = await serveRules({
      getRule: async () => rule('r1'),
      deleteRule: () => Promise.reject(problems.notFound('rule', 'x')),
    })
    const health = await serveHealth(new HealthRegistry(), { host: '127.0.0.1', port: 0, log: logOf([]) })
    cleanUp.push(() => health.close())
    await client.getRule({ ruleId: 'r1' })
    await client.deleteRule({ ruleId: 'x' }).catch(() => {})
    const metrics = await (await fetch(`http://127.0.0.1:${health.port}/metrics`)).text()
    const count = (side: string, method: string, code: number) =>
      Number(
        new RegExp(
          `^rpc_${side}_call_duration_seconds_count\\{[^}]*rpc_method="onus\\.v1\\.RulesService/${method}"[^}]*rpc_response_status_code="${code}"[^}]*\\} (\\d+)`,
          'm',
        ).exec(metrics)?.[1],
      )
    expect(count('server', 'GetRule', status.OK)).toBeGreaterThan(0)
    expect(count('server', 'DeleteRule', status.NOT_FOUND)).toBe(1)
    expect(count('client', 'DeleteRule', status.NOT_FOUND)).toBe(1)
    expect(metrics).toMatch(/^rpc_server_call_duration_seconds_bucket\{.*le="0\.005"\}/m)
  })
})
