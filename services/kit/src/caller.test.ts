import { jwtVerify, SignJWT } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { type Caller, requireRole, signCaller, systemCaller, verifyCaller } from './caller.ts'
import { Secret } from './config.ts'

const key = new Secret('k'.repeat(32))
const ann: Caller = {
  type: 'agent',
  accountId: 'a1',
  id: 'ann',
  name: 'Ann',
  role: 'admin',
  scopes: ['x'],
  locale: 'fr',
}

describe('a signed caller', () => {
  it('comes back as it was', async () => {
    expect(await verifyCaller(await signCaller(ann, key), key)).toEqual(ann)
  })

  it('is a JWT as the standard says', async () => {
    const { payload } = await jwtVerify(await signCaller(ann, key), Buffer.from(key.reveal()), {
      algorithms: ['HS256'],
      issuer: 'onus',
      audience: 'onus-internal',
    })
    expect(payload).toMatchObject({ caller: ann })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(60)
  })

  it('is refused with another key, altered, unsigned, or for somebody else', async () => {
    const token = await signCaller(ann, key)
    const [head, body, signature] = token.split('.') as [string, string, string]
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    const forged = Buffer.from(JSON.stringify({ ...claims, caller: { ...ann, role: 'owner' } })).toString(
      'base64url',
    )
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const foreign = await new SignJWT({ caller: ann })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('onus')
      .setAudience('elsewhere')
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(Buffer.from(key.reveal()))
    const longer = new SignJWT({ caller: ann }).setProtectedHeader({ alg: 'HS512' }).setIssuer('onus')
    const other = await longer
      .setAudience('onus-internal')
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(Buffer.from(key.reveal().repeat(2)))
    const cut = `${head}.${body}.${signature.slice(0, 20)}`
    for (const bad of [
      other,
      cut,
      `${token}.x`,
      `${head}.${forged}.${signature}`,
      `${none}.${body}.`,
      foreign,
      '',
      'x.y.z',
    ]) {
      await expect(verifyCaller(bad, key)).rejects.toMatchObject({ reason: 'unauthenticated' })
    }
    await expect(verifyCaller(token, new Secret('z'.repeat(32)))).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
  })

  it('is good for a minute', async () => {
    const token = await signCaller(ann, key)
    vi.useFakeTimers({ now: Date.now() + 70_000 })
    try {
      await expect(verifyCaller(token, key)).rejects.toMatchObject({ reason: 'unauthenticated' })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the internal key', () => {
  const [old, next] = ['o'.repeat(32), 'n'.repeat(32)]
  const keys = (...all: string[]) => new Secret(all.join(','))

  it('can change without a call refused: both are taken, the first one signs', async () => {
    const before = await signCaller(ann, keys(old))
    expect(await verifyCaller(before, keys(old, next))).toEqual(ann)
    expect(await verifyCaller(await signCaller(ann, keys(old, next)), keys(old))).toEqual(ann)
    expect(await verifyCaller(await signCaller(ann, keys(next, old)), keys(old, next))).toEqual(ann)
    expect(await verifyCaller(await signCaller(ann, keys(next, old)), keys(next))).toEqual(ann)
    await expect(verifyCaller(before, keys(next))).rejects.toMatchObject({ reason: 'unauthenticated' })
  })
})

describe('requireRole', () => {
  it('lets the named roles pass, and our own processes', () => {
    expect(() => requireRole(ann, 'owner', 'admin')).not.toThrow()
    expect(() => requireRole(systemCaller('a1', 'worker'), 'owner')).not.toThrow()
    expect(() => requireRole(ann, 'owner')).toThrow(/owner/)
    expect(() => requireRole({ ...ann, role: undefined }, 'agent')).toThrow()
  })

  it('keeps an operator out of everything that does not name operators', () => {
    const operator: Caller = {
      type: 'operator',
      accountId: '',
      id: 'op',
      name: 'op',
      scopes: [],
      role: 'owner',
    }
    expect(() => requireRole(operator, 'owner', 'admin', 'agent')).toThrow()
    expect(() => requireRole(operator, 'operator')).not.toThrow()
  })
})
