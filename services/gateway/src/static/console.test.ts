import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROBLEMS } from '@onus/kit/problems'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeApp } from '../testing/fakes.ts'
import { consoleFile } from './console.ts'

let root: string
let dist: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'onus-console-'))
  dist = join(root, 'dist')
  await mkdir(join(dist, 'assets'), { recursive: true })
  await writeFile(join(dist, 'index.html'), '<!doctype html>')
  await writeFile(join(dist, 'assets/app-D3adB33f.js'), 'run()')
  await writeFile(join(root, 'secret.txt'), 'secret')
})
afterAll(() => rm(root, { recursive: true }))

describe('the console’s files', () => {
  it('are served with a strict policy', async () => {
    const page = await consoleFile(dist, '/')
    expect(page?.headers.get('content-type')).toContain('text/html')
    expect(page?.headers.get('cache-control')).toBe('no-cache')
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(page?.headers.get('content-security-policy')).not.toContain('unsafe')
    expect(page?.headers.get('content-security-policy')).toContain("require-trusted-types-for 'script'")
    const script = await consoleFile(dist, '/assets/app-D3adB33f.js')
    expect(await script?.text()).toBe('run()')
    expect(script?.headers.get('cache-control')).toContain('immutable')
  })

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%00',
    '/%ff',
    '/assets',
    '/nothing',
  ])('do not include %s', async (path) => {
    expect(await consoleFile(dist, path)).toBeNull()
  })

  it('are sent packed to who takes that', async () => {
    await writeFile(join(dist, 'assets/app-D3adB33f.js.br'), 'packed')
    const packed = await consoleFile(dist, '/assets/app-D3adB33f.js', 'gzip, br')
    expect([packed?.headers.get('content-encoding'), await packed?.text()]).toEqual(['br', 'packed'])
    const plain = await consoleFile(dist, '/assets/app-D3adB33f.js', 'gzip')
    expect([plain?.headers.get('content-encoding'), await plain?.text()]).toEqual([null, 'run()'])
  })

  it('are one page at every address of the console', async () => {
    const { app } = fakeApp({}, { consoleDirectory: dist })
    const get = (path: string, accept = 'text/html') => app.request(path, { headers: { accept } })
    expect(await (await get('/tickets/t1')).text()).toBe('<!doctype html>')
    for (const path of ['/tickets/t1.js', '/api/v2', '/problems/unheard-of'])
      expect((await get(path)).status).toBe(404)
    expect((await get('/tickets/t1', 'application/json')).status).toBe(404)
  })

  it('take the place of the plain page', async () => {
    const get = async (consoleDirectory: string) => {
      const response = await fakeApp({}, { consoleDirectory, smtpAddress: '<script>:25' }).app.request('/')
      return response.text()
    }
    expect(await get(dist)).toBe('<!doctype html>')
    const plain = await get('/nowhere')
    expect(plain).toContain('/api/v1/openapi.json')
    expect(plain).not.toContain('<script>')
  })
})

describe('the list of problems', () => {
  it('explains every type', async () => {
    const { app } = fakeApp()
    expect(await (await app.request('/problems')).text()).toContain('already-claimed')
    expect(await (await app.request('/problems/already-claimed')).text()).toContain('409')
    expect((await app.request('/problems/unheard-of')).status).toBe(404)
    expect((await app.request('/problems', { method: 'POST' })).status).toBe(405)
  })
})

it('documents every problem for integrators', async () => {
  const page = await readFile(new URL('../../../../docs/integrate/problems.md', import.meta.url), 'utf8')
  for (const [reason, { status, doc }] of Object.entries(PROBLEMS))
    expect(page).toContain(`| \`${reason}\` | ${status} | ${doc} |`)
})
