import { NOTIFICATIONS_QUEUE } from '@onus/workflows-contract'
import {
  DIGEST_WORKFLOW,
  type DigestInput,
  digestWorkflowId,
  HOLD_SIGNAL,
  PREFERENCES_SIGNAL,
} from '@onus/workflows-notice'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { HeldNotices } from '../delivery/planner.ts'

/** The digests' workflows, as the service talks to them. */
export interface Digests {
  /** Gives notices to their digests, which begin with the first. The same notice twice is held once. */
  hold(held: readonly HeldNotices[]): Promise<void>
  /** Tells an agent's digests, where there are any, that they may be due at another time. */
  preferencesChanged(accountId: string, agentId: string): Promise<void>
}

const CHANNELS = ['email', 'slack', 'push'] as const

export function createDigests(client: Client, queuePrefix: string): Digests {
  const hold = async ({ accountId, agentId, channel, noticeIds, since }: HeldNotices): Promise<void> => {
    const input: DigestInput = { accountId, agentId, channel: channel as DigestInput['channel'] }
    await client.workflow.signalWithStart(DIGEST_WORKFLOW, {
      taskQueue: `${queuePrefix}${NOTIFICATIONS_QUEUE}`,
      workflowId: digestWorkflowId(accountId, agentId, channel),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      args: [input],
      signal: HOLD_SIGNAL,
      signalArgs: [{ noticeIds, since }],
      staticSummary: `Digest by ${channel}`,
    })
  }
  const tell = async (workflowId: string): Promise<void> => {
    try {
      await client.workflow.getHandle(workflowId).signal(PREFERENCES_SIGNAL)
    } catch (error) {
      // Nothing is held.
      if (!(error instanceof WorkflowNotFoundError)) throw error
    }
  }
  return {
    hold: async (held) => {
      await Promise.all(held.map(hold))
    },
    preferencesChanged: async (accountId, agentId) => {
      await Promise.all(CHANNELS.map((channel) => tell(digestWorkflowId(accountId, agentId, channel))))
    },
  }
}
