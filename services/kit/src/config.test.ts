import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  baseConfig,
  bool,
  ConfigError,
  grpcServerConfig,
  hostPort,
  isLoopback,
  kafkaConfig,
  list,
  mongoConfig,
  parseConfig,
  port,
  Secret,
  secret,
  url,
} from './config.ts'

const KEY = 'k'.repeat(32)

describe('configuration', () => {
  it('lists everything that is wrong, once, without the values', () => {
    const shape = {
      ...baseConfig,
      ...mongoConfig('ticket'),
      ...grpcServerConfig,
      ...kafkaConfig,
      NUMBER: port(),
    }
    const env = {
      HEALTH_PORT: '99999',
      ONUS_INTERNAL_KEY: 'short-secret',
      MONGODB_URI: 'http://user:hunter2@x',
      NUMBER: 'x',
      LOG_LEVEL: 'loud',
    }
    let problems: string[] = []
    try {
      parseConfig(shape, env)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      problems = (error as ConfigError).problems
    }
    expect(problems.map((line) => line.split(':')[0]).sort()).toEqual(
      ['HEALTH_PORT', 'KAFKA_BROKERS', 'LOG_LEVEL', 'MONGODB_URI', 'NUMBER', 'ONUS_INTERNAL_KEY'].sort(),
    )
    expect(problems.join()).not.toMatch(/hunter2|short-secret/)
    expect(problems.find((line) => line.startsWith('KAFKA_BROKERS'))).toContain('missing')
  })

  it('has defaults, and takes an empty variable for an absent one', () => {
    const config = parseConfig(
      { ...baseConfig, ...mongoConfig('ticket') },
      { ONUS_INTERNAL_KEY: KEY, MONGODB_URI: 'mongodb://x', HEALTH_PORT: '', MONGODB_DATABASE: '' },
    )
    expect(config).toMatchObject({
      LOG_LEVEL: 'info',
      HEALTH_PORT: 0,
      SHUTDOWN_TIMEOUT_MS: 20_000,
      MONGODB_DATABASE: 'onus_ticket',
    })
    expect(config.OTEL_EXPORTER_OTLP_ENDPOINT).toBeUndefined()
  })

  it('reads each kind of value', () => {
    const shape = { P: port(), H: hostPort(), U: url('smtp'), B: bool(), L: list(), S: secret() }
    const config = parseConfig(shape, {
      P: '0',
      H: '[::1]:50051',
      U: 'smtp://mail/',
      B: 'true',
      L: ' a, b ,',
      S: 's',
    })
    expect(config).toMatchObject({ P: 0, H: '[::1]:50051', U: 'smtp://mail', B: true, L: ['a', 'b'] })
    for (const wrong of [
      { H: 'nohost' },
      { U: 'https://x' },
      { B: 'yes' },
      { L: ',' },
      { P: '-1' },
      { P: '1.5' },
    ]) {
      const [name] = Object.keys(wrong) as (keyof typeof shape)[]
      expect(() => parseConfig({ [name!]: shape[name!] }, wrong as never)).toThrow(name)
    }
  })

  it('never prints a secret', () => {
    const held = new Secret('hunter2')
    expect(
      `${held} ${JSON.stringify({ held })} ${inspect(held)} ${inspect({ deep: { held } })}`,
    ).not.toContain('hunter2')
    expect(held.reveal()).toBe('hunter2')
  })

  it('knows this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'])
      expect(isLoopback(host)).toBe(true)
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'ticket'])
      expect(isLoopback(host)).toBe(false)
  })
})
