import { ConfigError } from '@onus/kit/config'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

const env = {
  ONUS_INTERNAL_KEY: 'i'.repeat(32),
  ONUS_OPERATOR_KEY: 'o'.repeat(16),
  MONGODB_URI: 'mongodb://localhost',
  KAFKA_BROKERS: 'localhost:9092',
  TICKET_ADDRESS: 'ticket:1',
  DIRECTORY_ADDRESS: 'directory:1',
  RULES_ADDRESS: 'rules:1',
  NOTIFICATION_ADDRESS: 'notification:1',
}

it('has defaults for what may be left out', () => {
  expect(readConfig(env)).toMatchObject({
    MONGODB_DATABASE: 'onus_gateway',
    HTTP_PORT: 8080,
    MAX_MAIL_BYTES: 26_214_400,
    REQUEST_DEADLINE_MS: 10_000,
  })
})

it('lists everything that is wrong at once', () => {
  expect.assertions(2)
  try {
    readConfig({ ...env, ONUS_OPERATOR_KEY: 'short', TICKET_ADDRESS: 'nowhere', KAFKA_BROKERS: undefined })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).problems).toEqual([
      expect.stringContaining('KAFKA_BROKERS'),
      expect.stringContaining('TICKET_ADDRESS'),
      expect.stringContaining('ONUS_OPERATOR_KEY'),
    ])
  }
})
