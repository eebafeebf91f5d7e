import type { LedgerEvent, NoticeChannel } from '@onus/workflows-contract'
import type { SuppressionReason, Target } from './plan.ts'

export const NOTICE_STATES = ['planned', 'suppressed', 'sent', 'retrying', 'failed', 'acknowledged'] as const
export type NoticeState = (typeof NOTICE_STATES)[number]

/** Who is told: an agent, or with an empty id whomever a rule wrote to. No whole address is in it. */
export interface Recipient {
  agentId: string
  slackChannel?: string
  emailDomain?: string
}

/** Why somebody is told: the ticket is theirs, they work in its department, as an admin, or a rule says so. */
export type Because = 'mine' | 'department' | 'admin' | 'rule'

/** What the ledger says of a notice; what readers and events get. */
export interface NoticeView {
  id: string
  ticketId: string
  event: LedgerEvent
  channel: NoticeChannel
  recipient: Recipient
  state: NoticeState
  reason?: SuppressionReason
  attempts: number
  nextAttemptAt?: string
  error?: string
  createdAt: string
  sentAt?: string
}

/** One state of a notice that has not been published yet. */
export interface NoticeChange {
  /** Counts the changes of this notice from 1, without gaps. */
  sequence: number
  at: string
  notice: NoticeView
}

/** What became of a push notice on one device. */
export interface DeviceResult {
  deviceId: string
  kind: 'fcm' | 'apns' | 'web_push'
  name?: string
  /** `gone`: the device does not exist any more, and was removed. */
  state: 'sent' | 'gone' | 'retrying' | 'failed'
  error?: string
  at: string
  /** The wish to send that it belongs to. */
  round: number
}

/** One line of the ledger. */
export interface Notice extends NoticeView {
  /** Of a push notice: its devices, as the last attempts left them. */
  devices?: DeviceResult[]
  accountId: string
  /** Sequence of the ticket's entry that it tells of, and the department then. */
  ticketSequence: number
  departmentId: string
  because: Because
  /** Whom a rule wrote to, when that is no agent. */
  target?: Target
  /** What rules want the recipient told. */
  text?: string
  /** It tells of so many tickets at once; the ticket is one of them. */
  tickets?: number
  /** It waits for its recipient's digest, or was sent in one. */
  inDigest?: boolean
  /** The language that its recipient wanted when it was planned. */
  locale?: string
  /** Who did it, as a name to show; absent when nobody in particular did. */
  actorName?: string
  /** The message that it tells of. */
  messageId?: string
  /** Counts the wishes to send it: 0 is the plan's, every resend by hand is one more. */
  round: number
  /** The last round that is over, -1 when none is. Attempts of an earlier round are void. */
  doneRound: number
  /** The last round whose mail came back. */
  bouncedRound?: number
  /** In its recipient's feed. */
  listed: boolean
  /** Number of the last change, and those that Kafka has not acknowledged. */
  changes: number
  outbox: NoticeChange[]
}

/** What readers get of a line. */
export function viewOf(notice: Notice): NoticeView {
  const { id, ticketId, event, channel, state, attempts, createdAt } = notice
  return {
    id,
    ticketId,
    event,
    channel,
    recipient: recipientOf(notice),
    state,
    ...(notice.reason && { reason: notice.reason }),
    attempts,
    ...(notice.nextAttemptAt && { nextAttemptAt: notice.nextAttemptAt }),
    ...(notice.error && { error: notice.error }),
    createdAt,
    ...(notice.sentAt && { sentAt: notice.sentAt }),
  }
}

function recipientOf({ recipient: { agentId }, target }: Notice): Recipient {
  if (!target) return { agentId }
  if (target.type === 'slack_channel') return { agentId, slackChannel: target.address }
  return { agentId, emailDomain: target.address.slice(target.address.lastIndexOf('@') + 1) }
}

/** A new line, with its first change. */
export function newNotice(notice: Omit<Notice, 'changes' | 'outbox' | 'round'>): Notice {
  return recorded({ ...notice, round: 0, changes: 0, outbox: [] }, notice.createdAt)
}

