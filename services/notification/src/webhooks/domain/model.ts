/** A webhook and its deliveries, as they are kept. */

/** Texts that only the installation can read. */
export interface SealedSecret {
  sealed: { iv: string; tag: string; data: string }
  /** Absent on the current one. */
  expiresAt?: string
}

/** How the receiver does. */
export interface Health {
  /** Failed attempts in a row, over all deliveries. */
  failures: number
  failingSince?: string
  lastError?: string
  /** Until then nothing is sent. */
  resumesAt?: string
}

export const HEALTHY: Health = { failures: 0 }

/** Events of the past that are being made deliveries of; it goes on where it was after a crash. */
export interface Replay {
  id: string
  ticketId?: string
  /** A notice, department, agent or other thing of the directory. */
  subject?: string
  fromSequence?: number
  since?: string
  /** Events from this moment on are not part of it. */
  until: string
  /** Where the next page begins. */
  cursor?: string
  deliveries: number
  state: 'running' | 'done'
}

export type DisabledReason = 'gone' | 'failing'

export interface Webhook {
  id: string
  accountId: string
  url: string
  /** Types, or `*`. */
  events: string[]
  departmentId?: string
  active: boolean
  createdAt: string
  updatedAt: string
  /** Events from then on are delivered. */
  activeSince: string
  /** The current one first. */
  secrets: SealedSecret[]
  disabled?: { reason: DisabledReason; at: string }
  health: Health
  replays: Record<string, Replay>
  /** Command that made the current secret, so that its repeat makes no other. */
  secretBy?: string
}

export const DELIVERY_STATES = ['pending', 'retrying', 'delivered', 'dead_letter'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** One event on its way to one webhook. */
export interface Delivery {
  id: string
  accountId: string
  webhookId: string
  /** Sorts deliveries by when they were made. */
  order: string
  eventId: string
  type: string
  subject: string
  sequence?: number
  state: DeliveryState
  attempts: number
  statusCode?: number
  error?: string
  nextAttemptAt?: string
  durationMs?: number
  createdAt: string
  deliveredAt?: string
  /** No attempt begins after it. */
  deadline: string
  replayId?: string
  /** The last command that sent it again by hand. */
  resentBy?: string
}

export const isOpen = ({ state }: Pick<Delivery, 'state'>): boolean =>
  state === 'pending' || state === 'retrying'
