import { randomUUID } from 'node:crypto'
import { connectMongo, type Mongo } from '@onus/kit/mongo'
import type { Entry, LogDocument } from '@onus/workflows-contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { intervalsWithin } from '../reads/export.ts'
import { HistoryStore } from './history.ts'
import { logKey, ticketKey } from './log.ts'

/** Thousands of intervals, written as the worker writes them. */
const TICKETS = 800
const CHANGES = 5
const START = Date.parse('2026-01-01T00:00:00.000Z')
const at = (ticket: number, change: number): string =>
  new Date(START + ticket * 60_000 + change * 3_600_000).toISOString()
const idOf = (ticket: number): string => `t${String(ticket).padStart(5, '0')}`

let mongo: Mongo
let history: HistoryStore

beforeAll(async () => {
  const uri = process.env.MONGODB_URI
  if (!uri) throw new Error('Integration tests need MONGODB_URI.')
  mongo = await connectMongo({ uri, database: `onus_history_${randomUUID().slice(0, 8)}` })
  history = new HistoryStore(mongo.db)
  const log: LogDocument[] = []
  const tickets: { _id: string }[] = []
  for (let ticket = 0; ticket < TICKETS; ticket++) {
    const ticketId = idOf(ticket)
    const account = ticket % 10 === 9 ? 'other' : 'acme'
    for (let change = 0; change < CHANGES; change++) {
      const entry = {
        sequence: change + 2,
        at: at(ticket, change),
        type: 'responsibility.changed',
        actor: { type: 'system' },
        cause: { type: 'assign' },
        to: { departmentId: ticket % 2 ? 'billing' : 'sales', agentId: `agent${change}` },
        revision: change + 1,
      } as Entry
      const created = { ...entry, sequence: 1, type: 'created', revision: undefined, to: undefined } as Entry
      log.push({
        _id: logKey(account, ticketId, change + 1),
        accountId: account,
        ticketId,
        commandNumber: change + 1,
        commandId: `${ticketId}-${change}`,
        commandType: change ? 'assign' : 'create',
        at: entry.at,
        entries: change ? [entry] : [created, entry],
      } as LogDocument)
    }
    tickets.push({
      _id: ticketKey(account, ticketId),
      ...{ accountId: account, ticketId, number: String(ticket), status: 'open', agentId: null },
      // Some summaries are behind their log, by the one command that a dying worker could not write them for.
      ...{
        departmentId: ticket % 2 ? 'billing' : 'sales',
        commandNumber: ticket % 7 ? CHANGES : CHANGES - 1,
      },
    } as never)
  }
  await mongo.db.collection<LogDocument>('log').insertMany(log)
  await mongo.db.collection('tickets').insertMany(tickets as never)
}, 120_000)

afterAll(async () => {
  await mongo?.db.dropDatabase()
  await mongo?.close()
})

async function exported(scope: Parameters<HistoryStore['histories']>[1], period = {}) {
  const found = []
  for await (const each of history.histories('acme', scope))
    found.push({ each, own: intervalsWithin(each, period) })
  return found
}

describe('the history of all tickets', () => {
  it('tiles the life of each of thousands, in the order of their ids', async () => {
    const found = await exported({ kind: 'all' })
    expect(found).toHaveLength((TICKETS * 9) / 10)
    const ids = found.map(({ each }) => each.ticket.ticketId)
    expect(ids).toEqual([...ids].sort())
    for (const { own } of found) {
      expect(own.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5])
      expect(own.map(({ until }) => until)).toEqual([...own.slice(1).map(({ since }) => since), undefined])
    }
  })

  it('is what the scope sees', async () => {
    const found = await exported({ kind: 'departments', departmentIds: ['billing'], agentId: 'ada' })
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ own }) => own.every(({ departmentId }) => departmentId === 'billing'))).toBe(true)
  })

  it('is cut to a period: each moment of it has one holder of each ticket that was there', async () => {
    const from = new Date(START + 2 * 3_600_000)
    const until = new Date(START + 3 * 3_600_000)
    for (const { each, own } of await exported({ kind: 'all' }, { from, until })) {
      const number = Number(each.ticket.number)
      const revisions = own.map(({ revision }) => revision)
      expect(own.length).toBeLessThanOrEqual(2)
      if (number === 0) expect(revisions).toEqual([3])
      else if (number < 60) expect(revisions).toEqual([2, 3])
    }
  })

  it('is read no faster than somebody takes it', async () => {
    const reading = history.histories('acme', { kind: 'all' })
    const first = await reading.next()
    expect(first.value?.ticket.ticketId).toBe(idOf(0))
    await reading.return(undefined)
  })

  it('leaves out what lasted no moment', () => {
    const change = (revision: number, moment: string) =>
      ({
        type: 'responsibility.changed',
        at: moment,
        revision,
        to: { departmentId: 'd', agentId: null },
      }) as Entry
    const changes = [change(1, at(0, 0)), change(2, at(0, 1)), change(3, at(0, 1))]
    expect(intervalsWithin({ changes }, {}).map(({ revision }) => revision)).toEqual([1, 3])
  })
})

describe('the log by time', () => {
  it('has every command of the account once, page by page', async () => {
    const period = { since: at(0, 0), until: new Date(START + 90 * 60_000).toISOString() }
    const seen: string[] = []
    let after: { at: string; key: string } | undefined
    for (;;) {
      const page = await history.log('acme', period, 20, after)
      seen.push(...page.slice(0, 20).map(({ _id }) => _id))
      const last = page[19]
      if (page.length <= 20 || !last) break
      after = { at: last.at, key: last._id }
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.every((key) => key.startsWith('acme:'))).toBe(true)
    // The first commands of tickets 0 to 89 and the second ones of 0 to 29, without every tenth.
    expect(seen).toHaveLength(81 + 27)
  })
})
