import type { Holder } from '@onus/workflows-contract'
import type { PlannedNotice } from './notices.ts'
import type { Outcome } from './simulate.ts'

/** What came out of a dry run so far. Lists are bounded, however many tickets there are. */
export interface DryRunResult {
  wouldDiffer: {
    ticketId: string
    ruleId: string
    at: string
    from: Holder | null
    to: Holder
    actual: Holder
  }[]
  wouldDifferTotal: number
  notices: (PlannedNotice & { count: number })[]
  loops: { ticketId: string; ruleId: string; at: string }[]
  loopsTotal: number
  load: { agentId: string; before: number; after: number }[]
  unknown: { ruleId: string; field: string; reason: string; tickets: number }[]
}

export const noResult = (): DryRunResult => ({
  wouldDiffer: [],
  wouldDifferTotal: 0,
  notices: [],
  loops: [],
  loopsTotal: 0,
  load: [],
  unknown: [],
})

const MAX_LISTED = 1000
/** Different notices and open questions that are counted. */
const MAX_KINDS = 5000

/** Adds up what came out for tickets. */
export class Tally {
  readonly #result: DryRunResult
  readonly #notices: Map<string, DryRunResult['notices'][number]>
  readonly #load: Map<string, DryRunResult['load'][number]>
  readonly #unknown: Map<string, DryRunResult['unknown'][number]>

  constructor(before: DryRunResult) {
    this.#result = structuredClone(before)
    const { notices, load, unknown } = this.#result
    this.#notices = new Map(notices.map((notice) => [keyOf(notice), notice]))
    this.#load = new Map(load.map((agent) => [agent.agentId, agent]))
    this.#unknown = new Map(unknown.map((one) => [unknownKey(one), one]))
  }

  add(ticketId: string, { differs, loops, notices, before, after, unknown }: Outcome): void {
    const result = this.#result
    if (differs) {
      result.wouldDifferTotal++
      if (result.wouldDiffer.length < MAX_LISTED) result.wouldDiffer.push({ ticketId, ...differs })
    }
    for (const loop of loops) {
      result.loopsTotal++
      if (result.loops.length < MAX_LISTED) result.loops.push({ ticketId, ...loop })
    }
    for (const notice of notices) count(this.#notices, keyOf(notice), () => ({ ...notice, count: 0 }))
    for (const one of unknown) {
      const key = unknownKey(one)
      const known = this.#unknown.get(key)
      if (known) known.tickets++
      else if (this.#unknown.size < MAX_KINDS) this.#unknown.set(key, { ...one, tickets: 1 })
    }
    if (before !== null) this.#agent(before).before++
    if (after !== null) this.#agent(after).after++
  }

  #agent(agentId: string): DryRunResult['load'][number] {
    const known = this.#load.get(agentId) ?? { agentId, before: 0, after: 0 }
    this.#load.set(agentId, known)
    return known
  }

  result(): DryRunResult {
    const { wouldDiffer, wouldDifferTotal, loops, loopsTotal } = this.#result
    return {
      wouldDiffer,
      wouldDifferTotal,
      notices: [...this.#notices.values()].sort((a, b) => b.count - a.count),
      loops,
      loopsTotal,
      load: [...this.#load.values()].sort((a, b) => b.after - a.after),
      unknown: [...this.#unknown.values()],
    }
  }
}

function count(
  kinds: Map<string, DryRunResult['notices'][number]>,
  key: string,
  first: () => DryRunResult['notices'][number],
): void {
  const known = kinds.get(key)
  if (known) known.count++
  else if (kinds.size < MAX_KINDS) kinds.set(key, { ...first(), count: 1 })
}

const keyOf = ({ event, agentId, departmentId, slackChannel, email }: PlannedNotice): string =>
  JSON.stringify([event, agentId, departmentId, slackChannel, email])

const unknownKey = ({ ruleId, field, reason }: { ruleId: string; field: string; reason: string }): string =>
  JSON.stringify([ruleId, field, reason])
