import type { DirectoryState } from './model.ts'

/** An authenticated caller, as the gateway signs it on. */
export interface Principal {
  accountId: string
  type: 'agent' | 'api_client'
  id: string
  name: string
  role: string
  scopes: string[]
  apiKeyId?: string
  locale: string
}

/** An active agent of a living account; null for everybody else. */
export function agentPrincipal(
  state: DirectoryState,
  agentId: string,
  via: { scopes: string[]; apiKeyId?: string } = { scopes: [] },
): Principal | null {
  const agent = state.agents.find((one) => one.id === agentId)
  if (state.deletedAt || agent?.status !== 'active') return null
  const { id, name, role, locale } = agent
  return { accountId: state.accountId, type: 'agent', id, name, role, locale, ...via }
}

/** Who a key stands for; null when it is gone, or its agent is. */
export function keyPrincipal(state: DirectoryState, keyId: string): Principal | null {
  const key = state.apiKeys.find((one) => one.id === keyId)
  if (!key || state.deletedAt) return null
  const via = { scopes: key.scopes, apiKeyId: key.id }
  if (key.agentId) return agentPrincipal(state, key.agentId, via)
  const { locale } = state.settings
  return {
    accountId: state.accountId,
    type: 'api_client',
    id: key.id,
    name: key.name,
    role: '',
    locale,
    ...via,
  }
}
