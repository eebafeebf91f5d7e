import { createHash, createHmac } from 'node:crypto'
import { Problem, problems } from '@onus/kit/problems'
import { allows, reaches, type Who } from './access.ts'
import { FieldErrors, line } from './fields.ts'
import { AGENT_KEY_SCOPES, API_CLIENT_SCOPES, type ApiKey, type DirectoryState } from './model.ts'

/** API keys: who may make which one, and how a secret is made and known again. */

const PREFIX = 'onus_'

/**
 * The secret of a key, made from the installation's own key and the key's id, so that a repeated request
 * shows the same secret although it is stored nowhere. Of several keys of the installation it is the first.
 */
export const keySecret = (internalKeys: string, accountId: string, keyId: string): string =>
  PREFIX +
  createHmac('sha256', internalKeys.split(',').find(Boolean) ?? '')
    .update(JSON.stringify(['api-key', accountId, keyId]))
    .digest('base64url')

/** What a secret is stored and looked up as. It has 256 random bits, so a plain hash is enough. */
export const hashOfKey = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** The part of a secret that is shown again, to recognise it by. */
export const hintOfKey = (secret: string): string => secret.slice(0, PREFIX.length + 4)

export interface NewKey {
  name: string
  agentId?: string
  scopes: string[]
}

/**
 * A plain agent makes keys for themselves, an admin for everybody who is not above them. A key without an
 * agent makes keys without an agent, and gives no scope that it has not itself.
 */
export function createKey(
  state: DirectoryState,
  who: Who,
  input: NewKey,
  given: { id: string; hint: string; now: string },
): DirectoryState {
  const agentId = input.agentId || undefined
  const agent = agentId ? state.agents.find((one) => one.id === agentId) : undefined
  refuseKey(who, agentId, input.scopes)
  if (agent && who.id !== agent.id && !reaches(who, agent.role)) {
    throw problems.forbidden(`make a key for an ${agent.role}`)
  }
  const errors = new FieldErrors()
  const name = line(input.name, 'name', errors)
  const allowed: readonly string[] = agentId ? AGENT_KEY_SCOPES : API_CLIENT_SCOPES
  input.scopes.forEach((scope, at) => {
    if (!allowed.includes(scope)) errors.add(`scopes[${at}]`, `Use some of ${allowed.join(', ')}.`)
  })
  if (!agentId && !input.scopes.length) {
    errors.add('scopes', `Name an agentId, or some scopes of ${allowed.join(', ')}.`)
  }
  if (agentId && !agent) errors.addUnknown('agentId', 'There is no such agent.')
  else if (agent && agent.status !== 'active') errors.addUnknown('agentId', `"${agent.name}" is not active.`)
  errors.throwIfAny()
  const key: ApiKey = {
    id: given.id,
    name,
    ...(agentId && { agentId }),
    scopes: [...new Set(input.scopes)],
    createdAt: given.now,
    hint: given.hint,
  }
  return { ...state, apiKeys: [...state.apiKeys, key] }
}

function refuseKey(who: Who, agentId: string | undefined, scopes: string[]): void {
  if (who.type === 'api_client') {
    if (agentId) throw problems.forbidden('make a key that acts as an agent')
    const more = scopes.find((scope) => !who.scopes.includes(scope))
    if (more !== undefined) throw problems.forbidden('give a scope that you have not yourself')
    return
  }
  if (allows(who, 'setup')) return
  if (agentId !== who.id) throw problems.forbidden('make keys for others')
  if (scopes.length) throw problems.forbidden('make keys with more rights than your own')
}

/** The keys that this caller may see: all for who sets up, one's own for everybody. */
export const visibleKeys = (state: DirectoryState, who: Who): ApiKey[] =>
  allows(who, 'read_setup')
    ? state.apiKeys
    : state.apiKeys.filter((key) => key.agentId !== undefined && key.agentId === who.id)

export function deleteKey(state: DirectoryState, who: Who, id: string): DirectoryState {
  const key = visibleKeys(state, who).find((one) => one.id === id)
  if (!key) throw problems.notFound('API key', id)
  const holder = state.agents.find((one) => one.id === key.agentId)
  if (holder ? holder.id !== who.id && !mayDelete(who, holder.role) : !allows(who, 'setup')) {
    throw problems.forbidden('delete this key')
  }
  return {
    ...state,
    apiKeys: state.apiKeys.filter((one) => one.id !== id),
    revokedKeys: [...state.revokedKeys, id],
  }
}

const mayDelete = (who: Who, role: 'owner' | 'admin' | 'agent'): boolean =>
  allows(who, 'setup') && reaches(who, role)

/** A deleted key is not made again by a repeat of the request that made it. */
export function refuseRevoked(state: DirectoryState, id: string): void {
  if (!state.revokedKeys.includes(id)) return
  throw new Problem('already-exists', 'The key that this request made was deleted. Ask for a new one.')
}
