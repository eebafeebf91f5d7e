import {
  WAKE_SIGNAL,
  WEBHOOK_WORKFLOW,
  WEBHOOKS_QUEUE,
  type WebhookLaneInput,
  webhookWorkflowId,
} from '@onus/workflows-notice/webhook-lane-contract'
import type { Client } from '@temporalio/client'

/** Makes a webhook's lane look; settles when Temporal has it. */
export type Wake = (accountId: string, webhookId: string) => Promise<void>

export function createWake(client: Client, queuePrefix: string): Wake {
  return coalesced(async (accountId, webhookId) => {
    const input: WebhookLaneInput = { accountId, webhookId }
    await client.workflow.signalWithStart(WEBHOOK_WORKFLOW, {
      taskQueue: `${queuePrefix}${WEBHOOKS_QUEUE}`,
      workflowId: webhookWorkflowId(accountId, webhookId),
      signal: WAKE_SIGNAL,
      signalArgs: [],
      args: [input],
      staticSummary: 'Deliveries to a webhook',
    })
  })
}

/** Those who come while a call is on its way share the next one: that one was sent after they came. */
export function coalesced(send: Wake): Wake {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()
  const begin = (accountId: string, webhookId: string): Promise<void> => {
    const call = send(accountId, webhookId).finally(() => running.delete(webhookId))
    running.set(webhookId, call)
    return call
  }
  return (accountId, webhookId) => {
    const current = running.get(webhookId)
    if (!current) return begin(accountId, webhookId)
    const waiting = next.get(webhookId)
    if (waiting) return waiting
    const settled = current.catch(() => {})
    const call = settled.then(() => {
      next.delete(webhookId)
      return begin(accountId, webhookId)
    })
    next.set(webhookId, call)
    return call
  }
}
