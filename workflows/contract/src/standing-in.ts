/** Who stands in for whom, at one moment: what everything that gives or tells somebody something asks. */

export interface StandIn {
  toAgentId: string
  /** From then on, and before `until`. */
  from: string
  until: string
  /** `tickets`: the delegate becomes responsible; `notices`: the delegate is told, and nothing moves. */
  mode: string
}

type AgentOf = (id: string) => { status: string; delegation?: StandIn } | undefined

/** The agent and those who stand in, one for the other; the last one is named twice when it is a circle. */
export function standInChain(agentOf: AgentOf, agentId: string, mode: string, now: Date): string[] {
  const chain = [agentId]
  for (let at: string | undefined = agentId; at !== undefined; ) {
    const delegation: StandIn | undefined = agentOf(at)?.delegation
    if (delegation === undefined || delegation.mode !== mode || !isDuring(delegation, now)) break
    const seen = chain.includes(delegation.toAgentId)
    chain.push(delegation.toAgentId)
    at = seen ? undefined : delegation.toAgentId
  }
  return chain
}

/** Who is told of what an agent is told, while their delegation leaves the tickets where they are. */
export function noticeDelegateOf(agentOf: AgentOf, agentId: string, now: Date): string | null {
  const chain = standInChain(agentOf, agentId, 'notices', now)
  const last = chain.at(-1)
  if (last === undefined || chain.length === 1 || chain.indexOf(last) !== chain.length - 1) return null
  return agentOf(last)?.status === 'active' ? last : null
}

/** Whether a moment is in a time of leave or delegation. */
export const isDuring = ({ from, until }: { from: string; until: string }, now: Date): boolean =>
  Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until)
