import type { Webhook, WebhookDelivery } from '../api/types.ts'

/** Every type of the AsyncAPI document, by what it is about; a test compares them. */
export const EVENT_GROUPS = {
  ticket: [
    'dev.onus.ticket.created.v1',
    'dev.onus.ticket.message.added.v1',
    'dev.onus.ticket.responsibility.changed.v1',
    'dev.onus.ticket.status.changed.v1',
    'dev.onus.ticket.reopened.v1',
    'dev.onus.ticket.tags.changed.v1',
    'dev.onus.ticket.priority.changed.v1',
    'dev.onus.ticket.fields.changed.v1',
    'dev.onus.ticket.rule.applied.v1',
    'dev.onus.ticket.rule.loop_stopped.v1',
    'dev.onus.ticket.claim.overdue.v1',
    'dev.onus.ticket.distribution.no_eligible_agent.v1',
  ],
  notification: ['dev.onus.notification.delivery.changed.v1'],
  agent: ['dev.onus.agent.created.v1', 'dev.onus.agent.updated.v1', 'dev.onus.agent.removed.v1'],
  department: [
    'dev.onus.department.created.v1',
    'dev.onus.department.updated.v1',
    'dev.onus.department.deleted.v1',
  ],
  account: ['dev.onus.account.created.v1', 'dev.onus.account.updated.v1', 'dev.onus.account.deleted.v1'],
} as const

export type EventGroup = keyof typeof EVENT_GROUPS
export const GROUPS = Object.keys(EVENT_GROUPS) as EventGroup[]
export const ALL = '*'

/** As people read it: `ticket.created`. */
export const shortType = (type: string): string => type.replace(/^dev\.onus\./, '').replace(/\.v1$/, '')

/** Only tickets are in a department. */
export const allowedGroups = (departmentId: string): EventGroup[] => (departmentId ? ['ticket'] : GROUPS)

export interface WebhookDraft {
  url: string
  events: string[]
  departmentId: string
  active: boolean
}

export const webhookDraft = (webhook: Webhook | undefined): WebhookDraft => ({
  url: webhook?.url ?? '',
  events: webhook?.events ?? [ALL],
  departmentId: webhook?.departmentId ?? '',
  active: webhook?.active ?? true,
})

export function webhookBody({ url, events, departmentId, active }: WebhookDraft) {
  const known = allowedGroups(departmentId).flatMap((group): readonly string[] => EVENT_GROUPS[group])
  return {
    url: url.trim(),
    events: events.includes(ALL) ? [ALL] : events.filter((type) => !isListed(type) || known.includes(type)),
    departmentId: departmentId || null,
    active,
  }
}

const isListed = (type: string): boolean =>
  GROUPS.some((group) => (EVENT_GROUPS[group] as readonly string[]).includes(type))

export const isAddress = (url: string): boolean =>
  URL.canParse(url.trim()) && /^https?:$/.test(new URL(url.trim()).protocol)

export type WebhookHealth = 'off' | 'gone' | 'failed' | 'resting' | 'failing' | 'ok'

/** In one word how it is; what to do about it follows from that. */
export function healthOf(webhook: Webhook, now: number): WebhookHealth {
  if (webhook.disabledReason === 'gone') return 'gone'
  if (webhook.disabledReason === 'failing') return 'failed'
  if (!webhook.active) return 'off'
  if (webhook.resumesAt && Date.parse(webhook.resumesAt) > now) return 'resting'
  return webhook.failingSince ? 'failing' : 'ok'
}

export const TEST_EVENT = 'dev.onus.webhook.test.v1'

/** A test is made anew and not sent again. */
export const mayResend = ({ type }: WebhookDelivery): boolean => type !== TEST_EVENT

/** JSON as people read it; what is none stays as it is. */
export function readable(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
