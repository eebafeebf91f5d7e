import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { condition, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import type { PendingNotice } from './activities.ts'

const ACCOUNT = defineSearchAttributeKey('OnusAccount', SearchAttributeType.KEYWORD)
const DEPARTMENT = defineSearchAttributeKey('OnusDepartment', SearchAttributeType.KEYWORD)
const CHANNEL = defineSearchAttributeKey('OnusChannel', SearchAttributeType.KEYWORD_LIST)
const RECIPIENT = defineSearchAttributeKey('OnusRecipient', SearchAttributeType.KEYWORD_LIST)

/** The server takes 2 KiB in one attribute; more recipients than this are found by department. */
const MOST_RECIPIENTS = 40
const MOST_LINES = 50

/** Where the workflow belongs, for lists in the Temporal UI. */
export function showOwner(accountId: string, departmentId: string): void {
  upsertSearchAttributes([
    { key: ACCOUNT, value: accountId },
    { key: DEPARTMENT, value: departmentId },
  ])
}

/** Whose digest the workflow is, for lists in the Temporal UI. */
export function showDigest(accountId: string): void {
  upsertSearchAttributes([{ key: ACCOUNT, value: accountId }])
}

/** Which channels and agents still wait; null takes the attribute away. */
export function showPending(channels: readonly string[], agentIds: readonly string[]): void {
  const list = (values: readonly string[]) => {
    const distinct = [...new Set(values)].filter(Boolean).sort().slice(0, MOST_RECIPIENTS)
    return distinct.length ? distinct : null
  }
  upsertSearchAttributes([
    { key: CHANNEL, value: list(channels) },
    { key: RECIPIENT, value: list(agentIds) },
  ])
}

/** State of each notice of one workflow, shown in the Temporal UI as it changes. No personal data. */
export class NoticeBoard {
  readonly #notices: readonly PendingNotice[]
  readonly #title: string
  readonly #states = new Map<string, string>()
  #stale = true

  constructor(title: string, notices: readonly PendingNotice[]) {
    this.#title = title
    this.#notices = notices
    for (const notice of notices) this.#states.set(notice.noticeId, 'waiting')
  }

  set(noticeId: string, state: string): void {
    this.#states.set(noticeId, state)
    this.#stale = true
  }

  /** Keeps the UI current until `done`: one update for all notices that changed together. */
  async follow(done: () => boolean): Promise<void> {
    for (;;) {
      await condition(() => this.#stale || done())
      if (!this.#stale) return
      this.#stale = false
      this.#show()
    }
  }

  #show(): void {
    const open = this.#notices.filter(({ noticeId }) => !isFinal(this.#states.get(noticeId)))
    showPending(
      open.map((notice) => notice.channel),
      open.map((notice) => notice.agentId),
    )
    const lines = this.#notices
      .slice(0, MOST_LINES)
      .map(
        ({ noticeId, channel, agentId }) =>
          `| ${channel} | ${agentId} | ${this.#states.get(noticeId)} | ${noticeId} |`,
      )
    const more = this.#notices.length - lines.length
    setCurrentDetails(
      [
        `**${this.#title}**: ${open.length} of ${this.#notices.length} still to deliver`,
        '',
        '| channel | agent | state | notice |',
        '|---|---|---|---|',
        ...lines,
        ...(more > 0 ? [`\n… and ${more} more`] : []),
      ].join('\n'),
    )
  }
}

const isFinal = (state: string | undefined): boolean =>
  state === 'sent' || state === 'failed' || state === 'skipped'
