import { describe, expect, it } from 'vitest'
import { ledgerQuery, readLedgerFilter } from './ledger-model.ts'

describe('the filter of the ledger', () => {
  it('is the same in the address and in the call', () => {
    const filter = { state: 'failed', channel: 'in_app', agentId: 'sam' }
    expect(ledgerQuery(filter)).toBe('state=failed&channel=in_app&agentId=sam')
    expect(readLedgerFilter(ledgerQuery(filter), ['sam'])).toEqual(filter)
    expect(ledgerQuery({ ...filter, state: '', agentId: '' })).toBe('channel=in_app')
  })

  it('takes nothing from an address that nobody can choose', () => {
    const nothing = { state: '', channel: '', agentId: '' }
    expect(readLedgerFilter('?state=lost&channel=pigeon&agentId=gone&cursor=x', ['sam'])).toEqual(nothing)
    expect(ledgerQuery(nothing)).toBe('')
  })
})
