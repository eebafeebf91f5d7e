import { emptyBody, idParams } from '../api/common.ts'
import * as directoryApi from '../api/directory.ts'
import * as api from '../api/leaving.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, type OperationContext, operation } from '../http/operation/operation.ts'
import { delegationJson, leaveJson } from '../mapping/directory.ts'
import { delegationProto, leaveProto, offboardingJson } from '../mapping/leaving.ts'
import { setupGuard } from './guards.ts'

const AGENTS = 'Agents'

/** Agents who are away for a time, agents who leave, and the check that nothing is forgotten by it. */
export function leavingRoutes(clients: Clients): AnyOperation[] {
  return [
    ...leaveRoutes(clients),
    ...delegationRoutes(clients),
    ...offboardingRoutes(clients),
    orphanRoute(clients),
  ]
}

/** Agents for themselves; for others it needs the right to set up. */
const selfGuard = (context: OperationContext, params: { id: string }): void => {
  const { caller } = context
  if (caller.type !== 'agent' || caller.id !== params.id) setupGuard(context)
}

function leaveRoutes({ directory }: Clients): AnyOperation[] {
  const path = '/agents/{id}/leave'
  const common = { path, tag: AGENTS, door: 'account', params: idParams } as const
  const all = { description: 'All leave of the agent, in its order.', schema: directoryApi.leaves }
  const listed = (list: { items: Parameters<typeof leaveJson>[0][]; version: string }) => ({
    items: list.items.map(leaveJson),
    version: list.version,
  })
  const description =
    'A date counts in the agent’s own zone, and the last one is included. Leave ends by itself. Agents say when they are on leave themselves, or an admin does.'
  return [
    operation({
      ...common,
      id: 'getLeave',
      method: 'get',
      summary: 'When is an agent on leave?',
      answers: { 200: all },
      async handle({ params }, { call }) {
        return { status: 200, body: listed(await directory.getLeave({ agentId: params.id }, call)) }
      },
    }),
    operation({
      ...common,
      id: 'setLeave',
      method: 'put',
      summary: 'Say when an agent is on leave, all of it',
      description,
      body: directoryApi.newLeaves,
      guard: selfGuard,
      answers: { 200: all },
      refusals: ['stale-revision'],
      async handle({ params, body }, { call }) {
        const { items, version } = body
        const request = { agentId: params.id, items: items.map(leaveProto), add: false, version }
        return { status: 200, body: listed(await directory.setLeave(request, call)) }
      },
    }),
    operation({
      ...common,
      id: 'addLeave',
      method: 'post',
      summary: 'Add a time of leave',
      description,
      body: directoryApi.newLeave,
      guard: selfGuard,
      answers: { 201: all },
      async handle({ params, body }, { call }) {
        const request = { agentId: params.id, items: [leaveProto(body)], add: true }
        return { status: 201, body: listed(await directory.setLeave(request, call)) }
      },
    }),
    operation({
      ...common,
      id: 'deleteLeave',
      method: 'delete',
      summary: 'Forget all leave of an agent',
      answers: { 204: { description: 'There is none any more.' } },
      async handle({ params }, { call }) {
        await directory.setLeave({ agentId: params.id, items: [], add: false }, call)
        return { status: 204 }
      },
    }),
  ]
}

