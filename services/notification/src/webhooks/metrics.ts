import { meter } from '@onus/kit/telemetry'

export const attempts = meter.createCounter('onus.webhook.attempts', {
  description: 'Attempts to deliver to webhooks, by outcome',
})
export const receiversLost = meter.createCounter('onus.webhook.receivers.lost', {
  description:
    'Webhooks whose receiver began to fail again and again: one for each time, not for each delivery',
})
export const disabled = meter.createCounter('onus.webhook.disabled', {
  description: 'Webhooks that were set inactive, by reason',
})
export const deadLetters = meter.createCounter('onus.webhook.dead.letters', {
  description: 'Deliveries to webhooks that were given up',
})
// From its first moment, so that the first one that is given up is seen as a change.
deadLetters.add(0)
