import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { directoryConfig } from '@onus/directory/config'
import { readConfig as readGateway } from '@onus/gateway/config'
import { parseConfig } from '@onus/kit/config'
import { readConfig as readNotification } from '@onus/notification/config'
import { rulesConfig } from '@onus/rules/config'
import { ticketConfig } from '@onus/ticket/config'
import { ticketWorkerConfig } from '@onus/ticket/config-worker'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

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
