import { type Command, SWEEP_WORKFLOW, type SweepInput, ticketWorkflowId } from '@onus/workflows-contract'
import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import { CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { WithStartWorkflowOperation } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Installation, newSettings } from './testing/installation.ts'

const team = (): DirectoryPlan => ({
  departments: { billing: {}, sales: {} },
  agents: { ana: { in: ['billing'] }, bob: { in: ['billing'] }, boss: { role: 'admin', in: ['billing'] } },
})

let installation: Installation
beforeAll(async () => {
  installation = await Installation.open(newSettings(team()))
  await Promise.all([installation.runTicketWorker(), installation.runOperationsWorker()])
})
afterAll(async () => {
  await installation?.remove()
})

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('on a real server', () => {
  it('twenty agents claim one ticket at once: one wins, the others are told who', async () => {
    const agents = upTo(20).map((index) => `agent${index}`)
    installation.plan = {
      departments: team().departments,
      agents: Object.fromEntries(agents.map((id) => [id, { in: ['billing'] }])),
    }
    await installation.send('race', installation.envelope(creation(), CONTACT_AUTHORITY))
    const results = await Promise.allSettled(
      agents.map((id) => installation.send('race', installation.envelope({ type: 'claim' }, id))),
    )
    installation.plan = team()
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(won).toHaveLength(1)
    const winner = won[0]?.responsibility.agentId
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ reason: 'already-claimed', current: { agentId: winner } })
  })

  it('continues as new under load, and loses and doubles nothing', async () => {
    const ticketId = 'busy'
    const { accountId, prefix } = installation
    const create = installation.envelope(creation(), CONTACT_AUTHORITY)
    await installation.temporal.client.workflow.executeUpdateWithStart('create', {
      args: [create],
      updateId: create.commandId,
      startWorkflowOperation: new WithStartWorkflowOperation('ticket', {
        workflowId: ticketWorkflowId(accountId, ticketId),
        taskQueue: `${prefix}tickets`,
        args: [{ accountId, ticketId, fresh: true, commandsPerRun: 20 }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }) as never,
    })
    const first = await installation.temporal.client.workflow
      .getHandle(ticketWorkflowId(accountId, ticketId))
      .describe()

    const commands = upTo(150).map((index) => {
      const notes: Command[] = [
        { type: 'note', messageId: `n${index}` },
        { type: 'update', tags: [`tag${index}`] },
      ]
      return installation.envelope(notes[index % 2] as Command, 'boss')
    })
    const waiting = [...commands]
    const client = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const view = await installation.send(ticketId, next)
        // Somebody who got no answer sends it again, perhaps in another run.
        if (Math.random() < 0.2)
          expect((await installation.send(ticketId, next)).sequence).toBe(view.sequence)
      }
    }
    await Promise.all(upTo(10).map(client))

    const documents = await installation.documents(ticketId)
    expect(documents.map(({ commandId }) => commandId).sort()).toEqual(
      [create, ...commands].map(({ commandId }) => commandId).sort(),
    )
    const entries = documents.flatMap((document) => document.entries)
    expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(entries.length))
    const { sequences } = await installation.events(ticketId, entries.length)
    expect(sequences).toEqual(upTo(entries.length))
    const last = await installation.temporal.client.workflow
      .getHandle(ticketWorkflowId(accountId, ticketId))
      .describe()
    expect(last.runId).not.toBe(first.runId)
  }, 120_000)

  it('a closed ticket ends its workflow, and a late reply starts the next run from the log', async () => {
    const ticketId = 'late'
    await installation.send(ticketId, installation.envelope(creation(), CONTACT_AUTHORITY))
    await installation.send(ticketId, installation.envelope({ type: 'answer', messageId: 'a' }, 'ana'))
    const close = installation.envelope({ type: 'close' }, 'boss')
    await installation.send(ticketId, close)
    const workflow = installation.temporal.client.workflow.getHandle(
      ticketWorkflowId(installation.accountId, ticketId),
    )
    await expect
      .poll(async () => (await workflow.describe()).status.name, { timeout: 10_000 })
      .toBe('COMPLETED')
    const repeated = await installation.send(ticketId, close)
    expect(repeated.status).toBe('closed')
    const view = await installation.send(
      ticketId,
      installation.envelope({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY),
    )
    expect(view).toMatchObject({ status: 'open', responsibility: { agentId: 'ana', revision: 2 } })
    expect((await installation.documents(ticketId)).map(({ commandType }) => commandType)).toEqual([
      'create',
      'answer',
      'close',
      'contact_reply',
    ])
  })

  it('finds tickets by who holds them and since when nobody does', async () => {
    await installation.send('listed', installation.envelope(creation(), CONTACT_AUTHORITY))
    const find = async (query: string): Promise<string[]> => {
      const ids: string[] = []
      const account = `OnusAccount = '${installation.accountId}'`
      for await (const { workflowId } of installation.temporal.client.workflow.list({
        query: `${account} AND ${query}`,
      }))
        ids.push(workflowId)
      return ids
    }
    const id = ticketWorkflowId(installation.accountId, 'listed')
    const unclaimed = `OnusDepartment = 'billing' AND OnusUnclaimedSince IS NOT NULL`
    await expect.poll(() => find(unclaimed), { timeout: 10_000 }).toContain(id)
    await installation.send('listed', installation.envelope({ type: 'claim' }, 'ana'))
    await expect
      .poll(() => find(`OnusAgent = 'ana' AND OnusStatus = 'new'`), { timeout: 10_000 })
      .toContain(id)
    expect(await find(unclaimed)).not.toContain(id)
  })

  it('sweeps the tickets of somebody who leaves, closed ones too', async () => {
    const ids = upTo(8).map((index) => `held${index}`)
    await Promise.all(
      ids.map(async (id) => {
        await installation.send(id, installation.envelope(creation(), CONTACT_AUTHORITY))
        await installation.send(id, installation.envelope({ type: 'assign', agentId: 'bob' }, 'boss'))
      }),
    )
    await installation.send('held1', installation.envelope({ type: 'close' }, 'boss'))
    installation.plan = {
      ...team(),
      agents: { ...team().agents, bob: { in: ['billing'], status: 'suspended' } },
    }
    const input: SweepInput = {
      accountId: installation.accountId,
      scope: { agentId: 'bob' },
      sweepId: 'suspended-bob',
      command: { type: 'recheck', because: 'membership_change' },
    }
    await installation.temporal.client.workflow.start(SWEEP_WORKFLOW, {
      workflowId: `sweep:${installation.accountId}:suspended-bob`,
      taskQueue: `${installation.prefix}operations`,
      args: [input],
    })
    const held = () => installation.mongo.db.collection('tickets').countDocuments({ agentId: 'bob' })
    await expect.poll(held, { timeout: 30_000 }).toBe(0)
    installation.plan = team()
    for (const id of ids) {
      const last = (await installation.entries(id)).at(-1)
      expect(last).toMatchObject({ cause: { type: 'membership_change' }, to: { agentId: null } })
    }
  })
})
