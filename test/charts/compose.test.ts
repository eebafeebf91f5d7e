import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { directoryConfig } from '@onus/directory/config'
import { readConfig as readGateway } from '@onus/gateway/config'
import { parseConfig } from '@onus/kit/config'
import { readConfig as readNotification } from '@onus/notification/config'
import { rulesConfig } from '@onus/rules/config'
import { ticketConfig } from '@onus/ticket/config'
import { ticketWorkerConfig } from '@onus/ticket/config-worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { goProgram } from '../support/go.ts'
import { runProgram } from '../support/python.ts'

const ROOT = resolve(import.meta.dirname, '../..')

interface Service {
  image: string
  command?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, unknown>
}

const text = readFileSync(join(ROOT, 'deploy/compose/compose.yaml'), 'utf8')
const { services, volumes } = parse(text, { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

/** As Compose fills in `${NAME:-default}` when NAME is not set. */
const environment = (name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]),
  )

describe('the Compose file', () => {
  it.each<[string, (env: Record<string, string>) => unknown]>([
    ['gateway', readGateway],
    ['ticket', (env) => parseConfig(ticketConfig, env)],
    ['ticket-worker', (env) => parseConfig(ticketWorkerConfig, env)],
    ['directory', (env) => parseConfig(directoryConfig, env)],
    ['rules', (env) => parseConfig(rulesConfig, env)],
    ['notification', readNotification],
  ])('gives %s what it needs', (name, read) => {
    expect(read(environment(name))).toBeTruthy()
  })

  it('runs programs that exist, in containers that exist', () => {
    for (const [name, { command, depends_on = {}, environment: env = {} }] of Object.entries(services)) {
      const [program = ''] = command ?? []
      if (program.endsWith('.ts')) expect(existsSync(join(ROOT, program)), `${name}: ${program}`).toBe(true)
      for (const other of Object.keys(depends_on)) expect(services).toHaveProperty(other)
      for (const [key, value] of Object.entries(env))
        if (key.endsWith('_ADDRESS')) expect(services).toHaveProperty(value.split(':')[0] ?? '')
    }
  })

  it('names its volumes, and no image without a version', () => {
    for (const volume of text.matchAll(/volumes: \['(\w+):/g)) expect(volumes).toHaveProperty(volume[1]!)
    for (const { image } of Object.values(services)) expect(image).toMatch(/^[^:]+:(?!latest)[\w.-]+$/)
  })
})

describe('to Docker Compose’s own loader, as `docker compose config` asks it', { timeout: 420_000 }, () => {
  const FILE = join(ROOT, 'deploy/compose/compose.yaml')
  const folder = mkdtempSync(join(tmpdir(), 'onus-compose-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let loader = ''
  beforeAll(async () => {
    loader = await goProgram(join(import.meta.dirname, 'compose'))
  }, 400_000)
  const load = (file: string, env: NodeJS.ProcessEnv = {}) => runProgram(loader, [file], { env })

  it('the file is right, and means what it says', async () => {
    const { code, output } = await load(FILE, { PUBLIC_URL: 'https://help.example' })
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
    const project = JSON.parse(output)
    expect(project.name).toBe('onus')
    expect(Object.keys(project.services).sort()).toEqual(Object.keys(services).sort())
    expect(project.services.gateway).toMatchObject({
      build: { context: ROOT, dockerfile: 'deploy/docker/Dockerfile' },
      read_only: true,
      depends_on: { setup: { condition: 'service_completed_successfully' } },
      environment: { PUBLIC_URL: 'https://help.example', ONUS_OPERATOR_KEY: 'trial-operator-key' },
    })
    expect(project.services.setup.depends_on.kafka.condition).toBe('service_healthy')
  })

  it.each([
    [
      'a property that Compose does not know',
      /^ {4}command: \[services\/gateway/m,
      '    comand: [',
      /comand/,
    ],
    ['a dependency on nobody', /^ {6}temporal: \{/m, '      temporall: {', /temporall/],
    ['a volume without a name', /^volumes:\n {2}temporal:/m, 'volumes:\n  other:', /temporal/],
  ])('%s is refused', async (_, pattern, replacement, complaint) => {
    const file = join(folder, 'compose.yaml')
    const changed = text.replace(pattern, replacement)
    expect(changed).not.toBe(text)
    writeFileSync(file, changed)
    const { code, output } = await load(file)
    expect(code).toBe(1)
    expect(output).toMatch(complaint)
  })
})
