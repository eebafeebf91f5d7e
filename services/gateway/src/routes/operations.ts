import { idParams } from '../api/common.ts'
import * as api from '../api/operations.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import type { LookAtInstallation } from '../operations/installation.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Operations'

/** For those who operate an installation: how it is, and what puts it right. */
export function operationRoutes({ ticket }: Clients, look: LookAtInstallation): AnyOperation[] {
  return [
    operation({
      id: 'getInstallation',
      method: 'get',
      path: '/operations/status',
      tag: TAG,
      summary: 'How are the parts of the installation?',
      description:
        'What each service says about itself, how far consumers of events are behind, and what they parked. It answers also when something is down: then it says what.',
      door: 'operator',
      answers: { 200: { description: 'The installation as it is now.', schema: api.installation } },
      async handle(_, { call }) {
        return { status: 200, body: await look(call) }
      },
    }),
    operation({
      id: 'checkProjection',
      method: 'post',
      path: '/operations/projection',
      tag: TAG,
      summary: 'Compare what lists read with the log of the tickets, a page at a time',
      description:
        'The log is the truth; summaries and workflows follow it. With `repair` and `wake` they are put right, which may be done any number of times. Operators check all accounts, owners and admins their own. Ask again with `nextCursor` until there is none.',
      door: 'any',
      body: api.projectionCheck,
      guard: (context) => {
        if (context.caller.type !== 'operator') setupGuard(context)
      },
      answers: { 200: { description: 'What a page of tickets showed.', schema: api.projectionPage } },
      async handle({ body }, { call }) {
        const { accountId, repair = false, wake = false, followLog = false, limit = 50, cursor = '' } = body
        const found = await ticket.checkProjection(
          { page: { limit, cursor }, accountId, repair, wake, followLog },
          call,
        )
        return { status: 200, body: { ...found, nextCursor: found.nextCursor ?? null } }
      },
    }),
    operation({
      id: 'republishEvents',
      method: 'post',
      path: '/tickets/{id}/events/republish',
      tag: TAG,
      summary: 'Publish a ticket’s events to Kafka again',
      description:
        'Made of the history, under the ids that they had the first time, so that who deduplicates sees nothing new. For webhooks there is their own replay.',
      door: 'account',
      params: idParams,
      body: api.newRepublication,
      bodyOptional: true,
      guard: setupGuard,
      answers: { 200: { description: 'What was published.', schema: api.republication } },
      async handle({ params, body }, { call, commandId }) {
        const { fromSequence = 1 } = body
        const request = { ticketId: params.id, fromSequence, commandId }
        return { status: 200, body: await ticket.republishEvents(request, call) }
      },
    }),
  ]
}
