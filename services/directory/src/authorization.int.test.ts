import { randomUUID } from 'node:crypto'
import { type Caller, systemCaller } from '@onus/kit/caller'
import { problemOf } from '@onus/kit/grpc'
import { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATOR, type Rpc, startTestDirectory, type TestAccount, type TestDirectory } from './testing.ts'

/** Who may call what: every RPC by everybody who could try. */

const CALLERS = [
  'owner',
  'admin',
  'agent',
  'setup:read',
  'setup:write',
  'tickets',
  'operator',
  'system',
  'suspended',
  'foreign',
  'nobody',
] as const
type CallerName = (typeof CALLERS)[number]

let directory: TestDirectory
let account: TestAccount
let foreign: TestAccount
let callers: Record<CallerName, Caller | undefined>
let ids: { agent: string; owner: string; department: string; empty: string; keys: string[] }

function makeAgent(role: string, status = 'active') {
  const email = `${role}-${status}-${randomUUID()}@example.com`
  return directory.call('createAgent', { agent: { name: role, email, role, status } }, account.asOwner)
}

async function makeClient(...scopes: string[]): Promise<Caller> {
  const { apiKey } = await directory.call(
    'createApiKey',
    { name: 'client', scopes, commandId: randomUUID() },
    account.asOwner,
  )
  const { accountId } = account
  const { id, name } = apiKey!
  return { type: 'api_client', accountId, id, name, scopes, apiKeyId: id }
}

beforeAll(async () => {
  directory = await startTestDirectory()
  account = await directory.newAccount()
  foreign = await directory.newAccount('Other')
  const [admin, agent, suspended] = [
    await makeAgent('admin'),
    await makeAgent('agent'),
    await makeAgent('agent', 'suspended'),
  ]
  const { id: department } = account.department!
  const empty = await directory.call(
    'createDepartment',
    { department: { name: 'Empty' }, commandId: 'empty' },
    account.asOwner,
  )
  await directory.call(
    'setOidcIntegration',
    { issuer: 'https://id.example.com', audience: 'onus' },
    account.asOwner,
  )
  const solo = await directory.call(
    'updateAgent',
    { agent: { id: account.owner!.id, memberships: [] }, updateMask: ['memberships'] },
    account.asOwner,
  )
  ids = { agent: agent.id, owner: solo.id, department, empty: empty.id, keys: [] }
  callers = {
    owner: account.asOwner,
    admin: account.as(admin),
    agent: account.as(agent),
    'setup:read': await makeClient('setup:read'),
    'setup:write': await makeClient('setup:write'),
    tickets: await makeClient('tickets:read', 'tickets:write', 'contact:write'),
    operator: OPERATOR,
    system: account.system,
    suspended: account.as(suspended),
    foreign: foreign.asOwner,
    nobody: undefined,
  }
})
afterAll(() => directory.close())

type Outcome = 'ok' | 'forbidden' | 'not-found' | 'unauthenticated'
type Row = Partial<Record<CallerName, Outcome>>

const READ: Row = {
  owner: 'ok',
  admin: 'ok',
  agent: 'ok',
  'setup:read': 'ok',
  'setup:write': 'ok',
  tickets: 'forbidden',
  operator: 'forbidden',
  system: 'ok',
  suspended: 'unauthenticated',
  foreign: 'not-found',
  nobody: 'unauthenticated',
}
/** A list or value of the caller's own account: a foreign caller sees their own. */
const OWN_READ: Row = { ...READ, foreign: 'ok' }
const SETUP: Row = { ...READ, agent: 'forbidden', 'setup:read': 'forbidden', system: 'forbidden' }
const OWN_SETUP: Row = { ...SETUP, foreign: 'ok' }
const OWNER: Row = { ...SETUP, admin: 'forbidden', 'setup:write': 'forbidden', foreign: 'ok' }
const OPERATORS: Row = {
  ...Object.fromEntries(CALLERS.map((caller) => [caller, 'forbidden'])),
  operator: 'ok',
  nobody: 'unauthenticated',
}
/** What is always the caller's own. */
const PERSON: Row = {
  ...OWN_READ,
  'setup:read': 'forbidden',
  'setup:write': 'forbidden',
  system: 'forbidden',
}
const SERVICES: Row = { ...OPERATORS, operator: 'forbidden', system: 'ok' }

