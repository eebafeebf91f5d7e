import { existsSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadProviderKeys, providerEnv, receiverCredentials } from './providers.ts'

it('makes keys once for a directory, for this user’s eyes only', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'onus-providers-')), 'providers.json')
  const made = loadProviderKeys(file)
  expect(existsSync(file)).toBe(true)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(loadProviderKeys(file)).toEqual(made)
  const { fcm, apns } = receiverCredentials(made)
  expect(JSON.stringify([fcm, apns])).not.toContain('PRIVATE')
  const env = providerEnv(made, { pushUrl: 'http://127.0.0.1:1', apnsUrl: 'http://127.0.0.1:2' })
  expect(env).toMatchObject({ FCM_TOKEN_URL: 'http://127.0.0.1:1/token', APNS_TOPIC: apns[0]?.topics[0] })
})
