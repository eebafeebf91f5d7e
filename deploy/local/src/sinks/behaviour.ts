import { z } from 'zod'

/**
 * How a receiver treats what comes: `ok` takes it, `refuse` refuses for the moment (SMTP 451, HTTP 503), `hang`
 * never answers, `down` closes the port. `rate_limit` answers HTTP 429 with `Retry-After`.
 */
export const MODES = ['ok', 'refuse', 'hang', 'down', 'rate_limit'] as const
export type Mode = (typeof MODES)[number]

export const behaviourSchema = z.strictObject({
  mode: z.enum(MODES),
  /** Seconds that `rate_limit` asks the sender to wait. Default 1. */
  retryAfter: z.number().int().min(0).max(3600).optional(),
})
export type Behaviour = z.infer<typeof behaviourSchema>

/** A receiving port whose manners can be changed while it runs, and what it has received. */
export interface Receiver<Item> {
  readonly port: number
  readonly behaviour: Behaviour
  /** What it received, newest last. */
  readonly items: Item[]
  behave(behaviour: Behaviour): Promise<void>
  /** What else it can be asked for by `POST <url>/<name>`, with a JSON body. */
  readonly actions?: Readonly<Record<string, (body: unknown) => unknown>>
  close(): Promise<void>
}

/** More than any test needs; a stack that runs for days does not grow without end. */
const KEPT = 20_000

/** Adds to a list and forgets the oldest when it is full. */
export function keep<Item>(items: Item[], item: Item): void {
  items.push(item)
  if (items.length > KEPT) items.splice(0, items.length - KEPT)
}
