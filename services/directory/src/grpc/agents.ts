import type { Handlers } from '@onus/kit/grpc'
import { newId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { actorOf, mayActFor, type Who } from '../domain/access.ts'
import { createAgent, findAgent, setPresence, updateAgent, withAgent } from '../domain/agents.ts'
import type { Agent, DirectoryState } from '../domain/model.ts'
import { followStatus } from '../domain/offboarding.ts'
import { checkPreferences, preferencesOf } from '../domain/preferences.ts'
import { Entry, idFor, type Parts } from './entry.ts'
import { pageOf } from './page.ts'

type Names =
  | 'createAgent'
  | 'getAgent'
  | 'listAgents'
  | 'updateAgent'
  | 'setPresence'
  | 'getPreferences'
  | 'getPreferencesOf'
  | 'setPreferences'

const MOST_AGENTS = 1000

/** Agents, their presence and their preferences. */
export function agentHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const { accounts, preferences } = parts
  const entry = new Entry(parts)

  return {
    async createAgent({ agent, commandId }, { caller }) {
      const id = idFor(caller, 'agent', commandId)
      const state = await entry.change(caller, 'setup', 'create agents', (before, { who, now }) =>
        before.agents.some((one) => one.id === id)
          ? before
          : createAgent(before, who, agent ?? {}, { id, now }),
      )
      return findAgent(state, id)
    },

    async getAgent({ agentId }, { caller }) {
      const { state } = await entry.read(caller, 'read', 'see agents')
      return findAgent(state, agentId)
    },

    async listAgents({ page }, { caller }) {
      const { state } = await entry.read(caller, 'read', 'see agents')
      return pageOf(state.agents, page)
    },

    async updateAgent({ agent, updateMask }, { caller }) {
      const id = agent?.id ?? ''
      const offboardingId = newId()
      const state = await entry.change(caller, 'setup', 'change agents', (before, { who, now }) =>
        followStatus(before, updateAgent(before, who, id, agent ?? {}, updateMask), id, {
          id: offboardingId,
          now,
          startedBy: actorOf(who),
        }),
      )
      return findAgent(state, id)
    },

    async setPresence({ agentId, presence }, { caller }) {
      const id = agentId || caller.id
      const state = await entry.change(
        caller,
        agentId ? 'read' : 'own',
        'set a presence',
        (before, { who }) =>
          setPresence(before, agentToActFor(before, who, id, 'set the presence of others'), presence),
      )
      return findAgent(state, id)
    },

    async getPreferences({ agentId }, { caller }) {
      const permission = caller.type === 'system' ? 'system' : agentId ? 'read' : 'own'
      const { state, who } = await entry.read(caller, permission, 'see preferences')
      const id = agentId || caller.id
      const agent =
        who.type === 'system'
          ? findAgent(state, id)
          : agentToActFor(state, who, id, 'see the preferences of others')
      return preferencesOf(state, agent, await preferences.find(state.accountId, id))
    },

    async getPreferencesOf({ agentIds }, { caller }) {
      if (agentIds.length > MOST_AGENTS)
        throw problems.invalid([{ field: 'agentIds', message: `Ask for at most ${MOST_AGENTS} agents.` }])
      const { state } = await entry.read(caller, 'system', 'see the preferences of many')
      const wanted = new Set(agentIds)
      const agents = state.agents.filter((agent) => wanted.has(agent.id))
      const stored = await preferences.findMany(
        state.accountId,
        agents.map(({ id }) => id),
      )
      const of = agents.map((agent) => [agent.id, preferencesOf(state, agent, stored.get(agent.id) ?? null)])
      return { preferences: Object.fromEntries(of) }
    },

    async setPreferences({ agentId, preferences: chosen }, { caller }) {
      const id = agentId || caller.id
      const decided: { value?: ReturnType<typeof checkPreferences> } = {}
      // Language and zone are the agent's own, and belong to the account; the rest is kept beside it.
      const state = await entry.change(
        caller,
        agentId ? 'read' : 'own',
        'set preferences',
        (before, { who }) => {
          const agent = agentToActFor(before, who, id, 'set the preferences of others')
          decided.value = checkPreferences(before, agent, chosen ?? {})
          const { locale, timeZone } = decided.value
          return withAgent(before, { ...agent, locale, timeZone })
        },
      )
      const { stored } = decided.value!
      await preferences.save(state.accountId, id, stored)
      const { who } = await entry.read(caller, 'read', 'set preferences')
      await accounts.audit(state.accountId, actorOf(who), 'preferences.updated', id, Object.keys(stored))
      return preferencesOf(state, findAgent(state, id), stored)
    },
  }
}

/** The agent that somebody acts for: themselves, or with the right to set up, one who is not above them. */
export function agentToActFor(state: DirectoryState, who: Who, id: string, verb: string): Agent {
  const agent = findAgent(state, id)
  if (!mayActFor(who, agent)) throw problems.forbidden(verb)
  return agent
}
