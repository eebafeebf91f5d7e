import { randomUUID } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import { problemOf } from '@onus/kit/grpc'
import { assertCovered } from '@onus/kit/mongo'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { QUERIES } from './store/queries.ts'
import { OPERATOR, type Rpc, startTestDirectory, type TestAccount, type TestDirectory } from './testing.ts'

let directory: TestDirectory
let account: TestAccount
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory.close())
beforeEach(async () => {
  account = await directory.newAccount()
})

const asOwner = <R extends Rpc>(rpc: R, request: object) => directory.call(rpc, request, account.asOwner)
const asSystem = <R extends Rpc>(rpc: R, request: object) => directory.call(rpc, request, account.system)
const newAgent = (name: string, more: object = {}) =>
  asOwner('createAgent', { agent: { name, email: `${name}@example.com`, ...more } })
const newDepartment = (name: string, more: object = {}, caller: Caller = account.asOwner) =>
  directory.call('createDepartment', { department: { name, ...more } }, caller)

async function refused(work: Promise<unknown>): Promise<{ reason: string; fields: string[] }> {
  try {
    await work
  } catch (error) {
    const { reason, errors = [] } = problemOf(error)
    return { reason, fields: errors.map(({ field }) => field) }
  }
  return { reason: 'ok', fields: [] }
}

it('has an index for every query', () => assertCovered(QUERIES))

describe('an account', () => {
  it('is made once for one command, with an owner, a department and a key that works', async () => {
    const commandId = randomUUID()
    const request = { name: 'Acme', owner: { name: 'Olga', email: 'Olga@Example.com' }, commandId }
    const all = await Promise.all([1, 2, 3, 4].map(() => directory.call('createAccount', request, OPERATOR)))
    for (const one of all) expect(one).toEqual(all[0])
    const [first] = all
    expect(first!.department).toMatchObject({ name: 'Support', reopenPolicy: 'keep_if_available' })
    expect(first!.owner).toMatchObject({ email: 'olga@example.com', role: 'owner', status: 'active' })
    const principal = await asSystem('authenticateKey', { key: first!.key })
    expect(principal).toMatchObject({ accountId: first!.account?.id, type: 'agent', role: 'owner' })
  })

  it('keeps the secret nowhere', async () => {
    const stored = await Promise.all(
      ['accounts', 'api_keys', 'audit'].map((name) => directory.deps.db.collection(name).find().toArray()),
    )
    expect(JSON.stringify(stored)).not.toContain(account.key)
  })

  it('is refused with all that is wrong, and nothing is made', async () => {
    const count = () => directory.deps.db.collection('accounts').countDocuments()
    const before = await count()
    const work = directory.call('createAccount', { name: '', owner: { name: 'x', email: 'x' } }, OPERATOR)
    expect(await refused(work)).toEqual({ reason: 'invalid-request', fields: ['name', 'owner.email'] })
    expect(await count()).toBe(before)
  })

  it('is listed page by page', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const page = await directory.call('listAccounts', { page: { limit: 2, cursor } }, OPERATOR)
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? ''
    } while (cursor)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toContain(account.accountId)
  })
})

