import { NOTICE_CHANNELS } from '@onus/workflows-contract/notify'
import type { Notice } from '../api/types.ts'

/** What the account's ledger of notices is narrowed to; an empty text is everything. */
export interface LedgerFilter {
  state: string
  channel: string
  agentId: string
}

export const NOTICE_STATES: readonly Notice['state'][] = [
  'planned',
  'suppressed',
  'sent',
  'retrying',
  'failed',
  'acknowledged',
]

/** As the address says it; what it says and nobody can choose narrows nothing. */
export function readLedgerFilter(search: string, agentIds: readonly string[]): LedgerFilter {
  const query = new URLSearchParams(search)
  const chosen = (name: keyof LedgerFilter, known: readonly string[]) => {
    const value = query.get(name) ?? ''
    return known.includes(value) ? value : ''
  }
  return {
    state: chosen('state', NOTICE_STATES),
    channel: chosen('channel', NOTICE_CHANNELS),
    agentId: chosen('agentId', agentIds),
  }
}

/** The query of the address, which is the API's as well. */
export const ledgerQuery = (filter: LedgerFilter): string =>
  new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== '')).toString()