function recorded(notice: Notice, at: string): Notice {
  const changes = notice.changes + 1
  const change: NoticeChange = { sequence: changes, at, notice: viewOf(notice) }
  return { ...notice, changes, outbox: [...notice.outbox, change] }
}

/** Whether an attempt of this round should still happen. */
export const isDue = (notice: Notice, round: number): boolean =>
  notice.round === round && notice.doneRound < round

/** What became of an attempt of a round, or what somebody wanted of the notice. */
export type Outcome =
  | { type: 'sent'; round: number }
  | { type: 'retrying'; round: number; nextAttemptAt: string; error: string; attempted: boolean }
  | { type: 'failed'; round: number; error: string; attempted: boolean }
  | { type: 'not_visible'; round: number }
  | { type: 'acknowledged' }
  /** It came back after it was sent. */
  | { type: 'bounced'; error: string }
  /** Opens this round, unless it is open. */
  | { type: 'resend'; round: number }

/**
 * The next state of a line, or the same line when the outcome says nothing new (a late attempt of an
 * earlier round, a repeated acknowledgement).
 */
export function advance(notice: Notice, outcome: Outcome, at: string): Notice {
  if (outcome.type === 'resend') {
    if (notice.round >= outcome.round) return notice
  } else if ('round' in outcome && !isDue(notice, outcome.round)) return notice
  const { error: lastError, nextAttemptAt: _next, ...rest } = notice
  switch (outcome.type) {
    case 'sent':
      return recorded(
        { ...rest, state: 'sent', attempts: notice.attempts + 1, sentAt: at, doneRound: outcome.round },
        at,
      )
    case 'retrying': {
      const { error, nextAttemptAt } = outcome
      // Only waiting for others to try is no news; the ledger shows the time, and nobody is told of it.
      if (!outcome.attempted && notice.state === 'retrying' && notice.error === error)
        return { ...notice, nextAttemptAt }
      const attempts = notice.attempts + (outcome.attempted ? 1 : 0)
      return recorded({ ...rest, state: 'retrying', attempts, error, nextAttemptAt }, at)
    }
    case 'failed': {
      const attempts = notice.attempts + (outcome.attempted ? 1 : 0)
      return recorded(
        { ...rest, state: 'failed', attempts, error: outcome.error, doneRound: outcome.round },
        at,
      )
    }
    case 'not_visible':
      return recorded(
        { ...rest, state: 'suppressed', reason: 'not_visible', doneRound: outcome.round, listed: false },
        at,
      )
    case 'bounced':
      if (notice.bouncedRound === notice.round) return notice
      // Who has seen it elsewhere has seen it; that the mail came back is still said.
      if (notice.state !== 'sent' && notice.state !== 'acknowledged') return notice
      return recorded(
        {
          ...rest,
          state: notice.state === 'sent' ? 'failed' : 'acknowledged',
          error: outcome.error,
          bouncedRound: notice.round,
        },
        at,
      )
    case 'acknowledged':
      if (notice.state === 'acknowledged') return notice
      return recorded(
        {
          ...rest,
          state: 'acknowledged',
          doneRound: notice.round,
          ...(notice.bouncedRound === notice.round && lastError && { error: lastError }),
        },
        at,
      )
    case 'resend':
      return recorded({ ...rest, state: 'planned', round: outcome.round }, at)
  }
}

/** The line with what became of it on a device; nothing that readers are told of by events. */
export function onDevice(notice: Notice, result: DeviceResult): Notice {
  const { deviceId, round, state, error } = result
  const last = notice.devices?.find((each) => each.deviceId === deviceId)
  // One that waits on, as thousands may for hours, is nothing to write.
  const waitsOn =
    state === 'retrying' && last?.state === state && last.round === round && last.error === error
  if (waitsOn) return notice
  const others = (notice.devices ?? []).filter((each) => each !== last)
  return { ...notice, devices: [...others, result] }
}
