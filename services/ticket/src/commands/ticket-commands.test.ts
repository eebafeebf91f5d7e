import type { CommandAnswer, CommandEnvelope, Responsibility, TicketView } from '@onus/workflows-contract'
import {
  type Client,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { TicketCommands } from './ticket-commands.ts'

const view = { status: 'open', sequence: 7 } as TicketView
const done: CommandAnswer = { ok: true, ticket: view }
const envelope: CommandEnvelope = {
  commandId: 'c1',
  command: { type: 'take_over', reason: 'Ada is ill' },
  authority: { actor: { type: 'agent', id: 'bob' } },
}

interface Sent {
  how: 'update' | 'update with start'
  name: string
  updateId: string
  args: unknown[]
  fresh?: boolean
}

/** A Temporal client that answers from a script, one step for each attempt. */
function temporal(script: (CommandAnswer | Error)[], sent: Sent[] = []): Client {
  const step = async (): Promise<CommandAnswer> => {
    const next = script.length > 1 ? script.shift() : script[0]
    if (next instanceof Error) throw next
    return next as CommandAnswer
  }
  const workflow = {
    getHandle: () => ({
      executeUpdate: (name: string, options: Sent) => {
        sent.push({ how: 'update', name, updateId: options.updateId, args: options.args })
        return step()
      },
    }),
    executeUpdateWithStart: (
      name: string,
      options: Sent & { startWorkflowOperation: { options: { args: [{ fresh?: boolean }] } } },
    ) => {
      const { updateId, args, startWorkflowOperation } = options
      const { fresh } = startWorkflowOperation.options.args[0]
      sent.push({ how: 'update with start', name, updateId, args, ...(fresh && { fresh }) })
      return step()
    },
  }
  const pass = (_: unknown, work: () => unknown) => work()
  return { workflow, withDeadline: pass, withAbortSignal: pass } as unknown as Client
}

function commands(client: Client, exists = true): TicketCommands {
  return new TicketCommands({
    temporal: client,
    taskQueue: 'tickets',
    tickets: { find: async () => (exists ? ({ ticketId: 't1' } as never) : null) },
  })
}

const soon = (ms = 5000) => ({ deadline: new Date(Date.now() + ms) })
const away = () =>
  new ServiceError('Workflow Update failed', { cause: Object.assign(new Error('no'), { code: 14 }) })
const missing = () => new WorkflowNotFoundError('not found', 'ticket:acme:t1', undefined)

describe('TicketCommands', () => {
  it('sends the command as an update whose id is the command’s', async () => {
    const sent: Sent[] = []
    expect(await commands(temporal([done], sent)).execute('acme', 't1', envelope, soon())).toBe(view)
    expect(sent).toEqual([{ how: 'update', name: 'takeOver', updateId: 'c1', args: [envelope] }])
  })

  it('tries again, as the same update, while the server is away or too busy', async () => {
    const sent: Sent[] = []
    const busy = new ServiceError('Workflow Update failed', {
      cause: Object.assign(new Error('limit'), { code: 8 }),
    })
    const client = temporal([away(), busy, new WorkflowUpdateRPCTimeoutOrCancelledError('late'), done], sent)
    expect(await commands(client).execute('acme', 't1', envelope, soon())).toBe(view)
    expect(sent.map(({ updateId }) => updateId)).toEqual(['c1', 'c1', 'c1', 'c1'])
  })

  it('starts the workflow of a ticket that exists, and nothing for one that does not', async () => {
    const sent: Sent[] = []
    await commands(temporal([missing(), done], sent)).execute('acme', 't1', envelope, soon())
    expect(sent.map(({ how }) => how)).toEqual(['update', 'update with start'])
    const none: Sent[] = []
    const unknown = commands(temporal([missing()], none), false).execute('acme', 't1', envelope, soon())
    await expect(unknown).rejects.toMatchObject({ reason: 'not-found' })
    expect(none.map(({ how }) => how)).toEqual(['update'])
  })

  it('starts a new ticket’s workflow at once, and says when it is certainly new', async () => {
    const sent: Sent[] = []
    const client = temporal([done], sent)
    await commands(client, false).execute('acme', 't1', envelope, soon(), 'create')
    await commands(client, false).execute('acme', 't1', envelope, soon(), 'create-again')
    expect(sent).toMatchObject([{ how: 'update with start', fresh: true }, { how: 'update with start' }])
    expect(sent[1]).not.toHaveProperty('fresh')
  })

  it('sends the command again when the run ended before it answered', async () => {
    const ended = new WorkflowUpdateFailedError(
      'Workflow Update failed',
      ApplicationFailure.create({ type: 'AcceptedUpdateCompletedWorkflow' }),
    )
    const sent: Sent[] = []
    const client = temporal([ended, missing(), done], sent)
    expect(await commands(client).execute('acme', 't1', envelope, soon())).toBe(view)
    expect(sent.map(({ how }) => how)).toEqual(['update', 'update', 'update with start'])
  })

  it('says when nobody answers in time, and that a repeat is safe', async () => {
    const began = Date.now()
    const late = commands(temporal([away()])).execute('acme', 't1', envelope, soon(150))
    await expect(late).rejects.toMatchObject({
      reason: 'unavailable',
      detail: expect.stringContaining('safe'),
    })
    expect(Date.now() - began).toBeLessThan(1000)
  })

  it('stops trying for a caller who has gone', async () => {
    const sent: Sent[] = []
    const gone = { ...soon(), signal: AbortSignal.abort() }
    await expect(
      commands(temporal([done], sent)).execute('acme', 't1', envelope, gone),
    ).rejects.toMatchObject({
      reason: 'unavailable',
    })
    expect(sent).toEqual([])
  })

  it('gives a refusal as the problem that it is', async () => {
    const current = { departmentId: 'billing', agentId: 'ada', revision: 2 } as Responsibility
    const refused: CommandAnswer = {
      ok: false,
      refusal: { reason: 'already-claimed', detail: 'Ada has it.', current },
    }
    await expect(commands(temporal([refused])).execute('acme', 't1', envelope, soon())).rejects.toMatchObject(
      {
        reason: 'already-claimed',
        current,
      },
    )
  })

  it('does not repeat what the ticket could not carry out', async () => {
    const sent: Sent[] = []
    const failed = new WorkflowUpdateFailedError(
      'Workflow Update failed',
      ApplicationFailure.create({ message: 'no' }),
    )
    const command = commands(temporal([failed], sent)).execute('acme', 't1', envelope, soon())
    await expect(command).rejects.toMatchObject({ reason: 'unavailable' })
    expect(sent).toHaveLength(1)
  })
})
