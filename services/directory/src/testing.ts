import { randomUUID } from 'node:crypto'
import { type Caller, systemCaller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { createGrpcClient, createGrpcServer, type GrpcClient } from '@onus/kit/grpc'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import * as proto from '@onus/proto/onus/v1/directory'
import { createApp, type DirectoryDeps } from './app.ts'
import { QUERIES } from './store/queries.ts'

const MESSAGES = proto as unknown as Record<string, { fromPartial(object: object): object }>

/** A directory service of its own on a real MongoDB, with a client; for integration tests. */

const internalKey = new Secret('a key of the tests, with more than 32 characters')
export const OPERATOR: Caller = {
  type: 'operator',
  accountId: '',
  id: 'operator',
  name: 'operator',
  scopes: [],
}

type Rpcs = typeof proto.DirectoryServiceService
export type Rpc = keyof Rpcs
type Answer<R extends Rpc> = ReturnType<Rpcs[R]['responseDeserialize']>

export interface TestDirectory {
  /** Calls with a request that leaves out what it does not mean, as a JSON client would. */
  call<R extends Rpc>(rpc: R, request: object, caller: Caller | undefined): Promise<Answer<R>>
  client: GrpcClient<typeof proto.DirectoryServiceService>
  deps: DirectoryDeps
  /** Departments that are said to have tickets. */
  busyDepartments: Set<string>
  /** Tickets that agents are said to hold. */
  held: Map<string, { departmentId: string; tickets: number }[]>
  newAccount(name?: string): Promise<TestAccount>
  close(): Promise<void>
}

export interface TestAccount extends Required<proto.CreateAccountResponse> {
  accountId: string
  /** The owner as a signed caller. */
  asOwner: Caller
  /** Another agent of this account as a signed caller. */
  as(agent: { id: string; name: string; role: string }): Caller
  system: Caller
}

export async function startTestDirectory(overrides: Partial<DirectoryDeps> = {}): Promise<TestDirectory> {
  const uri = process.env.MONGODB_URI ?? ''
  const mongo = await connectMongo({ uri, database: `onus_test_${randomUUID().replaceAll('-', '')}` })
  await ensureIndexes(mongo.db, QUERIES)
  const log = createLogger('directory-test', 'fatal')
  const busyDepartments = new Set<string>()
  const held: TestDirectory['held'] = new Map()
  const deps: DirectoryDeps = {
    db: mongo.db,
    log,
    internalKey,
    lanes: [],
    hasTickets: async (_, departmentId) => busyDepartments.has(departmentId),
    heldTickets: async (_, agentId) => held.get(agentId) ?? [],
    ...overrides,
  }
  const app = createApp(deps)
  app.start()
  const server = createGrpcServer({ log, config: {}, internalKey, authenticateKey: app.authenticateKey })
  server.add(proto.DirectoryServiceService, app.handlers)
  const port = await server.listen('127.0.0.1', 0)
  const client = createGrpcClient(proto.DirectoryServiceClient, `127.0.0.1:${port}`, {
    config: {},
    internalKey,
  })

  const call: TestDirectory['call'] = (rpc, request, caller) => {
    const name =
      rpc === 'setOidcIntegration' ? 'OidcIntegration' : `${rpc[0]!.toUpperCase()}${rpc.slice(1)}Request`
    const type = MESSAGES[name]!
    const method = client[rpc] as (request: object, options: object) => Promise<never>
    return method(type.fromPartial(request), { caller })
  }

  return {
    call,
    client,
    deps,
    busyDepartments,
    held,
    async newAccount(name = 'Acme') {
      const owner = { name: 'Olga', email: 'olga@example.com' }
      const made = await client.createAccount({ name, owner, commandId: randomUUID() }, { caller: OPERATOR })
      const account = made as Required<proto.CreateAccountResponse>
      const accountId = account.account!.id
      const as: TestAccount['as'] = ({ id, name, role }) => ({
        type: 'agent',
        accountId,
        id,
        name,
        role: role as Caller['role'],
        scopes: [],
      })
      return {
        ...account,
        accountId,
        as,
        asOwner: as(account.owner!),
        system: systemCaller(accountId, 'test'),
      }
    },
    async close() {
      client.close()
      await app.stop()
      await server.stop()
      // The embedded store cannot drop every database; one that stays does no harm.
      await mongo.db.dropDatabase().catch(() => {})
      await mongo.close()
    },
  }
}
