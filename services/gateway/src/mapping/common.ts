import type { Actor, Responsibility } from '@onus/proto/onus/v1/common'

/** From the services' values to the JSON of the API: absent options left out, nobody as null. */

export const actorJson = (actor: Actor | undefined) => {
  const { type = 'system', id, name } = actor ?? {}
  return { type: type || 'system', ...(id && { id }), ...(name && { name }) }
}

/** Takes the services' form, and that of a problem's `current`, in which nobody is null already. */
export const responsibilityJson = (value: Omit<Responsibility, 'agentId'> & { agentId?: string | null }) => ({
  departmentId: value.departmentId,
  agentId: value.agentId ?? null,
  revision: value.revision,
  since: value.since,
  actor: actorJson(value.actor),
  cause: value.cause ?? {},
  ...(value.reason !== undefined && { reason: value.reason }),
  ...(value.until !== undefined && { until: value.until }),
})

/** The services' page as the API's. */
export const pageJson = <T, J>(answer: { items: T[]; nextCursor?: string }, item: (value: T) => J) => ({
  items: answer.items.map(item),
  nextCursor: answer.nextCursor ?? null,
})

/** A copy without the keys whose value is undefined. */
export function present<T extends Record<string, unknown>>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}

/** Names of the given fields as a field mask has them: those of the proto. */
export const fieldMask = (change: Record<string, unknown>): string[] =>
  Object.entries(change)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