const page = { limit: 0, cursor: '' }
const unique = () => randomUUID()

/** A request for each RPC that would be answered to who may ask; made new for each try. */
const REQUESTS: Record<Rpc, { row: Row; request: () => Promise<object> | object }> = {
  createAccount: {
    row: OPERATORS,
    request: () => ({ name: 'New', owner: { name: 'N', email: 'n@example.com' }, commandId: unique() }),
  },
  getAccount: { row: { ...READ, operator: 'ok' }, request: () => ({ accountId: account.accountId }) },
  listAccounts: { row: OPERATORS, request: () => ({ page }) },
  // The accounts are needed afterwards: the callers who may do it have a test of their own.
  deleteAccount: {
    row: { ...OWNER, owner: 'not-found', operator: 'not-found', foreign: 'not-found', ...notMine() },
    request: () => ({ accountId: 'gone' }),
  },
  authenticateKey: { row: SERVICES, request: () => ({ key: account.key }) },
  authenticateIdentity: {
    row: SERVICES,
    request: () => ({
      issuer: 'https://id.example.com',
      audiences: ['onus'],
      subject: 'olga',
      email: 'olga@example.com',
      emailVerified: true,
    }),
  },
  findSignIn: {
    row: { ...SERVICES, system: 'not-found' },
    request: () => ({ email: 'somebody@nowhere.example.com' }),
  },
  getTrustedIssuer: { row: SERVICES, request: () => ({ issuer: 'https://id.example.com' }) },
  getSnapshot: { row: SERVICES, request: () => ({ accountId: account.accountId, knownVersion: 0 }) },
  resolveAddress: {
    row: { ...SERVICES, system: 'not-found' },
    request: () => ({ address: 'no@example.com' }),
  },
  getSettings: { row: OWN_READ, request: () => ({}) },
  updateSettings: { row: OWN_SETUP, request: () => ({ settings: { locale: 'fr' }, updateMask: ['locale'] }) },
  createDepartment: { row: OWN_SETUP, request: () => ({ department: { name: 'x' }, commandId: unique() }) },
  getDepartment: { row: READ, request: () => ({ departmentId: ids.department }) },
  listDepartments: { row: OWN_READ, request: () => ({ page }) },
  updateDepartment: {
    row: SETUP,
    request: () => ({ department: { id: ids.department, name: unique() }, updateMask: ['name'] }),
  },
  deleteDepartment: {
    row: SETUP,
    request: async () => {
      const made = await directory.call(
        'createDepartment',
        { department: { name: 'x' }, commandId: unique() },
        account.asOwner,
      )
      return { departmentId: made.id }
    },
  },
  createAgent: {
    row: OWN_SETUP,
    request: () => ({ agent: { name: 'x', email: `${unique()}@example.com` }, commandId: unique() }),
  },
  getAgent: { row: READ, request: () => ({ agentId: ids.agent }) },
  listAgents: { row: OWN_READ, request: () => ({ page }) },
  updateAgent: {
    row: SETUP,
    request: () => ({ agent: { id: ids.agent, name: unique() }, updateMask: ['name'] }),
  },
  setPresence: {
    row: { ...SETUP, agent: 'ok' },
    request: () => ({ agentId: ids.agent, presence: 'away' }),
  },
  getPreferences: {
    row: { ...SETUP, agent: 'ok', system: 'ok' },
    request: () => ({ agentId: ids.agent }),
  },
  setPreferences: {
    row: { ...SETUP, agent: 'ok' },
    request: () => ({ agentId: ids.agent, preferences: { rules: [] } }),
  },
  getViews: { row: PERSON, request: () => ({}) },
  setViews: { row: PERSON, request: () => ({ items: [] }) },
  getDepartmentViews: {
    row: { ...READ, agent: 'not-found', system: 'not-found' },
    request: () => ({ departmentId: ids.department }),
  },
  setDepartmentViews: {
    row: { ...SETUP, agent: 'not-found', system: 'not-found' },
    request: () => ({ departmentId: ids.department, items: [] }),
  },
  getPreferencesOf: {
    row: { ...SERVICES, suspended: 'unauthenticated' },
    request: () => ({ agentIds: [ids.agent] }),
  },
  getLeave: { row: { ...SETUP, agent: 'ok' }, request: () => ({ agentId: ids.agent }) },
  setLeave: { row: { ...SETUP, agent: 'ok' }, request: () => ({ agentId: ids.agent, items: [] }) },
  getDelegation: {
    row: { ...SETUP, agent: 'ok' },
    request: async () => {
      const delegation = { toAgentId: ids.owner, until: '2099-01-01' }
      await directory.call('setDelegation', { agentId: ids.agent, delegation }, account.asOwner)
      return { agentId: ids.agent }
    },
  },
  setDelegation: { row: { ...SETUP, agent: 'ok' }, request: () => ({ agentId: ids.agent }) },
  startOffboarding: {
    row: SETUP,
    request: async () => ({ agentId: await newAgent(), successors: [], commandId: unique() }),
  },
  getOffboarding: { row: { ...SETUP, 'setup:read': 'ok' }, request: leavingAgent },
  controlOffboarding: {
    row: SETUP,
    request: async () => ({ ...(await leavingAgent()), action: 'pause' }),
  },
  reportOffboarding: {
    row: SERVICES,
    request: () => ({ agentId: ids.agent, offboardingId: 'none', state: 'running' }),
  },
  createApiKey: {
    row: { ...OWN_SETUP, 'setup:write': 'ok' },
    request: () => ({ name: 'k', scopes: ['setup:write'], commandId: unique() }),
  },
  listApiKeys: { row: { ...OWN_READ }, request: () => ({ page }) },
  deleteApiKey: {
    row: { ...SETUP, agent: 'not-found' },
    request: async () => {
      const made = await directory.call(
        'createApiKey',
        { name: 'k', scopes: ['setup:read'], commandId: unique() },
        account.asOwner,
      )
      return { apiKeyId: made.apiKey!.id }
    },
  },
  getOidcIntegration: {
    row: { ...SETUP, 'setup:read': 'ok', foreign: 'not-found' },
    request: () => ({}),
  },
  setOidcIntegration: {
    row: OWNER,
    request: () => ({ issuer: 'https://id.example.com', audience: 'onus' }),
  },
  deleteOidcIntegration: {
    row: OWNER,
    request: async () => {
      for (const caller of [account.asOwner, foreign.asOwner]) {
        await directory.call('setOidcIntegration', { issuer: 'https://x.example.com', audience: 'y' }, caller)
      }
      return {}
    },
  },
  listAudit: { row: { ...OWN_SETUP, 'setup:read': 'ok' }, request: () => ({ page }) },
}