describe('a snapshot', () => {
  it('is answered once, and then only that nothing changed', async () => {
    const { accountId } = account
    const { snapshot } = await asSystem('getSnapshot', { accountId })
    const knownVersion = snapshot!.version
    expect(await asSystem('getSnapshot', { accountId, knownVersion })).toMatchObject({ unchanged: true })
    await asOwner('setPresence', { presence: 'online' })
    const changed = await asSystem('getSnapshot', { accountId, knownVersion })
    expect(changed.snapshot).toMatchObject({ version: knownVersion + 1, agents: [{ presence: 'online' }] })
  })

  it('has no change that says nothing new', async () => {
    const { accountId } = account
    await asOwner('setPresence', { presence: 'away' })
    const { snapshot } = await asSystem('getSnapshot', { accountId })
    await asOwner('setPresence', { presence: 'away' })
    await asOwner('updateSettings', { settings: { locale: 'en' }, updateMask: ['locale'] })
    expect(await asSystem('getSnapshot', { accountId, knownVersion: snapshot!.version })).toMatchObject({
      unchanged: true,
    })
  })

  it('has every one of many changes at once', async () => {
    const names = Array.from({ length: 50 }, (_, at) => `d${at}`)
    await Promise.all(names.map((name) => newDepartment(name)))
    const { snapshot } = await asSystem('getSnapshot', { accountId: account.accountId })
    expect(snapshot!.departments.map(({ name }) => name).sort()).toEqual(['Support', ...names].sort())
    expect(snapshot!.version).toBe(51)
  })

  it('is fresh in another process', async () => {
    const other = await startTestDirectory({ db: directory.deps.db })
    try {
      const { accountId, system } = account
      await other.call('getSnapshot', { accountId }, system)
      await asOwner('updateSettings', { settings: { name: 'Renamed' }, updateMask: ['name'] })
      const { snapshot } = await other.call('getSnapshot', { accountId }, system)
      expect(snapshot!.settings?.name).toBe('Renamed')
    } finally {
      await other.close()
    }
  })
})

describe('departments and agents', () => {
  it('are made once for one command', async () => {
    const request = { department: { name: 'Sales' }, commandId: 'same' }
    const [one, two] = await Promise.all([
      asOwner('createDepartment', request),
      asOwner('createDepartment', request),
    ])
    expect(two.id).toBe(one.id)
    const agent = { agent: { name: 'A', email: 'a@example.com' }, commandId: 'same' }
    expect((await asOwner('createAgent', agent)).id).toBe((await asOwner('createAgent', agent)).id)
    const { items } = await asOwner('listDepartments', {})
    expect(items.map(({ name }) => name)).toEqual(['Support', 'Sales'])
  })

  it('are listed page by page while the list changes', async () => {
    for (const name of ['b', 'c', 'd']) await newDepartment(name)
    const first = await asOwner('listDepartments', { page: { limit: 2 } })
    await newDepartment('e')
    const second = await asOwner('listDepartments', { page: { limit: 200, cursor: first.nextCursor } })
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['Support', 'b', 'c', 'd', 'e'])
    expect(second.nextCursor).toBeUndefined()
  })

  it.each([
    { limit: 201, cursor: '' },
    { limit: -1, cursor: '' },
  ])('are not listed with %j', async (page) => {
    expect(await refused(asOwner('listAgents', { page }))).toEqual({
      reason: 'invalid-request',
      fields: ['limit'],
    })
  })

  it('are not listed from nowhere', async () => {
    const work = asOwner('listAgents', { page: { limit: 1, cursor: 'rubbish' } })
    expect(await refused(work)).toEqual({ reason: 'invalid-request', fields: ['cursor'] })
  })

  it('a second agent makes the first one a member everywhere, in one change', async () => {
    const sales = await newDepartment('Sales')
    const before = await asSystem('getSnapshot', { accountId: account.accountId })
    await newAgent('anna')
    const { snapshot } = await asSystem('getSnapshot', { accountId: account.accountId })
    expect(snapshot!.version).toBe(before.snapshot!.version + 1)
    expect(snapshot!.agents[0]!.memberships.map(({ departmentId }) => departmentId)).toEqual([
      account.department!.id,
      sales.id,
    ])
  })

  it('a department with tickets stays', async () => {
    const sales = await newDepartment('Sales')
    directory.busyDepartments.add(sales.id)
    const work = () => refused(asOwner('deleteDepartment', { departmentId: sales.id }))
    expect((await work()).reason).toBe('in-use')
    directory.busyDepartments.delete(sales.id)
    expect((await work()).reason).toBe('ok')
    expect((await work()).reason).toBe('not-found')
  })

  it('survive null and absent values', async () => {
    const { id } = await newAgent('anna', { capacity: 5 })
    const cleared = await asOwner('updateAgent', { agent: { id }, updateMask: ['capacity'] })
    expect(cleared.capacity).toBeUndefined()
    const { department } = account
    const hours = { timeZone: 'Europe/Paris', mon: { intervals: [{ from: '09:00', to: '17:30' }] } }
    const open = await asOwner('updateDepartment', {
      department: { id: department!.id, hours },
      updateMask: ['hours'],
    })
    expect(open.hours).toMatchObject(hours)
    const always = await asOwner('updateDepartment', {
      department: { id: department!.id },
      updateMask: ['hours'],
    })
    expect(always.hours).toBeUndefined()
  })
})

