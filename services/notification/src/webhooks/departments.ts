import { systemCaller } from '@onus/kit/caller'
import { Problem } from '@onus/kit/problems'
import type { TicketClient } from '../delivery/world.ts'
import { departmentsNamed, isTicketEvent, type PublishedEvent } from './domain/events.ts'

/** Tells which departments an event of a ticket is about: where the ticket was, and where it went. */
export type DepartmentsOf = (accountId: string, event: PublishedEvent) => Promise<string[]>

/** Tickets whose place is remembered. */
const MOST = 5000

/**
 * Asks the ticket's history for the moment of the event. Of events that follow each other it remembers the
 * place itself.
 */
export function createDepartments(tickets: Pick<TicketClient, 'getResponsibilityAt'>): DepartmentsOf {
  const places = new Map<string, { sequence: number; departmentId: string }>()

  const remember = (ticketId: string, sequence: number, departmentId: string) => {
    places.delete(ticketId)
    places.set(ticketId, { sequence, departmentId })
    const [oldest] = places.keys()
    if (places.size > MOST && oldest !== undefined) places.delete(oldest)
  }

  return async (accountId, event) => {
    if (!isTicketEvent(event.type)) return []
    const { subject, sequence = 0 } = event
    const named = departmentsNamed(event)
    if (named) {
      if (named[0] !== undefined) remember(subject, sequence, named[0])
      return named
    }
    const known = places.get(subject)
    if (known && known.sequence + 1 === sequence) {
      remember(subject, sequence, known.departmentId)
      return [known.departmentId]
    }
    try {
      const { departmentId } = await tickets.getResponsibilityAt(
        { ticketId: subject, at: event.time },
        { caller: systemCaller(accountId, 'notification') },
      )
      remember(subject, sequence, departmentId)
      return [departmentId]
    } catch (error) {
      if (error instanceof Problem && error.reason === 'not-found') return []
      throw error
    }
  }
}
