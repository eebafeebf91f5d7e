import { Secret } from '@onus/kit/config'
import { Problem } from '@onus/kit/problems'
import type { Principal } from '@onus/proto/onus/v1/directory'
import { describe, expect, it, vi } from 'vitest'
import { createAuthenticate } from './authentication.ts'

const principal: Principal = {
  accountId: 'acct',
  type: 'agent',
  id: 'ana',
  name: 'Ana',
  role: 'agent',
  scopes: ['contact:write'],
  apiKeyId: 'k1',
  locale: 'fr',
}
const deadline = new Date(Date.now() + 1000)

function door(fakes: { key?: () => Promise<Principal>; token?: () => Promise<Principal> } = {}) {
  const authenticateKey = vi.fn(fakes.key ?? (async () => principal))
  const verify = vi.fn(fakes.token ?? (async () => principal))
  const authenticate = createAuthenticate({
    operatorKey: new Secret('the-operator-key'),
    authenticateKey,
    tokens: { verify },
  })
  return { authenticate, authenticateKey, verify }
}

const refuse = (problem: Problem) => async () => {
  throw problem
}

describe('authentication', () => {
  it('knows the operator without asking anybody', async () => {
    const { authenticate, authenticateKey, verify } = door()
    expect(await authenticate('Bearer the-operator-key', deadline)).toMatchObject({
      type: 'operator',
      accountId: '',
      scopes: [],
    })
    expect(authenticateKey).not.toHaveBeenCalled()
    expect(verify).not.toHaveBeenCalled()
  })

  it('asks the directory whose a key is, every time', async () => {
    const { authenticate, authenticateKey } = door()
    const caller = await authenticate('bearer onus_abc', deadline)
    expect(caller).toEqual({
      type: 'agent',
      accountId: 'acct',
      id: 'ana',
      name: 'Ana',
      role: 'agent',
      scopes: ['contact:write'],
      apiKeyId: 'k1',
      locale: 'fr',
    })
    await authenticate('Bearer onus_abc', deadline)
    expect(authenticateKey).toHaveBeenCalledTimes(2)
    expect(authenticateKey).toHaveBeenCalledWith('onus_abc', deadline)
  })

  it('has signed tokens verified', async () => {
    const { authenticate, authenticateKey, verify } = door()
    await authenticate('Bearer eyJhbGciOiJub25lIn0.e30.sig', deadline)
    expect(verify).toHaveBeenCalledOnce()
    expect(authenticateKey).not.toHaveBeenCalled()
  })

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic abc',
    'the-operator-key',
    'Bearer a b',
    `Bearer ${'x'.repeat(9000)}`,
  ])('refuses %j', async (header) => {
    await expect(door().authenticate(header, deadline)).rejects.toMatchObject({ reason: 'unauthenticated' })
  })

  it.each(['unauthenticated', 'not-found', 'forbidden', 'invalid-request'] as const)(
    'tells of a key that the directory calls %s only that it opens nothing',
    async (reason) => {
      const { authenticate } = door({ key: refuse(new Problem(reason, 'suspended since Tuesday')) })
      const refused = authenticate('Bearer onus_abc', deadline)
      await expect(refused).rejects.toMatchObject({ reason: 'unauthenticated' })
      await expect(refused).rejects.not.toThrow('Tuesday')
    },
  )

  it('does not take an outage for a refusal', async () => {
    const { authenticate } = door({ key: refuse(new Problem('unavailable', 'away')) })
    await expect(authenticate('Bearer onus_abc', deadline)).rejects.toMatchObject({ reason: 'unavailable' })
  })

  it.each(['operator', 'system', ''])('lets nobody become %j by a key', async (type) => {
    const { authenticate } = door({ key: async () => ({ ...principal, type }) })
    await expect(authenticate('Bearer onus_abc', deadline)).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
  })
})
