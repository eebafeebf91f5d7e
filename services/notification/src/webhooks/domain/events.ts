import type { Webhook } from './model.ts'

/** An event as it was published. */
export interface PublishedEvent {
  id: string
  source: string
  subject: string
  type: string
  time: string
  sequence?: number
  dataschema?: string
  traceparent?: string
  data: unknown
}

export const ALL_EVENTS = '*'
const TICKET_EVENT = /^dev\.onus\.ticket\./
/** What is sent to try a webhook; nobody subscribes to it. */
export const TEST_EVENT = 'dev.onus.webhook.test.v1'

export const isTicketEvent = (type: string): boolean => TICKET_EVENT.test(type)

/** The account that an event belongs to. */
export const accountOf = (source: string): string => /^\/accounts\/([^/]+)\//.exec(source)?.[1] ?? ''

/** The body of a webhook: the CloudEvent in structured JSON mode. */
export function structured(event: PublishedEvent): string {
  const { id, source, subject, type, time, sequence, dataschema, traceparent, data } = event
  return JSON.stringify({
    specversion: '1.0',
    id,
    source,
    subject,
    type,
    time,
    datacontenttype: 'application/json',
    dataschema,
    sequence: sequence === undefined ? undefined : String(sequence).padStart(10, '0'),
    partitionkey: subject,
    traceparent,
    data,
  })
}

/** Webhooks that a rule asked to be told of this event. */
export function namedByRule(event: PublishedEvent): Set<string> {
  const { type, details } = (event.data ?? {}) as { type?: unknown; details?: { webhooks?: unknown } }
  const named = type === 'rule.applied' ? details?.webhooks : undefined
  return new Set(Array.isArray(named) ? named.map(String) : [])
}

/** Departments that a change of responsibility itself names; null when the event names none. */
export function departmentsNamed(event: PublishedEvent): string[] | null {
  const { type, from, to } = (event.data ?? {}) as {
    type?: unknown
    from?: { departmentId?: unknown }
    to?: { departmentId?: unknown }
  }
  if (type !== 'responsibility.changed') return null
  const named = [to, from].flatMap((holder) =>
    typeof holder?.departmentId === 'string' ? [holder.departmentId] : [],
  )
  // Another version may say it otherwise: then the ticket's history is asked, as for every other event.
  return named.length > 0 ? named : null
}

/** The types that can be subscribed to. */
export interface Catalog {
  all: ReadonlySet<string>
  /** What `*` stands for: of a fact that is sent in two major versions only the older one, so that it comes once. */
  usual: ReadonlySet<string>
}

export function catalogOf(types: Iterable<string>): Catalog {
  const all = new Set([...types].filter((type) => type !== TEST_EVENT))
  const versions = Map.groupBy(all, (type) => type.replace(/\.v\d+$/, ''))
  const version = (type: string): number => Number(/\.v(\d+)$/.exec(type)?.[1] ?? 0)
  const oldest = [...versions.values()].flatMap((of) =>
    of.sort((a, b) => version(a) - version(b)).slice(0, 1),
  )
  return { all, usual: new Set(oldest) }
}

/** Whether a webhook subscribes to events of this type. */
export function subscribes(
  webhook: Pick<Webhook, 'events' | 'departmentId'>,
  type: string,
  catalog: Catalog,
): boolean {
  if (webhook.departmentId !== undefined && !isTicketEvent(type)) return false
  return webhook.events.includes(type) || (webhook.events.includes(ALL_EVENTS) && catalog.usual.has(type))
}
