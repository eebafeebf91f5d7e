import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Api, type ApiAnswer, createApi } from './api.ts'

/** What `npm start` writes when everything is ready: every address a test may use. */
export interface Local {
  baseUrl: string
  consoleUrl: string
  temporalAddress: string
  temporalNamespace: string
  temporalUiUrl: string
  kafkaBrokers: string
  mongodbUri: string
  inboundSmtp: string
  mailSinkUrl: string
  slackSinkUrl: string
  pushSinkUrl: string
  grpc: Record<'ticket' | 'directory' | 'rules' | 'notification', string>
  operatorKey: string
  demo: {
    accountId: string
    departments: { id: string; name: string }[]
    agents: { id: string; name: string; email: string; role: string; apiKey: string }[]
  }
  pids: Record<string, number>
  codecServerUrl: string | null
  metricsUrls: Record<string, string>
}

/** Reads the stack's addresses from the file that the environment names. */
export async function readLocal(): Promise<Local> {
  const path = process.env.ONUS_LOCAL_JSON
  if (!path) throw new Error('ONUS_LOCAL_JSON names no stack; run this suite through `npm test`')
  return JSON.parse(await readFile(path, 'utf8')) as Local
}

export interface TestAgent {
  id: string
  name: string
  email: string
  role: string
  key: string
  api: Api
}

/** An account of its own for one test file, so that tests never see each other's tickets. */
export interface World {
  local: Local
  accountId: string
  owner: TestAgent
  departments: Record<string, { id: string; address: string }>
  agents: Record<string, TestAgent>
  /** A caller without any key. */
  anonymous: Api
  domain: string
  createTicket(input?: Record<string, unknown>, by?: Api): Promise<any>
}

/** Fails with the whole answer when the status is another, so that a red test says why. */
export function expectStatus<T>(answer: ApiAnswer<T>, status: number): T {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

export interface WorldPlan {
  /** Department names; the account's first department is there anyway under the name "Support". */
  departments?: string[]
  /** Agents by short name: role and departments. */
  agents?: Record<string, { role?: string; in?: string[] }>
}

/** Makes an account through the public API: departments with an inbound address each, agents with keys. */
export async function createWorld(plan: WorldPlan = {}): Promise<World> {
  const local = await readLocal()
  const operator = createApi(local.baseUrl, local.operatorKey)
  const domain = `${randomUUID().slice(0, 8)}.example`
  const made = expectStatus(
    await operator.post('/accounts', {
      name: `Test ${domain}`,
      owner: { name: 'Olive Owner', email: `olive@${domain}` },
    }),
    201,
  )
  const ownerApi = createApi(local.baseUrl, made.apiKey)
  const owner: TestAgent = { ...made.owner, key: made.apiKey, api: ownerApi }
  const departments: World['departments'] = {}
  const supportAddress = `support@${domain}`
  expectStatus(
    await ownerApi.patch(`/departments/${made.department.id}`, { addresses: [supportAddress] }),
    200,
  )
  departments.Support = { id: made.department.id, address: supportAddress }
  for (const name of plan.departments ?? []) {
    const address = `${name.toLowerCase()}@${domain}`
    const department = expectStatus(await ownerApi.post('/departments', { name, addresses: [address] }), 201)
    departments[name] = { id: department.id, address }
  }
  const agents: World['agents'] = {}
  for (const [name, spec] of Object.entries(plan.agents ?? {})) {
    const agent = expectStatus(
      await ownerApi.post('/agents', {
        name: `${name[0]?.toUpperCase()}${name.slice(1)}`,
        email: `${name}@${domain}`,
        role: spec.role ?? 'agent',
        memberships: (spec.in ?? []).map((d) => ({ departmentId: departments[d]?.id })),
      }),
      201,
    )
    const key = expectStatus(await ownerApi.post('/api-keys', { name: `${name}'s`, agentId: agent.id }), 201)
    agents[name] = { ...agent, key: key.key, api: createApi(local.baseUrl, key.key) }
  }
  return {
    local,
    accountId: made.account.id,
    owner,
    departments,
    agents,
    anonymous: createApi(local.baseUrl),
    domain,
    createTicket: async (input = {}, by = ownerApi) =>
      expectStatus(
        await by.post('/tickets', {
          subject: 'The printer is on fire',
          body: 'Please help.',
          channel: 'web_form',
          contact: { email: `carla@${domain}`, name: 'Carla Contact' },
          ...input,
        }),
        201,
      ),
  }
}

/** Tells these people nothing of new tickets, where what is counted or measured is what becomes of them. */
export async function muteNewTickets(people: readonly { api: Api }[]): Promise<void> {
  for (const { api } of people) {
    const preferences = expectStatus(await api.get('/me/preferences'), 200)
    const rules = preferences.rules.map((rule: any) =>
      rule.event === 'ticket_new' ? { ...rule, when: 'never' } : rule,
    )
    expectStatus(await api.put('/me/preferences', { ...preferences, rules }), 200)
  }
}
