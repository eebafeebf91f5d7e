import type { Caller } from '@onus/kit/caller'
import { Problem, problems } from '@onus/kit/problems'
import { describe, expect, it } from 'vitest'
import { operationsOf } from './app.ts'
import type { Clients } from './clients.ts'
import type { AnyOperation, Call } from './http/operation/operation.ts'
import { fakeApp, fakeDeps } from './testing/fakes.ts'

/**
 * Who gets how far at each endpoint. The services decide on every valid request, and the first part shows
 * that the gateway asks them as the caller and hands on what they say. The second part shows who is told
 * what about a request that is malformed, which only the gateway ever sees.
 */

type Who = 'nobody' | 'operator' | 'owner' | 'admin' | 'agent' | 'reader'
const EVERYBODY: Who[] = ['nobody', 'operator', 'owner', 'admin', 'agent', 'reader']

interface Row {
  json?: unknown
  body?: unknown
  type?: string
  query?: string
  /** Malformed input: who gets which status. Left out where there is no input to get wrong. */
  malformed?: Record<Exclude<Who, 'nobody' | 'operator'>, number> | 'ticket' | 'ticket, by a person'
}

/** Refused by the role before anything is said about the form. */
const SETUP = { owner: 400, admin: 400, agent: 403, reader: 403 }
const ANYBODY = { owner: 400, admin: 400, agent: 400, reader: 400 }
const PERSON = { owner: 400, admin: 400, agent: 400, reader: 403 }
const WRITER = { owner: 400, admin: 400, agent: 400, reader: 403 }

const ACTION = { type: 'stop' }
const RULE = { name: 'r', trigger: { type: 'ticket_created' }, actions: [ACTION] }
const PREFERENCES = { locale: 'en', timeZone: 'UTC', rules: [] }

