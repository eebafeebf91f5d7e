/** What the workflow of a webhook's deliveries and the service that runs it agree on. */

/** Task queue of deliveries to webhooks: apart from notices, so that neither holds up the other. */
export const WEBHOOKS_QUEUE = 'webhooks'
export const WEBHOOK_WORKFLOW = 'webhookLane'
export const WAKE_SIGNAL = 'wake'

export const webhookWorkflowId = (accountId: string, webhookId: string): string =>
  `webhook:${accountId}:${webhookId}`

export interface WebhookLaneInput {
  accountId: string
  webhookId: string
}

export interface LaneState {
  /** When the next attempt is due; null when nothing waits. */
  nextAt: string | null
  /** Deliveries that wait, as far as they were counted. */
  waiting: number
}

export interface WebhookActivities {
  /** Sends what is due, for a while, and says when to come again. */
  drain(input: WebhookLaneInput): Promise<LaneState>
}
