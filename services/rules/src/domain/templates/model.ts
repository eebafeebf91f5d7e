import type { Actor } from '@onus/workflows-contract'

/** A text for answers, with placeholders that are filled in for a ticket. */
export interface Template {
  id: string
  name: string
  subject?: string
  body: string
  createdAt: string
  updatedAt: string
  updatedBy: Actor
}
