import type { Caller } from '@onus/kit/caller'
import type { DirectoryView } from '@onus/kit/directory'
import { createLogger } from '@onus/kit/logging'
import { problems } from '@onus/kit/problems'
import type { Agent, Department } from '@onus/proto/onus/v1/directory'
import type { Notice } from '@onus/proto/onus/v1/notification'
import type { Rule } from '@onus/proto/onus/v1/rules'
import type { Ticket } from '@onus/proto/onus/v1/ticket'
import { createApp, type Deps } from '../app.ts'
import type { Clients } from '../clients.ts'
import { createIdempotency } from '../http/idempotency/idempotency.ts'
import { createMemoryIdempotencyStore } from '../http/idempotency/memory-store.ts'
import type { RememberedAnswer } from '../http/idempotency/store.ts'

/** Stand-ins for what is behind the gateway. They are strict: what a test did not expect is an error. */

export const AT = '2026-03-01T09:00:00.000Z'

export const CALLERS: Record<string, Caller> = {
  operator: { type: 'operator', accountId: '', id: 'operator', name: 'operator', scopes: [] },
  owner: { type: 'agent', accountId: 'acct', id: 'olive', name: 'Olive', role: 'owner', scopes: [] },
  admin: { type: 'agent', accountId: 'acct', id: 'adam', name: 'Adam', role: 'admin', scopes: [] },
  agent: { type: 'agent', accountId: 'acct', id: 'ana', name: 'Ana', role: 'agent', scopes: [] },
  reader: { type: 'api_client', accountId: 'acct', id: 'shop', name: 'Shop', scopes: ['tickets:read'] },
}

/** Keys are the callers' names. */
export const fakeAuthenticate: Deps['authenticate'] = async (authorization) => {
  const caller = CALLERS[authorization?.replace(/^Bearer /, '') ?? '']
  if (!caller) throw problems.unauthenticated()
  return caller
}

type Methods<T> = { [K in keyof T]?: T[K] }

/** A client of which only the given methods may be called. */
export function strict<T extends object>(name: string, methods: Methods<T> = {}): T {
  return new Proxy(methods, {
    get(target, method) {
      const found = Reflect.get(target, method)
      if (found) return found
      throw new Error(`${name}.${String(method)} was not expected`)
    },
  }) as T
}

export interface FakeClients {
  ticket?: Methods<Clients['ticket']>
  directory?: Methods<Clients['directory']>
  rules?: Methods<Clients['rules']>
  ruleInsight?: Methods<Clients['ruleInsight']>
  insight?: Methods<Clients['insight']>
  templates?: Methods<Clients['templates']>
  notification?: Methods<Clients['notification']>
  webhooks?: Methods<Clients['webhooks']>
  channels?: Methods<Clients['channels']>
}

export const fakeClients = (fakes: FakeClients = {}): Clients => ({
  ticket: strict('ticket', fakes.ticket),
  directory: strict('directory', fakes.directory),
  rules: strict('rules', fakes.rules),
  ruleInsight: strict('ruleInsight', fakes.ruleInsight),
  insight: strict('insight', fakes.insight),
  templates: strict('templates', fakes.templates),
  notification: strict('notification', fakes.notification),
  webhooks: strict('webhooks', fakes.webhooks),
  channels: strict('channels', fakes.channels),
})

/** Answers kept readable, so that a test can look at them. */
export const openSealer = {
  seal: (answer: RememberedAnswer) => JSON.stringify(answer),
  open: (sealed: string) => JSON.parse(sealed) as RememberedAnswer,
}

export function fakeDeps(fakes: FakeClients = {}, overrides: Partial<Deps> = {}): Deps {
  const log = createLogger('gateway', 'silent')
  const clock = () => new Date()
  return {
    clients: fakeClients(fakes),
    readDirectory: async () => aDirectory(),
    authenticate: fakeAuthenticate,
    idempotency: createIdempotency(createMemoryIdempotencyStore(clock), openSealer, log),
    live: strict('live'),
    viewers: strict('viewers'),
    log,
    clock,
    limits: { attachment: 1000, mail: 1000 },
    deadlineMs: 2_000,
    document: { publicUrl: 'http://localhost:8080', version: '0.1.0' },
    lookAtInstallation: async () => {
      throw new Error('looking at the installation was not expected')
    },
    discoverIssuer: async () => {
      throw new Error('asking an issuer was not expected')
    },
    asyncApiFile: '/nowhere/asyncapi.json',
    consoleDirectory: '/nowhere',
    ...overrides,
  }
}

