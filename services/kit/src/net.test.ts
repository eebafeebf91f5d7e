import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { assertPublicAddress, createGuardedFetch, ForbiddenAddress, isPublicAddress } from './net.ts'

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.1.1',
    '172.16.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.2.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:db8::1',
    '100.100.100.200',
    '168.63.129.16',
    '::ffff:168.63.129.16',
    'fd00:ec2::254',
    'nonsense',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it('may be loopback only where that is allowed', () => {
    expect(isPublicAddress('127.0.0.1', { allowLoopback: true })).toBe(true)
    expect(isPublicAddress('10.0.0.1', { allowLoopback: true })).toBe(false)
  })
})

describe('assertPublicAddress', () => {
  const to = (...addresses: string[]) => ({ resolve: async () => addresses })

  it('takes a host whose addresses are all public', async () => {
    expect(
      await assertPublicAddress('https://hooks.example/x', to('8.8.8.8', '2606:4700::1111')),
    ).toHaveLength(2)
  })

  it.each([
    ['https://hooks.example', to('8.8.8.8', '10.0.0.1')],
    ['https://hooks.example', to()],
    ['https://127.0.0.1/', {}],
    ['https://[::ffff:7f00:1]/', {}],
    ['http://2130706433/', {}],
    ['http://0x7f.1/', {}],
    ['file:///etc/passwd', {}],
    ['https://user:pass@example.com', to('8.8.8.8')],
    ['nonsense', {}],
    ['https://does-not-exist.invalid', { resolve: () => Promise.reject(new Error('ENOTFOUND')) }],
  ])('refuses %s', async (url, options) => {
    await expect(assertPublicAddress(url, options)).rejects.toBeInstanceOf(ForbiddenAddress)
  })
})

describe('a guarded fetch', () => {
  it('connects to the judged address only, though the name changes its mind', async () => {
    const answers = [['8.8.8.8'], ['127.0.0.1']]
    const guarded = createGuardedFetch({
      resolve: async () => answers.shift() ?? ['127.0.0.1'],
      timeoutMs: 2000,
    })
    await expect(guarded('http://rebind.example/')).rejects.toMatchObject({
      cause: expect.any(ForbiddenAddress),
    })
    await guarded.close()
  })

  it('follows no redirect', async () => {
    const server = createServer((_, response) =>
      response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const guarded = createGuardedFetch({ allowLoopback: true, resolve: async () => ['127.0.0.1'] })
    expect((await guarded(`http://hooks.example:${port}/`)).status).toBe(302)
    await guarded.close()
    server.close()
  })
})
