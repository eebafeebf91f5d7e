import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { Notice } from '../domain/notice.ts'
import type { BreakerKey } from '../store/breakers.ts'

const changes = meter.createCounter('onus.notice.changes', {
  description: 'Changes of notices, by the state that they came to, channel and event',
})
const delay = meter.createHistogram('onus.notice.delay.seconds', {
  description: 'Time from the plan of a notice until it was sent',
  unit: 's',
  advice: {
    explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 3600, 21_600, 86_400],
  },
})

const refusedKeys = meter.createCounter('onus.notice.keys.refused', {
  description: 'Keys and tokens of accounts that a provider began to refuse',
})

const breakers = meter.createCounter('onus.notice.breakers.opened', {
  description: 'Addresses and tokens that began to be refused, so that their notices wait, by kind',
})

/** Says once that a provider refuses an account's key; what is only too fast is no alarm. */
export function alarmOfKey(log: Logger) {
  return ({ accountId, kind }: BreakerKey, error: string | undefined): void => {
    breakers.add(1, { kind })
    if (kind !== 'token' || /rate_?limited|QUOTA_EXCEEDED/.test(error ?? '')) return
    refusedKeys.add(1)
    log.error({ accountId, error }, 'A provider refuses an account’s key; its notices wait')
  }
}

/** Counts a notice's new state, and how long its recipient waited. */
export function countChange(notice: Notice): void {
  const { state, channel, event, reason } = notice
  changes.add(1, { state, channel, event, ...(reason && { reason }) })
  // A notice that was sent again by hand says nothing about the way of the first.
  if (state === 'sent' && notice.sentAt && notice.round === 0)
    delay.record((Date.parse(notice.sentAt) - Date.parse(notice.createdAt)) / 1000, { channel })
}