function delegationRoutes({ directory }: Clients): AnyOperation[] {
  const path = '/agents/{id}/delegation'
  const common = { path, tag: AGENTS, door: 'account', params: idParams } as const
  const one = { description: 'The delegation.', schema: directoryApi.delegation }
  const set = (status: 200 | 201, id: 'setDelegation' | 'createDelegation', method: 'put' | 'post') =>
    operation({
      ...common,
      id,
      method,
      summary: 'Let somebody stand in for an agent for a time',
      description:
        'With `tickets`, the agent’s open tickets and what would come to them go to who stands in, and what is still there comes back at the end. With `notices`, who stands in is told, and nothing moves. Chains are followed; circles are refused. It ends by itself.',
      body: directoryApi.newDelegation,
      guard: selfGuard,
      answers: { [status]: one },
      refusals: ['unknown-reference'],
      async handle({ params, body }, { call }) {
        const request = { agentId: params.id, delegation: delegationProto(body) }
        const { delegation } = await directory.setDelegation(request, call)
        if (!delegation) throw new Error('the directory answered without what it made')
        return { status, body: delegationJson(delegation) }
      },
    })
  return [
    operation({
      ...common,
      id: 'getDelegation',
      method: 'get',
      summary: 'Who stands in for an agent?',
      answers: { 200: one },
      async handle({ params }, { call }) {
        return {
          status: 200,
          body: delegationJson(await directory.getDelegation({ agentId: params.id }, call)),
        }
      },
    }),
    set(200, 'setDelegation', 'put'),
    set(201, 'createDelegation', 'post'),
    operation({
      ...common,
      id: 'deleteDelegation',
      method: 'delete',
      summary: 'End a delegation now',
      answers: { 204: { description: 'Nobody stands in any more.' } },
      async handle({ params }, { call }) {
        await directory.setDelegation({ agentId: params.id }, call)
        return { status: 204 }
      },
    }),
  ]
}

function offboardingRoutes({ directory }: Clients): AnyOperation[] {
  const path = '/agents/{id}/offboarding'
  const common = { tag: AGENTS, door: 'account', params: idParams } as const
  const one = { description: 'The off-boarding as it is now.', schema: api.offboarding }
  const control = (action: 'pause' | 'resume' | 'undo', summary: string, description: string) =>
    operation({
      ...common,
      id: `${action}Offboarding`,
      method: 'post',
      path: `${path}/${action}`,
      summary,
      description,
      body: emptyBody,
      bodyOptional: true,
      guard: setupGuard,
      answers: { 200: one },
      refusals: action === 'undo' ? ['wrong-status', 'already-exists'] : ['wrong-status'],
      async handle({ params }, { call }) {
        const found = await directory.controlOffboarding({ agentId: params.id, action }, call)
        return { status: 200, body: offboardingJson(found) }
      },
    })
  return [
    operation({
      ...common,
      id: 'startOffboarding',
      method: 'post',
      path,
      summary: 'Suspend or remove an agent and move their tickets',
      description:
        'The agent is marked first, so that nothing comes to them any more; then every ticket that they hold moves, one after the other. A department that is not named leaves them to nobody. With `dryRun` it only counts.',
      body: api.newOffboarding,
      guard: setupGuard,
      answers: { 200: one },
      refusals: ['unknown-reference', 'last-owner', 'in-use', 'wrong-status'],
      async handle({ params, body }, { call, commandId }) {
        const request = {
          agentId: params.id,
          dryRun: body.dryRun ?? false,
          status: body.status,
          successors: (body.successors ?? []).map(({ departmentId, agentId, policy }) => ({
            departmentId,
            agentId: agentId ?? undefined,
            policy: policy ?? undefined,
          })),
          commandId,
        }
        return { status: 200, body: offboardingJson(await directory.startOffboarding(request, call)) }
      },
    }),
    operation({
      ...common,
      id: 'getOffboarding',
      method: 'get',
      path,
      summary: 'How far is an agent’s latest off-boarding?',
      answers: { 200: one },
      async handle({ params }, { call }) {
        const found = await directory.getOffboarding({ agentId: params.id }, call)
        return { status: 200, body: offboardingJson(found) }
      },
    }),
    control('pause', 'Pause an off-boarding', 'The agent stays marked; their tickets wait.'),
    control('resume', 'Let a paused off-boarding go on', 'It goes on where it stopped.'),
    control(
      'undo',
      'Take an off-boarding back',
      'The agent is active again, a member where they were, and gets back what is still where the off-boarding put it.',
    ),
  ]
}

const orphanRoute = ({ ticket }: Clients): AnyOperation =>
  operation({
    id: 'checkOrphans',
    method: 'get',
    path: '/operations/orphans',
    tag: 'Operations',
    summary: 'Count the tickets that are held by somebody who may not see them',
    description: 'There must be none. Operators see all accounts, owners and admins their own.',
    door: 'any',
    answers: { 200: { description: 'What was found.', schema: api.orphans } },
    async handle(_, { call }) {
      return { status: 200, body: await ticket.checkOrphans({}, call) }
    },
  })
