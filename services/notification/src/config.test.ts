import { ConfigError } from '@onus/kit/config'
import { expect, it } from 'vitest'
import { channelSettings, readConfig } from './config.ts'

const env = {
  ONUS_INTERNAL_KEY: 'k'.repeat(32),
  MONGODB_URI: 'mongodb://localhost',
  KAFKA_BROKERS: 'localhost:9092',
  TEMPORAL_ADDRESS: 'localhost:7233',
  TICKET_ADDRESS: 'localhost:1',
  DIRECTORY_ADDRESS: 'localhost:2',
  SMTP_URL: 'smtp://localhost:25',
  MAIL_DOMAIN: 'onus.example',
  NOTIFICATION_FROM: 'Onus Help <help@onus.example>',
}

it('reads the environment once, with defaults', () => {
  expect(readConfig(env)).toMatchObject({
    MONGODB_DATABASE: 'onus_notification',
    NOTIFICATION_FROM: { name: 'Onus Help', address: 'help@onus.example' },
    SLACK_API_URL: 'https://slack.com/api',
    DELIVERY_TIMEOUT_MS: 10_000,
    NOTICE_RATE_SLACK_CHANNEL: { perSecond: 1, burst: 3 },
  })
  const bare = readConfig({ ...env, NOTIFICATION_FROM: 'help@onus.example' })
  expect(bare.NOTIFICATION_FROM).toEqual({ name: 'Onus', address: 'help@onus.example' })
})

it('reads rates, with what may go at once', () => {
  const { NOTICE_RATE_EMAIL, NOTICE_RATE_SLACK_CHANNEL } = readConfig({
    ...env,
    NOTICE_RATE_EMAIL: '14',
    NOTICE_RATE_SLACK_CHANNEL: '0.5:2',
  })
  expect(NOTICE_RATE_EMAIL).toEqual({ perSecond: 14, burst: 14 })
  expect(NOTICE_RATE_SLACK_CHANNEL).toEqual({ perSecond: 0.5, burst: 2 })
  for (const wrong of ['0', '1:0', 'fast', '-1', '1:2:3'])
    expect(() => readConfig({ ...env, NOTICE_RATE_FCM: wrong }), wrong).toThrow(ConfigError)
})

it('says everything that is wrong at once', () => {
  const wrong = { ...env, MAIL_DOMAIN: 'not a domain', NOTIFICATION_FROM: 'nobody', SMTP_URL: '' }
  expect(() => readConfig(wrong)).toThrow(ConfigError)
  expect(() => readConfig(wrong)).toThrow(/SMTP_URL[\s\S]*MAIL_DOMAIN[\s\S]*NOTIFICATION_FROM/)
})

it('connects accounts to what the installation has, and says what of it is wrong', () => {
  expect(channelSettings(readConfig(env))).toMatchObject({
    slackApiUrl: 'https://slack.com/api',
    push: { fcm: undefined, apns: undefined, subject: 'mailto:help@onus.example' },
    allowLoopback: false,
  })
  const half = { ...env, APNS_KEY_ID: 'ABCDE12345', VAPID_PUBLIC_KEY: 'x', FCM_SERVICE_ACCOUNT: '{}' }
  expect(() => channelSettings(readConfig(half))).toThrow(
    /APNS_KEY.*\n.*VAPID_PUBLIC_KEY.*\n.*serviceAccount/,
  )
})
