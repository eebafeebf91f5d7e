/** What the audit is narrowed to. */
export interface AuditFilter {
  actorId: string
  action: string
  entityId: string
  /** Dates in the reader's zone. */
  since: string
  until: string
}

export const EVERYTHING: AuditFilter = { actorId: '', action: '', entityId: '', since: '', until: '' }

/** The kinds of things that are set up, as the audit names them. */
export const AUDIT_KINDS = [
  'account',
  'department',
  'agent',
  'rule',
  'template',
  'api_key',
  'oidc',
  'offboarding',
  'preferences',
  'views',
] as const

/** The query of the API; days are whole, the last one included. */
export function auditQuery(filter: AuditFilter, instant: (date: string) => string): string {
  const query = new URLSearchParams()
  for (const name of ['actorId', 'action', 'entityId'] as const)
    if (filter[name]) query.set(name, filter[name])
  if (filter.since) query.set('since', instant(filter.since))
  if (filter.until) query.set('until', instant(dayAfter(filter.until)))
  return query.toString()
}

export function dayAfter(date: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + 1)
  return day.toISOString().slice(0, 10)
}

/** `agent.updated` in two: what kind, and what was done. */
export function partsOf(action: string): { kind: string; verb: string } {
  const at = action.lastIndexOf('.')
  return at < 0 ? { kind: action, verb: '' } : { kind: action.slice(0, at), verb: action.slice(at + 1) }
}
