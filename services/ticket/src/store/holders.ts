import type { Collection, Db } from 'mongodb'
import type { TicketDocument } from './log.ts'

/** So many tickets that one agent holds in one department. */
export interface Held {
  accountId: string
  departmentId: string
  agentId: string
  tickets: number
}

/** Who holds how much: counts over the summaries. Deleted tickets are nobody's any more. */
export class HolderStore {
  readonly #tickets: Collection<TicketDocument>

  constructor(db: Db) {
    this.#tickets = db.collection<TicketDocument>('tickets')
  }

  /** What one agent holds, by department. */
  async heldBy(accountId: string, agentId: string): Promise<{ departmentId: string; tickets: number }[]> {
    const counts = new Map<string, number>()
    const held = this.#tickets.find({ accountId, agentId }, { projection: { departmentId: 1, status: 1 } })
    for await (const { departmentId, status } of held) {
      if (status !== 'deleted') counts.set(departmentId, (counts.get(departmentId) ?? 0) + 1)
    }
    return [...counts].map(([departmentId, tickets]) => ({ departmentId, tickets }))
  }

  /** What anybody holds, of one account or of all; from the index alone. */
  async all(accountId?: string): Promise<Held[]> {
    const found = await this.#tickets
      .aggregate<{ _id: Omit<Held, 'tickets'>; tickets: number }>([
        {
          $match: {
            accountId: accountId ?? { $exists: true },
            agentId: { $ne: null },
            status: { $ne: 'deleted' },
          },
        },
        {
          $group: {
            _id: { accountId: '$accountId', agentId: '$agentId', departmentId: '$departmentId' },
            tickets: { $sum: 1 },
          },
        },
      ])
      .toArray()
    return found.filter(({ _id }) => _id.agentId).map(({ _id, tickets }) => ({ ..._id, tickets }))
  }

  /** Some of the tickets that one agent holds in a department. */
  async some(accountId: string, agentId: string, departmentId: string, limit: number): Promise<string[]> {
    const found = await this.#tickets
      .find({ accountId, agentId, departmentId, status: { $ne: 'deleted' } }, { projection: { ticketId: 1 } })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray()
    return found.map(({ ticketId }) => ticketId)
  }
}
