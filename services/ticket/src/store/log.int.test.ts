import { connectMongo, type Mongo } from '@onus/kit/mongo'
import type { LogDocument, TicketState } from '@onus/workflows-contract'
import { Story } from '@onus/workflows-ticket/testing/story'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTicketLog, logKey, type TicketLog } from './log.ts'

let mongo: Mongo
let log: TicketLog
beforeAll(async () => {
  const database = `log${Date.now().toString(36)}`
  mongo = await connectMongo({ uri: process.env.MONGODB_URI ?? '', database })
  log = createTicketLog(mongo.db)
})
afterAll(async () => {
  await mongo?.close()
})

const document = (ticketId: string, commandNumber: number, commandId = `c${commandNumber}`): LogDocument => ({
  _id: logKey('acme', ticketId, commandNumber),
  accountId: 'acme',
  ticketId,
  commandNumber,
  commandId,
  commandType: 'note',
  at: '2026-03-02T09:00:00.000Z',
  entries: [],
})

const stateOf = (ticketId: string, sequence: number): TicketState => {
  const story = new Story({ departments: { billing: {} }, agents: { ana: {}, bob: {} } }).create({
    fields: { 'a b': [{ c: null }] },
  })
  return { ...story.ticket, ticketId, sequence }
}

it('takes a number once, however many ask for it at once', async () => {
  const taken = await Promise.all(
    Array.from({ length: 20 }, (_, index) => log.append(document('race', 1, `c${index}`))),
  )
  expect(taken.filter(Boolean)).toHaveLength(1)
  expect(await log.read('acme', 'race', 1, 5)).toHaveLength(1)
})

it('reads a long log to its end, in order, and nobody else’s', async () => {
  for (let number = 1; number <= 205; number += 1) await log.append(document('long', number))
  await log.append(document('longer', 1))
  const numbers = (await log.readFrom('acme', 'long', 4)).map(({ commandNumber }) => commandNumber)
  expect(numbers).toEqual(Array.from({ length: 202 }, (_, index) => index + 4))
  expect(await log.read('acme', 'long', 3, 2)).toEqual([])
})

it('never lets an older summary take the place of a newer one', async () => {
  await log.summarize(stateOf('summed', 9), {})
  await log.summarize(stateOf('summed', 7), {})
  expect(await log.summary('acme', 'summed')).toMatchObject({ sequence: 9 })
  const moved = { claimDueAt: '2026-03-02T10:00:00.000Z', claimThen: 'notify' } as const
  await log.summarize(stateOf('summed', 9), moved)
  expect(await log.summary('acme', 'summed')).toMatchObject({ dueAt: moved.claimDueAt, deadlines: moved })
})

it('keeps the seed with its summary, and shows nothing before the log has the ticket', async () => {
  const seed = { subject: 'Invoice', contact: { id: 'c1', email: 'carla@example.org' }, search: 'invoice' }
  await log.seed('acme', 'seeded', seed)
  await log.seed('acme', 'seeded', { ...seed, subject: 'Another' })
  expect(await log.summary('acme', 'seeded')).toBeNull()
  const state = stateOf('seeded', 3)
  await log.summarize(state, {})
  const summary = await log.summary('acme', 'seeded')
  expect(summary).toMatchObject({ subject: 'Invoice', contact: seed.contact, accountId: 'acme' })
  expect(summary?.state).toEqual(state)
})
