import type { TicketState } from '@onus/workflows-contract'
import { distributes } from '@onus/workflows-ticket/domain/distribution'
import type { Choice, DirectoryFacts, Facts } from '@onus/workflows-ticket/domain/facts'
import { awaitedBy } from '@onus/workflows-ticket/domain/waiting'
import type { Distributor } from './distributor.ts'
import { countsFor } from './slots.ts'

/** What a commit asks of the distribution. */
export interface Distribution {
  /** The choices of one command. */
  begin(accountId: string, ticketId: string, directory: DirectoryFacts, now: Date): Choices
}

/**
 * The choices that one command needs. A decision is pure and does not wait: what it asks for first is noted
 * and answered "nobody", then the choices are made, and it is decided again with them.
 */
export interface Choices {
  /** `Facts.choose` for one try of a decision about this state. */
  on(state: TicketState | null): NonNullable<Facts['choose']>
  /** Makes the choices that were asked for since; true when there were any, and it is to be decided again. */
  make(): Promise<boolean>
  /** Brings in what the log says now, and gives back every place that was not taken. */
  settle(before: TicketState | null, after: TicketState | null): Promise<void>
  /** After the summary is written: a ticket that waits is looked after, and who has room now gets others. */
  follow(before: TicketState | null, after: TicketState | null): Promise<void>
}

interface Need {
  departmentId: string
  occasion: string
  requiredSkills: Parameters<NonNullable<Facts['choose']>>[2]
  decision: string
}

const NOBODY: Choice = { agentId: null, candidates: [], pending: true }

export function createDistribution(
  distributor: Distributor,
  onError: (error: unknown) => void,
): Distribution {
  return {
    begin(accountId, ticketId, directory, now) {
      const made = new Map<string, Choice>()
      const needs = new Map<string, Need>()
      const held = new Set<string>()
      let queued = false
      return {
        on(state) {
          // Another revision is another decision: what was chosen before is not what is asked for.
          const revision = state?.responsibility.revision ?? 0
          needs.clear()
          return (departmentId, occasion, requiredSkills) => {
            const key = JSON.stringify([revision, departmentId, occasion, requiredSkills])
            const choice = made.get(key)
            if (choice !== undefined) return choice
            const decision = `${ticketId}:${revision}:${occasion}`
            needs.set(key, { departmentId, occasion, requiredSkills, decision })
            return NOBODY
          }
        },
        async make() {
          const [first] = needs
          if (first === undefined) return false
          // The others may not be asked for any more.
          needs.clear()
          const [key, need] = first
          const choice = await distributor.choose({ accountId, ticketId, directory, now, ...need })
          if (choice.agentId !== null) held.add(choice.agentId)
          if (choice.queued === true) queued = true
          made.set(key, choice)
          return true
        },
        async settle(before, after) {
          const [from, to] = [countsFor(before), countsFor(after)]
          if (from === to && held.size === 0) return
          await distributor.settle({ accountId, ticketId, from, to, held: [...held], directory })
        },
        async follow(before, after) {
          const from = countsFor(before)
          if (from !== null && from !== countsFor(after))
            distributor.roomMade(accountId, from, directory).catch(onError)
          const departmentId = after?.responsibility.departmentId
          if (after !== null && departmentId !== undefined && isWaiting(after, directory))
            await distributor.waits(accountId, departmentId, now.getTime(), queued)
        },
      }
    },
  }
}

/** Whether a ticket is nobody's and is to be given to somebody as soon as that is possible. */
function isWaiting(state: TicketState, directory: DirectoryFacts): boolean {
  const occasion = awaitedBy(state)
  if (occasion === null) return false
  return distributes(directory.department(state.responsibility.departmentId), occasion)
}
