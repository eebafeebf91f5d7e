import type { TicketStatus } from '@onus/workflows-contract'
import type { Collection, Db } from 'mongodb'
import type { TicketDocument } from '../store/log.ts'

/** Statuses of what somebody still is responsible for. */
export const WORK_STATUSES = ['new', 'open', 'answered', 'postponed'] as const satisfies TicketStatus[]
export type WorkStatus = (typeof WORK_STATUSES)[number]

/** Unclaimed spells by how long they last, in seconds: each from its own bound to the next. */
export const AGE_BOUNDS = [0, 900, 3600, 14_400, 86_400, 259_200, 604_800] as const

/** So many tickets of one holder in one status. */
export interface WorkGroup {
  departmentId: string
  agentId: string | null
  status: WorkStatus
  tickets: number
  /** When the longest one of them became the holder's. */
  oldestSince: string
  /** Of those that nobody has and somebody must claim: since when the oldest waits, and how many by age. */
  oldestUnclaimedSince: string | null
  unclaimedByAge: number[]
  noEligibleAgent: number
}

/** The bounds of the ages as moments, latest first: what waits since before one of them is older. */
export const ageMoments = (now: Date): string[] =>
  AGE_BOUNDS.map((seconds) => new Date(now.getTime() - seconds * 1000).toISOString())

interface Group {
  _id: { departmentId: string; agentId: string | null; status: WorkStatus }
  tickets: number
  since: string
  unclaimed: string | null
  stuck: number
  [age: `age${number}`]: number
}

/** Counts of what is not finished, from an index alone: what was finished long ago is never read. */
export class OpenWorkStore {
  readonly #tickets: Collection<TicketDocument>

  constructor(db: Db) {
    this.#tickets = db.collection('tickets')
  }

  /** @param departmentIds only of these; absent: of all */
  async groups(accountId: string, departmentIds: string[] | undefined, now: Date): Promise<WorkGroup[]> {
    const moments = ageMoments(now)
    const found = await this.#tickets
      .aggregate<Group>([
        {
          $match: {
            accountId,
            status: { $in: [...WORK_STATUSES] },
            ...(departmentIds && { departmentId: { $in: departmentIds } }),
          },
        },
        {
          $group: {
            _id: { departmentId: '$departmentId', agentId: '$agentId', status: '$status' },
            tickets: { $sum: 1 },
            since: { $min: '$responsibility.since' },
            unclaimed: { $min: '$unclaimedSince' },
            stuck: { $sum: { $cond: [{ $gt: ['$noEligibleAgent', ''] }, 1, 0] } },
            ...Object.fromEntries(
              moments.map((_, at) => [`age${at}`, { $sum: { $cond: [ageIs(moments, at), 1, 0] } }]),
            ),
          },
        },
      ])
      .toArray()
    return found.map((group) => {
      const { departmentId, agentId, status } = group._id
      const unclaimed = agentId === null && (status === 'new' || status === 'open')
      return {
        departmentId,
        agentId,
        status,
        tickets: group.tickets,
        oldestSince: group.since,
        oldestUnclaimedSince: unclaimed ? group.unclaimed : null,
        unclaimedByAge: moments.map((_, at) => (unclaimed ? (group[`age${at}`] ?? 0) : 0)),
        noEligibleAgent: group.stuck,
      }
    })
  }

  /** What nobody has in the whole installation. */
  async unclaimed(): Promise<{ tickets: number; oldestSince: string | null; noEligibleAgent: number }> {
    const [found] = await this.#tickets
      .aggregate<{ tickets: number; oldest: string; stuck: number }>([
        { $match: { unclaimedSince: { $gt: '' } } },
        {
          $group: {
            _id: null,
            tickets: { $sum: 1 },
            oldest: { $min: '$unclaimedSince' },
            stuck: { $sum: { $cond: [{ $gt: ['$noEligibleAgent', ''] }, 1, 0] } },
          },
        },
      ])
      .toArray()
    return {
      tickets: found?.tickets ?? 0,
      oldestSince: found?.oldest ?? null,
      noEligibleAgent: found?.stuck ?? 0,
    }
  }
}

/** Whether a spell's age is between two bounds; a time that is not there is none. */
function ageIs(moments: readonly string[], at: number): object {
  const younger = at === 0 ? [] : [{ $lt: ['$unclaimedSince', moments[at]] }]
  const older = moments[at + 1]
  const from = older === undefined ? { $gt: ['$unclaimedSince', ''] } : { $gte: ['$unclaimedSince', older] }
  return { $and: [from, ...younger] }
}
