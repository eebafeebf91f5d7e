import { createHmac, timingSafeEqual } from 'node:crypto'

/** Slack's own advice: what is older may be somebody who listened. */
const FRESH_SECONDS = 5 * 60

/** Whether a request is Slack's: signed with the app's secret, v0, and fresh. */
export function isSlackSignature(
  secret: string,
  { body, signature, timestamp }: { body: Uint8Array; signature: string; timestamp: string },
  now: Date,
): boolean {
  if (!isFresh(timestamp, now)) return false
  const expected = slackSignature(secret, body, timestamp)
  const given = Buffer.from(signature)
  const right = Buffer.from(expected)
  return given.length === right.length && timingSafeEqual(given, right)
}

/** Whether a request's time is near enough to now. */
export function isFresh(timestamp: string, now: Date): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false
  return Math.abs(now.getTime() / 1000 - Number(timestamp)) <= FRESH_SECONDS
}

/** The signature that Slack would give. */
export const slackSignature = (secret: string, body: Uint8Array, timestamp: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`