async function newAgent(): Promise<string> {
  const agent = { name: 'x', email: `${unique()}@example.com` }
  return (await directory.call('createAgent', { agent, commandId: unique() }, account.asOwner)).id
}

async function leavingAgent(): Promise<{ agentId: string }> {
  const agentId = await newAgent()
  await directory.call('startOffboarding', { agentId, commandId: unique() }, account.asOwner)
  return { agentId }
}

function notMine(): Row {
  const row: Row = {}
  for (const caller of ['admin', 'agent', 'setup:read', 'setup:write', 'system'] as const)
    row[caller] = 'not-found'
  return row
}

describe.each(Object.entries(REQUESTS))('%s', (name, { row, request }) => {
  it.each(CALLERS)(`by %s`, async (caller) => {
    const outcome = await outcomeOf(name as Rpc, await request(), callers[caller])
    expect(outcome).toBe(row[caller])
  })
})

async function outcomeOf(rpc: Rpc, request: object, caller: Caller | undefined): Promise<string> {
  try {
    await directory.call(rpc, request, caller)
    return 'ok'
  } catch (error) {
    return problemOf(error).reason
  }
}

describe('beyond the table', () => {
  it('an owner deletes the account, an admin does not, and then nobody is known', async () => {
    const { client } = directory
    const doomed = await directory.newAccount('Doomed')
    const { accountId, asOwner, key } = doomed
    const admin = await directory.call(
      'createAgent',
      { agent: { name: 'a', email: 'a@example.com', role: 'admin' } },
      asOwner,
    )
    expect(await outcomeOf('deleteAccount', { accountId }, doomed.as(admin))).toBe('forbidden')
    expect(await outcomeOf('deleteAccount', { accountId }, asOwner)).toBe('ok')
    expect(await outcomeOf('getSettings', {}, asOwner)).toBe('unauthenticated')
    expect(await outcomeOf('authenticateKey', { key }, account.system)).toBe('unauthenticated')
    expect(await outcomeOf('getAccount', { accountId }, OPERATOR)).toBe('not-found')
    expect(await outcomeOf('getSnapshot', { accountId, knownVersion: 0 }, account.system)).toBe('not-found')
    const accounts = await client.listAccounts({ page }, { caller: OPERATOR })
    expect(accounts.items.map(({ id }) => id)).not.toContain(accountId)
  })

  it('an admin has no say over an owner', async () => {
    const agentId = account.owner!.id
    expect(await outcomeOf('setPresence', { agentId, presence: 'away' }, callers.admin)).toBe('forbidden')
    expect(await outcomeOf('getPreferences', { agentId }, callers.admin)).toBe('forbidden')
    expect(await outcomeOf('setLeave', { agentId, items: [] }, callers.admin)).toBe('forbidden')
    expect(await outcomeOf('setDelegation', { agentId }, callers.admin)).toBe('forbidden')
    expect(await outcomeOf('startOffboarding', { agentId, successors: [] }, callers.admin)).toBe('forbidden')
    expect(
      await outcomeOf(
        'updateAgent',
        { agent: { id: agentId, name: 'x' }, updateMask: ['name'] },
        callers.admin,
      ),
    ).toBe('forbidden')
  })

  it('everybody has a say over themselves', async () => {
    for (const caller of [callers.owner, callers.admin, callers.agent]) {
      expect(await outcomeOf('setPresence', { presence: 'online' }, caller)).toBe('ok')
      expect(await outcomeOf('getPreferences', {}, caller)).toBe('ok')
      expect(
        await outcomeOf('createApiKey', { name: 'mine', agentId: caller!.id, commandId: unique() }, caller),
      ).toBe('ok')
    }
    expect(await outcomeOf('setPresence', { presence: 'online' }, callers['setup:write'])).toBe('forbidden')
  })

  it('saved views are the caller’s own, and a change made elsewhere is not overwritten', async () => {
    const item = (id: string) => ({ id, name: id, filter: { status: ['new'] }, columns: [] })
    const view = item('mine')
    const saved = await directory.call('setViews', { items: [view] }, callers.agent)
    expect(await directory.call('getViews', {}, callers.agent)).toEqual(saved)
    expect((await directory.call('getViews', {}, callers.foreign)).items).not.toContainEqual(view)
    expect((await directory.call('getViews', {}, callers.admin)).items).not.toContainEqual(view)
    const { version } = saved
    const next = { items: [view, item('new')], version }
    expect(await outcomeOf('setViews', next, callers.agent)).toBe('ok')
    expect(await outcomeOf('setViews', next, callers.agent)).toBe('stale-revision')
    expect(await outcomeOf('setViews', { items: [item('a b')] }, callers.agent)).toBe('invalid-request')
    expect((await directory.call('getViews', {}, callers.agent)).items.map(({ id }) => id)).toEqual([
      'mine',
      'new',
    ])
  })

  it('shared views are for the members of their department, and owners and admins change them', async () => {
    const other = ids.empty
    const agent = {
      name: 'm',
      email: `${unique()}@example.com`,
      memberships: [{ departmentId: ids.department }],
    }
    const member = account.as(await directory.call('createAgent', { agent }, account.asOwner))
    const view = { id: 'late', name: 'Late', filter: { status: ['new'], sort: 'since' }, columns: [] }
    const set = (departmentId: string, caller = callers.admin, more: object = {}) =>
      outcomeOf('setDepartmentViews', { departmentId, items: [view], ...more }, caller)
    const get = (departmentId: string, caller: Caller | undefined = member) =>
      outcomeOf('getDepartmentViews', { departmentId }, caller)
    expect([await set(ids.department), await set(other, callers.owner)]).toEqual(['ok', 'ok'])
    expect([await set(ids.department, member), await set(other, member)]).toEqual(['forbidden', 'not-found'])
    expect([await get(ids.department), await get(other), await get('none')]).toEqual([
      ...['ok', 'not-found', 'not-found'],
    ])
    expect([await get(other, callers.admin), await get(other, callers.foreign)]).toEqual(['ok', 'not-found'])
    expect(await set(ids.department, callers.foreign)).toBe('not-found')
    expect(await set(ids.department, callers.admin, { version: 0 })).toBe('stale-revision')
    const odd = { ...view, filter: { sort: 'x', status: [] } }
    expect(await set(ids.department, callers.admin, { items: [odd] })).toBe('invalid-request')
    const shared = async (caller: Caller | undefined = member) =>
      (await directory.call('getViews', {}, caller)).shared.map(({ departmentId }) => departmentId)
    expect(await shared()).toEqual([ids.department])
    expect((await shared(callers.admin)).sort()).toEqual([ids.department, other].sort())
    expect([await shared(callers.agent), await shared(callers.foreign)]).toEqual([[], []])
  })

  it('leave that was changed elsewhere is not written over', async () => {
    const agentId = await newAgent()
    const item = (month: string) => ({ from: `2099-${month}-01`, until: `2099-${month}-05` })
    const { version } = await directory.call('getLeave', { agentId }, callers.admin)
    const write = (items: object[]) => outcomeOf('setLeave', { agentId, items, version }, callers.admin)
    expect(await write([item('01')])).toBe('ok')
    expect(await write([item('02')])).toBe('stale-revision')
    expect(await outcomeOf('setLeave', { agentId, items: [item('02')] }, callers.admin)).toBe('ok')
  })

  it('permission is asked before validation', async () => {
    expect(
      await outcomeOf('createDepartment', { department: { name: '' }, commandId: '' }, callers.agent),
    ).toBe('forbidden')
    expect(
      await outcomeOf('updateSettings', { settings: { locale: '?' }, updateMask: ['x'] }, callers.agent),
    ).toBe('forbidden')
    expect(
      await outcomeOf('updateDepartment', { department: { id: 'gone' }, updateMask: [] }, callers.agent),
    ).toBe('forbidden')
  })

  it('a service of ours asks about any account', async () => {
    const { accountId } = foreign
    expect(await outcomeOf('getSnapshot', { accountId, knownVersion: 0 }, systemCaller('', 'x'))).toBe('ok')
  })

  it('an API key can be used instead of a signed caller', async () => {
    const metadata = await directory.client.callMetadata()
    metadata.set('authorization', `Bearer ${account.key}`)
    const { getSettings } = DirectoryServiceService
    const settings = await new Promise((resolve, reject) => {
      directory.client.raw.makeUnaryRequest(
        getSettings.path,
        getSettings.requestSerialize,
        getSettings.responseDeserialize,
        {},
        metadata,
        {},
        (error, answer) => (error ? reject(error) : resolve(answer)),
      )
    })
    expect(settings).toMatchObject({ name: 'Acme' })
  })
})