describe('an inbound address', () => {
  const resolve = (address: string) => asSystem('resolveAddress', { address })
  const unique = () => `help-${randomUUID()}@example.com`

  it('belongs to the department that has it, however it is written', async () => {
    const address = unique()
    const { id } = await newDepartment('Sales', { addresses: [address] })
    expect(await resolve(address.toUpperCase())).toEqual({ accountId: account.accountId, departmentId: id })
    expect((await refused(resolve('nobody@example.com'))).reason).toBe('not-found')
  })

  it('belongs to one department of the whole installation', async () => {
    const address = unique()
    await newDepartment('Sales', { addresses: [address] })
    const other = await directory.newAccount('Other')
    const taken = { reason: 'address-taken', fields: ['addresses[1]'] }
    const addresses = [unique(), address]
    expect(await refused(newDepartment('Sales', { addresses }, other.asOwner))).toEqual(taken)
    expect(await refused(newDepartment('Sales', { addresses }))).toEqual(taken)
    // What was claimed along with it is free again.
    expect(
      (await newDepartment('Sales', { addresses: [addresses[0]] }, other.asOwner)).addresses,
    ).toHaveLength(1)
  })

  it('has one winner when many want it', async () => {
    const address = unique()
    const others = await Promise.all(Array.from({ length: 6 }, () => directory.newAccount()))
    const all = await Promise.all(
      others.map(({ asOwner }) => refused(newDepartment('Sales', { addresses: [address] }, asOwner))),
    )
    expect(all.map(({ reason }) => reason).sort()).toEqual([...Array(5).fill('address-taken'), 'ok'])
  })

  it('can be taken by others once it was given up, or its account deleted', async () => {
    const address = unique()
    const { id } = await newDepartment('Sales', { addresses: [address] })
    await asOwner('updateDepartment', { department: { id, addresses: [] }, updateMask: ['addresses'] })
    expect((await refused(resolve(address))).reason).toBe('not-found')
    const other = await directory.newAccount('Other')
    await newDepartment('Sales', { addresses: [address] }, other.asOwner)
    await directory.call('deleteAccount', { accountId: other.accountId }, OPERATOR)
    expect((await refused(resolve(address))).reason).toBe('not-found')
    expect(await refused(newDepartment('Again', { addresses: [address] }))).toMatchObject({ reason: 'ok' })
  })

  it('moves within an account', async () => {
    const address = unique()
    const sales = await newDepartment('Sales', { addresses: [address] })
    await asOwner('updateDepartment', { department: { id: sales.id }, updateMask: ['addresses'] })
    const other = await newDepartment('Other', { addresses: [address] })
    expect((await resolve(address)).departmentId).toBe(other.id)
  })

  it('that was claimed by a change which never happened is taken over, but not at once', async () => {
    const [fresh, old] = [unique(), unique()]
    const claims = directory.deps.db.collection<{ _id: string }>('addresses')
    const claim = (age: number) => ({ accountId: 'gone', token: 't', claimedAt: new Date(Date.now() - age) })
    await claims.insertMany([
      { _id: fresh, ...claim(1000) },
      { _id: old, ...claim(120_000) },
    ])
    expect((await refused(newDepartment('A', { addresses: [fresh] }))).reason).toBe('address-taken')
    const { id } = await newDepartment('B', { addresses: [old] })
    expect((await resolve(old)).departmentId).toBe(id)
  })
})

