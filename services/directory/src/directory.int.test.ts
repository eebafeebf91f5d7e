import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATOR, startTestDirectory, type TestDirectory } from './testing.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory.close())

describe('an account', () => {
  it('is made once for one command, with an owner, a department and a key that works', async () => {
    const { client } = directory
    const request = { name: 'Acme', owner: { name: 'Olga', email: 'Olga@Example.com' }, commandId: 'c1' }
    const first = await client.createAccount(request, { caller: OPERATOR })
    const again = await client.createAccount(request, { caller: OPERATOR })
    expect(again).toEqual(first)
    expect(first.department).toMatchObject({ name: 'Support', reopenPolicy: 'keep_if_available' })
    expect(first.owner).toMatchObject({ email: 'olga@example.com', role: 'owner', status: 'active' })
    const { system } = await directory.newAccount()
    const principal = await client.authenticateKey({ key: first.key }, { caller: system })
    expect(principal).toMatchObject({ accountId: first.account?.id, type: 'agent', role: 'owner' })
  })

  it('answers a snapshot once, and then only that nothing changed', async () => {
    const { client } = directory
    const { accountId, system, asOwner } = await directory.newAccount()
    const { snapshot } = await client.getSnapshot({ accountId, knownVersion: 0 }, { caller: system })
    const knownVersion = snapshot!.version
    expect(await client.getSnapshot({ accountId, knownVersion }, { caller: system })).toMatchObject({
      unchanged: true,
    })
    await client.setPresence({ presence: 'online' }, { caller: asOwner })
    const changed = await client.getSnapshot({ accountId, knownVersion }, { caller: system })
    expect(changed.snapshot).toMatchObject({ version: knownVersion + 1, agents: [{ presence: 'online' }] })
  })
})
