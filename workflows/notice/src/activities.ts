import type { NoticeChannel, NoticeInput, ReplyInput } from '@onus/workflows-contract'

/** A planned notice, as the workflow needs to know it: ids only. */
export interface PendingNotice {
  noticeId: string
  channel: NoticeChannel
  agentId: string
}

export interface NoticePlan {
  /** What has to be delivered; everything else of the plan is in the ledger already. */
  pending: PendingNotice[]
  /** Notices whose changes Kafka has not acknowledged yet. */
  unpublished: string[]
}

/** One wish to send one notice; see `round` in the ledger. */
export interface DeliveryTask {
  accountId: string
  noticeId: string
  round: number
}

/** What is sent as one message of an agent's digest. */
export interface DigestTask {
  accountId: string
  agentId: string
  channel: NoticeChannel
  /** In the order of their planning. */
  noticeIds: string[]
}

export interface DeliveryResult {
  state: 'sent' | 'failed' | 'skipped'
  /** False while the ledger's changes of this notice wait for Kafka. */
  published: boolean
}

/** What became of the first attempt of one notice: it is done, or is tried again, or failed for good. */
export interface FirstAttempt {
  noticeId: string
  /** It is done. */
  result?: DeliveryResult
  /** It is tried again after this time, by itself. */
  retryInMs?: number
  /** Neither: why there is no next attempt. */
  error?: string
}

/** What became known of an answer when it was announced. */
export interface ReplyHead {
  departmentId: string
  /** The ticket's number. */
  number: string
}

/** What the notice and reply workflows ask the notification service to do. */
export interface NoticeActivities {
  /** Writes the plan to the ledger. The same command planned twice is the same ledger. */
  planNotices(input: NoticeInput): Promise<NoticePlan>
  /**
   * The first attempts of several notices at once, in the order of the tasks: most notices need no other, and
   * one task is far cheaper than many.
   */
  deliverFirst(tasks: DeliveryTask[]): Promise<FirstAttempt[]>
  /** One attempt; fails with the delay until the next, after the ledger knows of it. */
  deliver(task: DeliveryTask): Promise<DeliveryResult>
  /** Writes down that a notice will not be tried any more, when no attempt could. */
  giveUp(task: DeliveryTask & { error: string }): Promise<DeliveryResult>
  /** When what is held since then is due, as the agent's preferences are now. */
  digestDue(input: { accountId: string; agentId: string; since: string }): Promise<{ at: string }>
  /** One attempt at a digest; as {@link deliver}. */
  deliverDigest(task: DigestTask): Promise<DeliveryResult>
  giveUpDigest(task: DigestTask & { error: string }): Promise<DeliveryResult>
  /** Publishes what the ledger still holds for these notices. */
  publishChanges(input: { accountId: string; noticeIds: string[] }): Promise<void>
  /** Makes the answer's identity known, so that a fast reply finds its ticket. */
  announceReply(input: ReplyInput): Promise<ReplyHead>
  sendReply(input: ReplyInput): Promise<'sent' | 'failed'>
  giveUpReply(input: ReplyInput & { error: string }): Promise<void>
}
