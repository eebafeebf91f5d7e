import { newId } from '@onus/kit/ids'
import { TICKETS_QUEUE } from '@onus/workflows-contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NextAttemptStore } from '../store/next-attempts.ts'
import { TicketStore } from '../store/tickets.ts'
import { agentCaller, type Harness, startHarness } from '../testing/harness.ts'
import { TicketCommands } from './ticket-commands.ts'
import { NextToSolve } from './to-solve.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
}, 60_000)
afterAll(() => harness?.close())

/** The service as one of several processes has it: nothing is shared but the stores. */
function process(): NextToSolve {
  const { db, temporal, queuePrefix } = harness.parts
  const tickets = new TicketStore(db)
  const commands = new TicketCommands({ temporal, taskQueue: `${queuePrefix}${TICKETS_QUEUE}`, tickets })
  return new NextToSolve({ tickets, commands, attempts: new NextAttemptStore(db), clock: () => new Date() })
}

it('gives each ticket once to fifty who press at the same moment in two processes, and the others none', async () => {
  const account = harness.account()
  account.department('billing')
  const agents = Array.from({ length: 50 }, (_, at) => account.agent(`agent${at}`, 'agent', 'billing'))
  const tickets = await Promise.all(
    Array.from({ length: 15 }, () =>
      harness.client.createTicket(
        {
          subject: 'Help',
          body: 'Please',
          channel: 'api',
          contact: { email: 'c@example.com' },
          tags: [],
          priority: 'normal',
          commandId: newId(),
        },
        { caller: agentCaller(account, 'agent0') },
      ),
    ),
  )
  const directory = await harness.directory.snapshot(account.id)
  const processes = [process(), process()]
  const given = await Promise.all(
    agents.map((id, at) =>
      processes[at % 2]!.next(agentCaller(account, id), directory, 'now', {
        deadline: new Date(Date.now() + 30_000),
      }),
    ),
  )
  const ids = given.flatMap((next) => (next ? [next.ticket.ticketId] : []))
  expect(ids.toSorted()).toEqual(tickets.map(({ id }) => id).toSorted())
  for (const [at, next] of given.entries())
    if (next) expect(next.view?.responsibility.agentId).toBe(agents[at])
}, 90_000)