describe('a key', () => {
  const authenticate = (key: string) => asSystem('authenticateKey', { key })

  it('is shown once, again for the same command, and ends with its deletion', async () => {
    const request = { name: 'ci', scopes: ['tickets:read'], commandId: 'k1' }
    const made = await asOwner('createApiKey', request)
    expect((await asOwner('createApiKey', request)).key).toBe(made.key)
    expect(await authenticate(made.key)).toMatchObject({
      type: 'api_client',
      id: made.apiKey!.id,
      scopes: ['tickets:read'],
      apiKeyId: made.apiKey!.id,
      accountId: account.accountId,
    })
    const { items } = await asOwner('listApiKeys', {})
    expect(items.map(({ name, hint }) => [name, hint.length])).toEqual([
      ['Owner', 9],
      ['ci', 9],
    ])
    await asOwner('deleteApiKey', { apiKeyId: made.apiKey!.id })
    expect((await refused(authenticate(made.key))).reason).toBe('unauthenticated')
    expect((await refused(asOwner('createApiKey', request))).reason).toBe('already-exists')
    expect((await refused(authenticate(made.key))).reason).toBe('unauthenticated')
  })

  it('of an agent ends while they are suspended, and when they are removed', async () => {
    const { id } = await newAgent('anna')
    const { key } = await asOwner('createApiKey', { name: 'anna', agentId: id })
    const set = (status: string) => asOwner('updateAgent', { agent: { id, status }, updateMask: ['status'] })
    expect(await authenticate(key)).toMatchObject({ type: 'agent', id, role: 'agent' })
    await set('suspended')
    expect((await refused(authenticate(key))).reason).toBe('unauthenticated')
    await set('active')
    expect(await authenticate(key)).toMatchObject({ id })
    await set('removed')
    expect((await refused(authenticate(key))).reason).toBe('unauthenticated')
  })

  it.each(['', 'onus_x', 'x'.repeat(5000)])('%# is nobody’s', async (key) => {
    expect((await refused(authenticate(key))).reason).toBe('unauthenticated')
  })
})

describe('a token', () => {
  let issuer: string
  const trust = (asWhom: Caller, audience = 'onus') =>
    directory.call('setOidcIntegration', { issuer, audience }, asWhom)
  const signIn = (subject: string, more: object = {}) =>
    asSystem('authenticateIdentity', {
      issuer,
      audiences: ['onus'],
      subject,
      email: 'olga@example.com',
      emailVerified: true,
      ...more,
    })
  const reason = async (work: Promise<unknown>) => (await refused(work)).reason

  beforeEach(() => {
    issuer = `https://${randomUUID()}.example.com`
  })

  it('is matched by a verified address first, then by its subject alone', async () => {
    await trust(account.asOwner)
    expect(await reason(signIn('s1', { emailVerified: false }))).toBe('unauthenticated')
    expect(await signIn('s1', { email: 'OLGA@example.com' })).toMatchObject({
      id: account.owner!.id,
      role: 'owner',
    })
    expect(await signIn('s1', { email: undefined, emailVerified: false })).toMatchObject({
      id: account.owner!.id,
    })
  })

  it('opens nothing with another audience, issuer or address', async () => {
    await trust(account.asOwner)
    expect(await reason(signIn('s', { audiences: ['other'] }))).toBe('unauthenticated')
    expect(await reason(signIn('s', { issuer: 'https://evil.example.com' }))).toBe('unauthenticated')
    expect(await reason(signIn('s', { email: 'other@example.com' }))).toBe('unauthenticated')
    expect(await reason(signIn('s', { email: undefined }))).toBe('unauthenticated')
    expect(await reason(signIn(''))).toBe('unauthenticated')
  })

  it('of somebody else with the same address opens nothing once the first one is known', async () => {
    await trust(account.asOwner)
    await signIn('s1')
    expect(await reason(signIn('s2'))).toBe('unauthenticated')
  })

  it('ends with its agent, and opens their successor of the same address', async () => {
    await trust(account.asOwner)
    const anna = await newAgent('anna')
    const email = 'anna@example.com'
    await signIn('s1', { email })
    await asOwner('updateAgent', { agent: { id: anna.id, status: 'suspended' }, updateMask: ['status'] })
    expect(await reason(signIn('s1', { email }))).toBe('unauthenticated')
    await asOwner('updateAgent', { agent: { id: anna.id, status: 'removed' }, updateMask: ['status'] })
    expect(await reason(signIn('s1', { email }))).toBe('unauthenticated')
    const again = await newAgent('anna')
    expect(await signIn('s1', { email })).toMatchObject({ id: again.id })
  })

  it('belongs to one account when several trust the issuer', async () => {
    const other = await directory.newAccount('Other')
    await trust(account.asOwner)
    expect(await signIn('s1')).toMatchObject({ accountId: account.accountId })
    await trust(other.asOwner)
    // Known already: the other account cannot draw them in. Somebody new could be meant by either.
    expect(await signIn('s1')).toMatchObject({ accountId: account.accountId })
    expect(await reason(signIn('s2'))).toBe('unauthenticated')
    await trust(other.asOwner, 'other')
    expect(await signIn('s3', { audiences: ['other'] })).toMatchObject({ accountId: other.accountId })
    const { audiences, trusted } = await asSystem('getTrustedIssuer', { issuer })
    expect([trusted, audiences.sort()]).toEqual([true, ['onus', 'other']])
    expect(await asSystem('getTrustedIssuer', { issuer: 'https://x' })).toEqual({
      trusted: false,
      audiences: [],
    })
  })

  it('opens nothing after the account stopped to trust', async () => {
    await trust(account.asOwner)
    await signIn('s1')
    await asOwner('deleteOidcIntegration', {})
    expect(await reason(signIn('s1'))).toBe('unauthenticated')
  })
})

