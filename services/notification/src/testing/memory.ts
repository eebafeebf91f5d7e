import type { ChangePublisher } from '../delivery/changes.ts'
import type { Pace, Rates } from '../delivery/pace.ts'
import type { Notice } from '../domain/notice.ts'
import type { Breakers } from '../store/breakers.ts'
import type { Guarded, Versioned } from '../store/guarded.ts'
import type { Ledger, Place } from '../store/ledger.ts'

/** A ledger in memory, with all it was told to publish. For tests. */
export function createMemoryLedger(): Ledger & { lines: Map<string, Notice> } {
  const lines = new Map<string, Notice>()
  const own = (accountId: string) => [...lines.values()].filter((line) => line.accountId === accountId)
  const place = (line: Notice) => `${line.createdAt} ${line.id}`
  const order = (sign: 1 | -1) => (a: Notice, b: Notice) => (place(a) < place(b) ? -sign : sign)
  const beyond = (sign: 1 | -1, after?: Place) => (line: Notice) =>
    !after || (sign === 1 ? place(line) > `${after.at} ${after.id}` : place(line) < `${after.at} ${after.id}`)
  const ledger: Ledger = {
    async add(notices) {
      const fresh = notices.filter(({ id }) => !lines.has(id))
      for (const notice of fresh) lines.set(notice.id, notice)
      return fresh.length === notices.length
    },
    find: async (ids) => [...new Set(ids)].flatMap((id) => lines.get(id) ?? []),
    async get(accountId, id) {
      const line = lines.get(id)
      return line?.accountId === accountId ? line : null
    },
    async change(accountId, id, next) {
      const line = await ledger.get(accountId, id)
      if (!line) return null
      const after = next(line)
      lines.set(id, after)
      return after
    },
    async published(notices) {
      for (const { id, changes } of notices) {
        const line = lines.get(id)
        if (line?.changes === changes) lines.set(id, { ...line, outbox: [] })
      }
    },
    ofAgent: async (accountId, agentId, limit, after) =>
      own(accountId)
        .filter((line) => line.recipient.agentId === agentId && line.listed)
        .filter(beyond(-1, after))
        .sort(order(-1))
        .slice(0, limit),
    ofAccount: async (accountId, { state, channel, agentId }, limit, after) =>
      own(accountId)
        .filter((line) => (state ?? line.state) === line.state && (channel ?? line.channel) === line.channel)
        .filter(({ recipient }) => (agentId ?? recipient.agentId) === recipient.agentId)
        .filter(beyond(-1, after))
        .sort(order(-1))
        .slice(0, limit),
    ofTicket: async (accountId, ticketId, limit, after) =>
      own(accountId)
        .filter((line) => line.ticketId === ticketId)
        .filter(beyond(1, after))
        .sort(order(1))
        .slice(0, limit),
  }
  return { ...ledger, lines }
}

/** Breakers that never open. For tests of other things. */
export const openDoors: Breakers = {
  enter: async () => ({ type: 'go', failedBefore: false }),
  failed: async () => {},
  worked: async () => {},
  bounced: async () => {},
  ofAccount: async () => [],
}

/** Guarded values in memory. */
export function createMemoryGuarded<T>(): Guarded<T> {
  const values = new Map<string, Versioned<T>>()
  return {
    read: async (id) => values.get(id) ?? null,
    async write(id, seen, value) {
      if (values.get(id)?.version !== seen?.version) return false
      values.set(id, { id, version: (seen?.version ?? 0) + 1, value })
      return true
    },
    remove: async (id) => values.delete(id),
    all: async (limit) => [...values.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit),
  }
}

/** It is always everybody's turn. */
export const noPace: Pace = { turn: async () => {} }

/** More than any test sends. */
const MUCH = { perSecond: 100_000, burst: 100_000 }
export const UNLIMITED: Rates = {
  email: MUCH,
  slack_channel: MUCH,
  slack_workspace: MUCH,
  fcm: MUCH,
  apns: MUCH,
  web_push: MUCH,
}

/** A broker that takes everything, or nothing while `down`. */
export function createMemoryChanges(ledger: Ledger): ChangePublisher & { down: boolean; states: string[] } {
  const changes = {
    down: false,
    states: [] as string[],
    async tryPublish(notices: readonly Notice[]) {
      if (changes.down) return false
      for (const notice of notices)
        changes.states.push(
          ...notice.outbox.map((change) => `${notice.id} ${change.sequence} ${change.notice.state}`),
        )
      await ledger.published(notices)
      return true
    },
    async publish(ids: readonly string[]) {
      if (!(await changes.tryPublish(await ledger.find(ids)))) throw new Error('no broker')
    },
  }
  return changes
}
