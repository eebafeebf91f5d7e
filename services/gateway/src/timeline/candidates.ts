import type { Values } from '@onus/kit/i18n'

/** Why a distribution chose whom it chose, and passed over the others, in words. */

interface Candidate {
  agentId: string
  outcome: string
  reason: string
  capacity?: number
  skills?: { name: string; level: number }[]
}

type Say = (id: string, values?: Values) => string

/** So many names are in a sentence; the entry has them all. */
const NAMED = 5

export function candidateValues(
  details: Record<string, unknown>,
  say: Say,
  agent: (id: string) => string,
): Values {
  const candidates = Array.isArray(details.candidates) ? (details.candidates as Candidate[]) : []
  const chosen = candidates.find(({ outcome }) => outcome === 'chosen')
  const others = candidates.filter(({ outcome }) => outcome !== 'chosen')
  const told = others
    .slice(0, NAMED)
    .map((one) => say('candidate', { name: agent(one.agentId), reason: reasonOf(one, say) }))
  return {
    explained: chosen ? 'yes' : 'no',
    chosenBecause: chosen ? say(`candidate.${chosen.reason}`) : '',
    looked: others.length > 0 ? 'yes' : 'no',
    passedOver: told.join(', '),
    more: Math.max(0, others.length - NAMED),
  }
}

function reasonOf({ reason, capacity, skills = [] }: Candidate, say: Say): string {
  const needed = skills.map(({ name, level }) => say('candidate.skill', { name, level })).join(', ')
  return say(`candidate.${reason}`, { skills: needed, capacity: capacity ?? 0 })
}