describe('preferences', () => {
  it('take back what they gave, and change language and zone of the agent', async () => {
    const read = await asOwner('getPreferences', {})
    expect(await asOwner('setPreferences', { preferences: read })).toEqual(read)
    const chosen = {
      ...read,
      locale: 'fr',
      timeZone: 'Europe/Paris',
      quietHours: { from: '20:00', to: '08:00' },
    }
    expect(await asOwner('setPreferences', { preferences: chosen })).toEqual(chosen)
    expect(await asOwner('getPreferences', {})).toEqual(chosen)
    expect(await asOwner('getAgent', { agentId: account.owner!.id })).toMatchObject({
      locale: 'fr',
      timeZone: 'Europe/Paris',
    })
    expect(await asSystem('getPreferences', { agentId: account.owner!.id })).toEqual(chosen)
  })
})

describe('the sign-in with an issuer of one’s own', () => {
  const secret = 'a-client-secret'
  const domain = () => `${randomUUID()}.example.com`
  const set = (more: object = {}, asWhom: Caller = account.asOwner) =>
    directory.call(
      'setOidcIntegration',
      { issuer: 'https://id.example.com', audience: 'onus', ...more },
      asWhom,
    )
  const find = (where: object) => asSystem('findSignIn', where)

  it('is found by the account or by the domain of any address, with a secret that nobody else is told', async () => {
    const mine = domain()
    const shown = await set({ clientSecret: secret, emailDomains: [mine.toUpperCase(), mine] })
    expect(shown).toMatchObject({
      accountId: account.accountId,
      hasClientSecret: true,
      emailDomains: [mine],
    })
    expect(JSON.stringify([shown, await asOwner('getOidcIntegration', {})])).not.toContain(secret)
    const client = {
      accountId: account.accountId,
      issuer: 'https://id.example.com',
      clientId: 'onus',
      clientSecret: secret,
    }
    expect(await find({ accountId: account.accountId })).toEqual(client)
    expect(await find({ email: `olga@${mine}` })).toEqual(client)
    expect(await find({ email: `nobody@${mine.toUpperCase()}` })).toEqual(client)
    for (const where of [{ email: 'olga@example.com' }, { email: 'x' }, { accountId: 'no-account' }, {}])
      expect((await refused(find(where))).reason).toBe('not-found')
    const { items } = await asOwner('listAudit', { page: { limit: 20 } })
    expect(JSON.stringify(items)).not.toContain(secret)
  })

  it('keeps its secret with its issuer alone', async () => {
    await set({ clientSecret: secret })
    expect((await set()).hasClientSecret).toBe(true)
    expect((await set({ audience: 'other' })).hasClientSecret).toBe(true)
    expect((await set({ clientSecret: '' })).hasClientSecret).toBe(false)
    await set({ clientSecret: secret })
    expect((await set({ issuer: 'https://new.example.com' })).hasClientSecret).toBe(false)
  })

  it('takes no domain that another account has, and none that is no domain', async () => {
    const taken = domain()
    await set({ emailDomains: [taken] })
    const other = await directory.newAccount('Other')
    expect(await refused(set({ emailDomains: [domain(), taken] }, other.asOwner))).toMatchObject({
      reason: 'address-taken',
      fields: ['emailDomains[1]'],
    })
    await set({ emailDomains: [taken] })
    expect(await refused(set({ emailDomains: ['nodots', 'ok.example'] }))).toMatchObject({
      fields: ['emailDomains[0]'],
    })
    await asOwner('deleteOidcIntegration', {})
    await set({ emailDomains: [taken] }, other.asOwner)
    expect(await find({ email: `a@${taken}` })).toMatchObject({ accountId: other.accountId })
  })

  it('lets nobody in who is somebody of another account that trusts the same issuer', async () => {
    const issuer = `https://${randomUUID()}.example.com`
    const other = await directory.newAccount('Other')
    await set({ issuer })
    await set({ issuer }, other.asOwner)
    const signIn = (accountId?: string) =>
      asSystem('authenticateIdentity', {
        issuer,
        audiences: ['onus'],
        subject: 'same',
        email: 'olga@example.com',
        emailVerified: true,
        accountId,
      })
    expect((await refused(signIn())).reason).toBe('unauthenticated')
    expect(await signIn(other.accountId)).toMatchObject({ accountId: other.accountId })
    expect((await refused(signIn('nowhere'))).reason).toBe('unauthenticated')
  })
})