/** An app whose callers are named by their key. */
export function fakeApp(fakes: FakeClients = {}, overrides: Partial<Deps> = {}) {
  const app = createApp(fakeDeps(fakes, overrides))
  const send = async (method: string, path: string, options: SendOptions = {}) => {
    const { as, json, body = json === undefined ? undefined : JSON.stringify(json), headers = {} } = options
    const response = await app.request(`http://localhost/api/v1${path}`, {
      method,
      body: body as string | undefined,
      duplex: 'half',
      headers: {
        ...(as && { authorization: `Bearer ${as}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    } as RequestInit)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    }
  }
  return { app, send }
}

export interface SendOptions {
  as?: string
  json?: unknown
  body?: unknown
  headers?: Record<string, string>
}

export const aTicket = (overrides: Partial<Ticket> = {}): Ticket => ({
  id: 't1',
  number: '7',
  subject: 'The printer is on fire',
  channel: 'email',
  status: 'new',
  priority: 'normal',
  tags: [],
  contact: { id: 'c1', email: 'carla@example.com', name: 'Carla' },
  departmentId: 'billing',
  responsibility: {
    departmentId: 'billing',
    revision: 1,
    since: AT,
    actor: { type: 'system' },
    cause: { type: 'inbound_address' },
  },
  createdAt: AT,
  updatedAt: AT,
  fields: {},
  sequence: 2,
  ...overrides,
})

export const anAgent = (overrides: Partial<Agent> = {}): Agent => ({
  id: 'ana',
  name: 'Ana',
  email: 'ana@acme.example',
  role: 'agent',
  locale: 'en',
  timeZone: 'Europe/Madrid',
  skills: [],
  memberships: [{ departmentId: 'billing' }],
  status: 'active',
  presence: 'online',
  createdAt: AT,
  leave: [],
  ...overrides,
})

export const aDepartment = (overrides: Partial<Department> = {}): Department => ({
  id: 'billing',
  name: 'Billing',
  reopenPolicy: 'keep_if_available',
  onlyOwnerAnswers: false,
  membersMayTakeOver: false,
  addresses: ['billing@acme.example'],
  distribution: { strategy: 'manual', on: [] },
  createdAt: AT,
  ...overrides,
})

export const aRule = (overrides: Partial<Rule> = {}): Rule => ({
  id: 'r1',
  active: true,
  name: 'Invoices',
  notes: '',
  position: 1,
  trigger: { type: 'ticket_created' },
  conditions: [],
  actions: [{ type: 'stop' }],
  version: 1,
  updatedAt: AT,
  ...overrides,
})

export const aNotice = (overrides: Partial<Notice> = {}): Notice => ({
  id: 'n1',
  ticketId: 't1',
  event: 'ticket_new',
  channel: 'email',
  recipient: { agentId: 'ana' },
  state: 'sent',
  attempts: 1,
  createdAt: AT,
  sentAt: AT,
  devices: [],
  departmentId: 'billing',
  because: 'department',
  why: 'You get this because you work in Billing.',
  inDigest: false,
  ...overrides,
})

export function aDirectory(): DirectoryView {
  const agents = [anAgent(), anAgent({ id: 'olive', name: 'Olive', role: 'owner', memberships: [] })]
  const departments = [aDepartment(), aDepartment({ id: 'support', name: 'Support' })]
  return {
    settings: {
      defaultDepartmentId: 'support',
      routeAssignedToMe: false,
      reopenWindow: 'P7D',
      locale: 'en',
      timeZone: 'UTC',
      replyToClosed: 'reopen',
      name: 'Acme',
    },
    agents,
    departments,
    agent: (id: string) => agents.find((agent) => agent.id === id),
    department: (id: string) => departments.find((department) => department.id === id),
  } as unknown as DirectoryView
}
