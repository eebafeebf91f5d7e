import { idParams } from '../api/common.ts'
import * as api from '../api/viewers.ts'
import type { Clients } from '../clients.ts'
import {
  type AnyOperation,
  type Call,
  type OperationContext,
  operation,
} from '../http/operation/operation.ts'
import type { Viewers } from '../viewers/viewers.ts'
import { personGuard, ticketGuard } from './guards.ts'

const TAG = 'Tickets'

/** Who else looks at a ticket, and who writes. Nothing of it is kept: it is no part of the ticket. */
export function viewerRoutes({ ticket }: Clients, viewers: Viewers): AnyOperation[] {
  const list = { description: 'Who looks at the ticket, the caller among them.', schema: api.viewers }
  const mustSee = (ticketId: string, call: Call) => ticket.checkAccess({ ticketId, verb: 'see' }, call)
  const guard = async (context: OperationContext, params: { id: string }, body: unknown) => {
    personGuard(context)
    await ticketGuard(ticket, 'see')(context, params, body)
  }
  return [
    operation({
      id: 'listViewers',
      method: 'get',
      path: '/tickets/{id}/viewers',
      tag: TAG,
      summary: 'Who looks at a ticket, and who writes an answer?',
      description:
        'Those who look at it are told of every change by the event `viewers` of `GET /me/events`.',
      door: 'account',
      params: idParams,
      answers: { 200: list },
      async handle({ params }, { caller, call }) {
        await mustSee(params.id, call)
        return { status: 200, body: { items: await viewers.of(caller.accountId, params.id) } }
      },
    }),
    operation({
      id: 'setMyViewing',
      method: 'put',
      path: '/tickets/{id}/viewers/me',
      tag: TAG,
      summary: 'Say that I look at a ticket, or write',
      description: 'Holds for 30 seconds: say it again every 10. It leaves no trace in the ticket.',
      door: 'account',
      params: idParams,
      body: api.viewersChange,
      guard,
      answers: { 200: list },
      async handle({ params, body }, context) {
        personGuard(context)
        await mustSee(params.id, context.call)
        const { state, client = '' } = body
        return { status: 200, body: { items: await viewers.enter(context.caller, params.id, client, state) } }
      },
    }),
    operation({
      id: 'endMyViewing',
      method: 'delete',
      path: '/tickets/{id}/viewers/me',
      tag: TAG,
      summary: 'Say that I look at a ticket no more',
      door: 'account',
      params: idParams,
      query: api.viewerQuery,
      guard,
      answers: { 204: { description: 'Told to the others.' } },
      async handle({ params, query }, context) {
        personGuard(context)
        await mustSee(params.id, context.call)
        await viewers.leave(context.caller, params.id, query.client ?? '')
        return { status: 204 }
      },
    }),
  ]
}
