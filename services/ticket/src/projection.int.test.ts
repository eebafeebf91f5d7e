import type { LogDocument } from '@onus/workflows-contract'
import { ticketWorkflowId } from '@onus/workflows-contract'
import type { Collection } from 'mongodb'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { TicketDocument } from './store/log.ts'
import type { TestAccount } from './testing/directory.ts'
import { agentCaller, type Harness, startHarness } from './testing/harness.ts'

/** A store that was restored, and workflows that were not, or the other way round. */

let harness: Harness
let account: TestAccount
let tickets: Collection<TicketDocument>
let log: Collection<LogDocument>

beforeAll(async () => {
  harness = await startHarness()
  tickets = harness.parts.db.collection('tickets')
  log = harness.parts.db.collection('log')
}, 180_000)
afterAll(() => harness.close())
beforeEach(() => {
  account = harness.account()
  account.department('billing')
  account.agent('olga', 'owner', 'billing')
  account.agent('ada', 'agent', 'billing')
})

const caller = () => ({ ...agentCaller(account, 'olga'), role: 'owner' as const })
const execute = (ticketId: string, commandId: string, command: object) =>
  harness.client.execute({ ticketId, commandId, command: command as never }, { caller: caller() })
const claim = { $case: 'claim', value: {} }
const release = { $case: 'release', value: {} }

/** Two tickets, each created and claimed. */
async function twoTickets(): Promise<[string, string]> {
  const ids = await Promise.all(
    ['a', 'b'].map(async (commandId) => {
      const { id } = await harness.client.createTicket(
        {
          subject: 's',
          body: 'b',
          channel: 'api',
          priority: 'normal',
          tags: [],
          contact: { name: 'Carla' },
          commandId,
        },
        { caller: caller() },
      )
      await execute(id, `claim-${id}`, claim)
      return id
    }),
  )
  return ids as [string, string]
}

async function check(options: { repair?: boolean; wake?: boolean; followLog?: boolean } = {}, limit = 1) {
  const sum = { tickets: 0, repaired: 0, woken: 0, differences: [] as object[] }
  let cursor: string | undefined
  do {
    const page = await harness.client.checkProjection(
      { page: { limit, cursor: cursor ?? '' }, repair: false, wake: false, followLog: false, ...options },
      { caller: caller() },
    )
    sum.tickets += page.tickets
    sum.repaired += page.repaired
    sum.woken += page.woken
    sum.differences.push(...page.differences.map(({ accountId: _, ...rest }) => rest))
    cursor = page.nextCursor
  } while (cursor)
  return sum
}
const key = (ticketId: string) => `${account.id}:${ticketId}`

it('finds nothing where all is well, page by page, and of this account only', async () => {
  await twoTickets()
  const other = harness.account()
  other.department('billing')
  other.agent('olga', 'owner', 'billing')
  other.agent('ada', 'agent', 'billing')
  account = other
  await twoTickets()
  expect(await check()).toEqual({ tickets: 2, repaired: 0, woken: 0, differences: [] })
})

it('puts summaries right that are behind, gone or changed, and leaves the rest alone', async () => {
  const [behind, gone] = await twoTickets()
  const before = await tickets.find({ accountId: account.id }).sort({ _id: 1 }).toArray()
  const { _id, ...old } = (await tickets.findOne({ _id: key(behind) }))!
  await execute(behind, 'release', release)
  const after = await tickets.findOne({ _id: key(behind) })
  await tickets.replaceOne({ _id }, old)
  await tickets.deleteOne({ _id: key(gone) })
  const found = [
    { ticketId: behind, kind: 'behind', logSequence: 5, sequence: 4, repaired: false },
    { ticketId: gone, kind: 'missing', logSequence: 4, sequence: 0, repaired: false },
  ].sort((one, other) => (one.ticketId < other.ticketId ? -1 : 1))
  expect((await check()).differences).toEqual(found)
  const repaired = await check({ repair: true })
  expect(repaired).toMatchObject({
    repaired: 2,
    differences: found.map((one) => ({ ...one, repaired: true })),
  })
  expect((await check()).differences).toEqual([])
  expect(await tickets.findOne({ _id: key(behind) })).toEqual({ ...after, deadlines: {} })
  // What the customer gave is in no log.
  const back = await tickets.findOne({ _id: key(gone) })
  const was = before.find(({ _id }) => _id === key(gone))!
  expect(back).toMatchObject({
    agentId: was.agentId,
    sequence: was.sequence,
    subject: '',
    contact: { id: '' },
  })

  await tickets.updateOne({ _id: key(behind) }, { $set: { departmentId: 'elsewhere' } })
  expect((await check({ repair: true })).differences).toMatchObject([{ ticketId: behind, kind: 'different' }])
  expect((await tickets.findOne({ _id: key(behind) }))?.departmentId).toBe('billing')
}, 180_000)

it('starts workflows that are missing, and lets those that are behind take over what the log says', async () => {
  const [missing, behind] = await twoTickets()
  const handle = (id: string) => harness.parts.temporal.workflow.getHandle(ticketWorkflowId(account.id, id))
  await handle(missing).terminate('lost')
  const last = (await log.findOne({ _id: `${key(behind)}:2` }))!
  const [entry] = last.entries
  const to = { departmentId: 'billing', agentId: null }
  await log.insertOne({
    ...last,
    _id: `${key(behind)}:3`,
    commandNumber: 3,
    commandId: 'lost',
    commandType: 'release',
    entries: [
      { ...entry!, sequence: entry!.sequence + 1, revision: entry!.revision! + 1, from: entry!.to, to },
    ],
  })
  const done = await check({ repair: true, wake: true })
  expect(done).toMatchObject({ tickets: 2, woken: 2 })
  expect((await handle(missing).describe()).status.name).toBe('RUNNING')
  expect(await handle(behind).query('state')).toMatchObject({ state: { commandNumber: 3 } })
  expect((await check()).differences).toEqual([])
}, 180_000)

it('says which workflows know more than the log, and lets them follow it only when told to', async () => {
  const [ahead] = await twoTickets()
  await execute(ahead, 'release', release)
  await log.deleteOne({ _id: `${key(ahead)}:3` })
  const found = { ticketId: ahead, logSequence: 4, sequence: 5 }
  expect((await check({ repair: true, wake: true })).differences).toEqual([
    { ticketId: ahead, kind: 'ahead', logSequence: 4, sequence: 5, repaired: true },
    { ...found, kind: 'workflow_ahead', repaired: false },
  ])
  const followed = await check({ repair: true, wake: true, followLog: true })
  expect(followed.differences).toContainEqual({ ...found, kind: 'workflow_ahead', repaired: true })
  const again = await execute(ahead, 'release-again', release)
  expect(again).toMatchObject({ sequence: 5, responsibility: { revision: 3 } })
  expect((await check({ wake: true })).differences).toEqual([])
}, 180_000)

it('names summaries that have no log at all', async () => {
  const [one] = await twoTickets()
  await log.deleteMany({ accountId: account.id, ticketId: one })
  expect((await check()).differences).toEqual([
    { ticketId: one, kind: 'no_log', logSequence: 0, sequence: 4, repaired: false },
  ])
})

it('refuses a page of no size, and a cursor of something else', async () => {
  const page = (page: object) =>
    harness.client.checkProjection(
      { page: page as never, repair: false, wake: false, followLog: false },
      { caller: caller() },
    )
  await expect(page({ limit: 500 })).rejects.toThrow(/1 to 200/)
  await expect(page({ limit: 5, cursor: 'abc' })).rejects.toMatchObject({ reason: 'invalid-request' })
})