describe('the audit', () => {
  it('is narrowed to who, what and when, page by page', async () => {
    const { id } = await newDepartment('Sales')
    await asOwner('updateDepartment', { department: { id, name: 'Sell' }, updateMask: ['name'] })
    const actions = async (filter: object) =>
      (await asOwner('listAudit', { page: { limit: 50 }, ...filter })).items.map(({ action }) => action)
    expect(await actions({ entityId: id })).toEqual(['department.updated', 'department.created'])
    expect(await actions({ entityId: id, action: 'department.updated' })).toEqual(['department.updated'])
    expect(await actions({ action: 'department' })).toEqual([
      'department.updated',
      'department.created',
      'department.created',
    ])
    expect(await actions({ actorId: account.owner!.id })).toContain('department.updated')
    expect(await actions({ actorId: 'nobody' })).toEqual([])
    const later = new Date(Date.now() + 60_000).toISOString()
    expect(await actions({ since: later })).toEqual([])
    expect(await actions({ until: later, entityId: id })).toHaveLength(2)
    const first = await asOwner('listAudit', { page: { limit: 1 }, entityId: id })
    const rest = await asOwner('listAudit', { page: { limit: 1, cursor: first.nextCursor }, entityId: id })
    expect([first, rest].map(({ items }) => items[0]?.action)).toEqual([
      'department.updated',
      'department.created',
    ])
    expect(rest.nextCursor).toBeUndefined()
  })

  it('has every change at once, the latest first, page by page', async () => {
    const { id } = await newDepartment('Sales')
    await asOwner('updateDepartment', { department: { id, name: 'Sell' }, updateMask: ['name'] })
    await asOwner('setPreferences', { preferences: await asOwner('getPreferences', {}) })
    await asOwner('deleteDepartment', { departmentId: id })
    const first = await asOwner('listAudit', { page: { limit: 3 } })
    const rest = await asOwner('listAudit', { page: { limit: 200, cursor: first.nextCursor } })
    expect([...first.items, ...rest.items].map(({ action }) => action)).toEqual([
      'department.deleted',
      'preferences.updated',
      'department.updated',
      'department.created',
      'api_key.created',
      'agent.created',
      'department.created',
      'account.created',
    ])
    expect(first.items[2]).toMatchObject({
      entityId: id,
      fields: ['name'],
      actor: { type: 'agent', id: account.owner!.id, name: 'Olga' },
    })
  })
})