const TABLE: Record<string, Row> = {
  createTicket: {
    json: { subject: 's', body: 'b', channel: 'api', contact: { name: 'c' } },
    malformed: WRITER,
  },
  listTickets: { malformed: ANYBODY },
  getTicket: {},
  updateTicket: { json: { priority: 'high' }, malformed: 'ticket' },
  getResponsibilityAt: { malformed: 'ticket' },
  listMessages: { malformed: 'ticket' },
  addMessage: { json: { author: 'agent', kind: 'note', body: 'b' }, malformed: 'ticket' },
  claimTicket: { malformed: 'ticket' },
  assignTicket: { json: { agentId: 'ana' }, malformed: 'ticket' },
  transferTicket: { json: { departmentId: 'billing' }, malformed: 'ticket' },
  releaseTicket: { malformed: 'ticket' },
  takeOverTicket: { json: { reason: 'r' }, malformed: 'ticket' },
  returnTicket: { malformed: 'ticket' },
  resolveTicket: { malformed: 'ticket' },
  reopenTicket: { malformed: 'ticket' },
  postponeTicket: { json: { until: '2027-01-01T00:00:00Z' }, malformed: 'ticket' },
  closeTicket: { malformed: 'ticket' },
  spamTicket: { malformed: 'ticket' },
  deleteTicket: { malformed: 'ticket' },
  listViewers: {},
  setMyViewing: { json: { state: 'viewing' }, malformed: 'ticket, by a person' },
  endMyViewing: { malformed: 'ticket, by a person' },
  getTimeline: { malformed: 'ticket' },
  uploadAttachment: { body: 'bytes', type: 'application/octet-stream', malformed: ANYBODY },
  downloadAttachment: {},
  getMe: { malformed: ANYBODY },
  setMyPresence: { json: { presence: 'away' }, malformed: PERSON },
  getMyPreferences: { malformed: PERSON },
  setMyPreferences: { json: PREFERENCES, malformed: PERSON },
  getMyViews: { malformed: PERSON },
  setMyViews: { json: { items: [] }, malformed: PERSON },
  getDepartmentViews: {},
  setDepartmentViews: { json: { items: [] }, malformed: SETUP },
  getToSolve: { malformed: PERSON },
  nextToSolve: { malformed: PERSON },
  streamMyEvents: { malformed: PERSON },
  listTicketNotifications: { malformed: 'ticket' },
  listMyNotifications: { malformed: PERSON },
  getNotification: {},
  acknowledgeNotification: { malformed: ANYBODY },
  resendNotification: { malformed: ANYBODY },
  listNotifications: { malformed: SETUP },
  getNotificationHealth: { malformed: SETUP },
  createRule: { json: RULE, malformed: SETUP },
  listRules: { malformed: ANYBODY },
  setRuleOrder: { json: { ids: [] }, malformed: SETUP },
  getRule: {},
  updateRule: { json: { active: false }, malformed: SETUP },
  deleteRule: {},
  listRuleVersions: { malformed: SETUP },
  explainRule: { query: '?ticketId=t1', malformed: ANYBODY },
  startDryRun: { json: { rules: [RULE] }, malformed: SETUP },
  getDryRun: {},
  cancelDryRun: {},
  getOpenWork: { malformed: ANYBODY },
  getClaimTimes: { malformed: ANYBODY },
  getDepartmentFlows: { malformed: ANYBODY },
  createTemplate: { json: { name: 't', body: 'b' }, malformed: SETUP },
  listTemplates: { malformed: ANYBODY },
  getTemplate: {},
  updateTemplate: { json: { name: 't' }, malformed: SETUP },
  deleteTemplate: {},
  getSettings: { malformed: ANYBODY },
  updateSettings: { json: { locale: 'fr' }, malformed: SETUP },
  listAudit: { malformed: SETUP },
  createDepartment: { json: { name: 'd' }, malformed: SETUP },
  listDepartments: { malformed: ANYBODY },
  getDepartment: {},
  updateDepartment: { json: { name: 'd' }, malformed: SETUP },
  deleteDepartment: {},
  createAgent: { json: { name: 'a', email: 'a@acme.example' }, malformed: SETUP },
  listAgents: { malformed: ANYBODY },
  getAgent: {},
  updateAgent: { json: { name: 'a' }, malformed: SETUP },
  getAgentPreferences: {},
  setAgentPreferences: { json: PREFERENCES, malformed: SETUP },
  getLeave: {},
  setLeave: { json: { items: [] }, malformed: SETUP },
  addLeave: { json: { from: '2026-12-24', until: '2026-12-31' }, malformed: SETUP },
  deleteLeave: {},
  getDelegation: {},
  setDelegation: { json: { toAgentId: 'ana', until: '2026-12-31' }, malformed: SETUP },
  createDelegation: { json: { toAgentId: 'ana', until: '2026-12-31' }, malformed: SETUP },
  deleteDelegation: {},
  startOffboarding: { json: { dryRun: true, successors: [] }, malformed: SETUP },
  getOffboarding: {},
  pauseOffboarding: { malformed: SETUP },
  resumeOffboarding: { malformed: SETUP },
  undoOffboarding: { malformed: SETUP },
  checkOrphans: {},
  getInstallation: {},
  checkProjection: { json: { limit: 10 }, malformed: SETUP },
  republishEvents: { malformed: SETUP },
  createApiKey: { json: { name: 'k' }, malformed: PERSON },
  listApiKeys: { malformed: ANYBODY },
  deleteApiKey: {},
  getSlackIntegration: { malformed: ANYBODY },
  replaceSlackIntegration: { json: { botToken: 'xoxb', workspace: 'w' }, malformed: SETUP },
  createSlackIntegration: { json: { botToken: 'xoxb', workspace: 'w' }, malformed: SETUP },
  deleteSlackIntegration: {},
  testSlackIntegration: { malformed: SETUP },
  registerDevice: { json: { kind: 'fcm', token: 'abc' }, malformed: PERSON },
  listMyDevices: { malformed: PERSON },
  deleteDevice: {},
  testMyDevice: {},
  getPushIntegration: { malformed: ANYBODY },
  setPushIntegration: { json: { pushShowsText: true }, malformed: SETUP },
  deletePushIntegration: {},
  getOidcIntegration: { malformed: ANYBODY },
  replaceOidcIntegration: { json: { issuer: 'https://i.example', audience: 'a' }, malformed: SETUP },
  createOidcIntegration: { json: { issuer: 'https://i.example', audience: 'a' }, malformed: SETUP },
  deleteOidcIntegration: {},
  testOidcIntegration: { malformed: SETUP },
  createWebhook: { json: { url: 'https://example.com', events: ['*'] }, malformed: SETUP },
  listWebhooks: { malformed: ANYBODY },
  getWebhook: {},
  updateWebhook: { json: { active: true }, malformed: SETUP },
  deleteWebhook: {},
  rotateWebhookSecret: { malformed: SETUP },
  testWebhook: { malformed: SETUP },
  listWebhookDeliveries: { malformed: SETUP },
  getWebhookDelivery: {},
  resendWebhookDelivery: { malformed: SETUP },
  replayWebhook: { json: { since: '2026-03-01T09:00:00Z' }, malformed: SETUP },
  exportResponsibility: { malformed: ANYBODY },
  acceptMail: {
    body: 'Subject: x\r\n\r\nx',
    type: 'message/rfc822',
    query: '?to=a@acme.example',
    malformed: SETUP,
  },
  listUnreadableMails: { malformed: SETUP },
  downloadUnreadableMail: {},
  retryUnreadableMail: { malformed: SETUP },
  createAccount: { json: { name: 'a', owner: { name: 'o', email: 'o@acme.example' } } },
  listAccounts: {},
  getAccount: {},
  deleteAccount: {},
}

const operations = operationsOf(fakeDeps())
const guarded = operations.filter(({ door }) => door !== 'public')

/** Services of which every method notes its caller and then refuses. */
function refusingServices(refusal: Problem) {
  const calls: { method: string; caller: Caller }[] = []
  const service = new Proxy(
    {},
    {
      get:
        (_, method) =>
        async (...args: unknown[]) => {
          calls.push({ method: String(method), caller: (args.at(-1) as Call).caller })
          throw refusal
        },
    },
  )
  return {
    clients: {
      ticket: service,
      directory: service,
      rules: service,
      ruleInsight: service,
      insight: service,
      templates: service,
      notification: service,
      webhooks: service,
      channels: service,
    },
    calls,
  }
}

function request(spec: AnyOperation, who: Who, row: Row) {
  const path = spec.path.replace(/\{\w+\}/g, 'x1') + (row.query ?? '')
  const headers = row.type ? { 'content-type': row.type } : undefined
  return [
    spec.method.toUpperCase(),
    path,
    { as: who === 'nobody' ? undefined : who, ...row, headers },
  ] as const
}

/** Ops that need a person, or nothing but the caller: not every caller gets to a service. */
const PERSONAL = [
  'setMyPresence',
  'getMyPreferences',
  'setMyPreferences',
  'getMyViews',
  'setMyViews',
  'setMyViewing',
  'endMyViewing',
  'getToSolve',
  'nextToSolve',
  'streamMyEvents',
  'registerDevice',
  'listMyDevices',
  'deleteDevice',
  'testMyDevice',
]

function expectedAtTheDoor({ id, door, params }: AnyOperation, who: Who): number | 'service' | 'own' {
  if (who === 'nobody') return 401
  if (door === 'operator' && who !== 'operator') return 403
  if (id === 'getInstallation') return 'own'
  if (door === 'operator') return 'service'
  if (door === 'account' && who === 'operator') return params ? 404 : 403
  if (PERSONAL.includes(id) && who === 'reader') return 403
  if (id === 'streamMyEvents') return 'own'
  if (id === 'getMe' && who === 'reader') return 'own'
  return 'service'
}

describe('the table of endpoints', () => {
  it('has a row for each', () => {
    expect(guarded.map(({ id }) => id).sort()).toEqual(Object.keys(TABLE).sort())
  })
})

describe.each(guarded)('$id', (spec) => {
  const row = TABLE[spec.id] as Row

  it.each(EVERYBODY)('by %s', async (who) => {
    const expected = expectedAtTheDoor(spec, who)
    if (expected === 'own') return
    for (const refusal of [problems.notFound('thing', 'x1'), problems.forbidden('do this')]) {
      const { clients, calls } = refusingServices(refusal)
      const { send } = fakeApp(clients as Partial<Clients>)
      const answer = await send(...request(spec, who, row))
      if (typeof expected === 'number') {
        expect([answer.status, calls]).toEqual([expected, []])
      } else {
        expect(answer.status).toBe(refusal.status)
        expect(answer.body.detail).toBe(refusal.detail)
        expect(calls.length).toBeGreaterThan(0)
        const role = who === 'reader' || who === 'operator' ? undefined : who
        for (const { caller } of calls) expect(caller.role).toBe(role)
      }
    }
  })

  const malformed = row.malformed
  if (!malformed) return
  it.each(['owner', 'admin', 'agent', 'reader'] as const)('malformed, by %s', async (who) => {
    const bad = { ...row, query: '?nonsense=1', ...(spec.body && { json: { nonsense: true } }) }
    for (const [verdict, status] of [
      [null, 400],
      [problems.forbidden('do this'), 403],
      [problems.notFound('ticket', 'x1'), 404],
    ] as const) {
      const checkAccess = async () => {
        if (verdict) throw verdict
        return {}
      }
      const { send } = fakeApp({ ticket: { checkAccess } })
      const answer = await send(...request(spec, who, bad))
      const expected =
        malformed === 'ticket'
          ? status
          : malformed === 'ticket, by a person'
            ? who === 'reader'
              ? 403
              : status
            : malformed[who]
      expect(answer.status).toBe(expected)
    }
  })
})

it('asks for the right verb of a malformed command', async () => {
  const asked: string[] = []
  const checkAccess = async ({ verb }: { verb: string }) => {
    asked.push(verb)
    throw new Problem('forbidden', 'no')
  }
  const { send } = fakeApp({ ticket: { checkAccess } })
  const post = (path: string, json: unknown) => send('POST', `/tickets/t1/${path}`, { as: 'agent', json })
  await post('take-over', {})
  await post('messages', { author: 'contact' })
  await post('messages', { author: 'agent', kind: 'note' })
  await post('messages', 7)
  await send('PATCH', '/tickets/t1', { as: 'agent', json: {} })
  await send('GET', '/tickets/t1/timeline?limit=0', { as: 'agent' })
  expect(asked).toEqual(['take_over', 'write_as_contact', 'note', 'answer', 'update', 'see'])
})
