import { z } from '@hono/zod-openapi'
import { emptyBody } from '../api/common.ts'
import * as api from '../api/directory.ts'
import { ticket as ticketSchema, toSolve } from '../api/tickets.ts'
import type { Clients } from '../clients.ts'
import type { LiveEvents } from '../events/live.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { present } from '../mapping/common.ts'
import { agentJson, preferencesJson, preferencesProto } from '../mapping/directory.ts'
import { ticketJson } from '../mapping/tickets.ts'
import { moveDigests } from './digests.ts'
import { personGuard } from './guards.ts'

const TAG = 'Me'

/** What belongs to the caller in person. */
export function meRoutes({ directory, ticket, notification }: Clients, live: LiveEvents): AnyOperation[] {
  return [
    operation({
      id: 'getMe',
      method: 'get',
      path: '/me',
      tag: TAG,
      summary: 'Who am I?',
      door: 'account',
      answers: { 200: { description: 'The caller.', schema: api.me } },
      async handle(_, { caller, call }) {
        const { type, id, name, accountId, scopes, role, locale } = caller
        const self = present({ type, id, name, accountId, scopes, role, locale })
        if (type !== 'agent') return { status: 200, body: self }
        const agent = agentJson(await directory.getAgent({ agentId: id }, call))
        return { status: 200, body: { ...self, ...agent } }
      },
    }),
    operation({
      id: 'setMyPresence',
      method: 'put',
      path: '/me/presence',
      tag: TAG,
      summary: 'Say whether I am here; kept until it is changed',
      door: 'account',
      body: api.presenceChange,
      guard: personGuard,
      answers: { 200: { description: 'The agent.', schema: api.agent } },
      refusals: ['not-found'],
      async handle({ body }, context) {
        personGuard(context)
        return { status: 200, body: agentJson(await directory.setPresence(body, context.call)) }
      },
    }),
    operation({
      id: 'getMyPreferences',
      method: 'get',
      path: '/me/preferences',
      tag: TAG,
      summary: 'Get my notification preferences',
      door: 'account',
      guard: personGuard,
      answers: { 200: { description: 'The preferences.', schema: api.preferences } },
      refusals: ['not-found'],
      async handle(_, context) {
        personGuard(context)
        return { status: 200, body: preferencesJson(await directory.getPreferences({}, context.call)) }
      },
    }),
    operation({
      id: 'setMyPreferences',
      method: 'put',
      path: '/me/preferences',
      tag: TAG,
      summary: 'Set my notification preferences',
      door: 'account',
      body: api.preferences,
      guard: personGuard,
      answers: { 200: { description: 'The preferences.', schema: api.preferences } },
      refusals: ['unknown-reference', 'not-found'],
      async handle({ body }, context) {
        personGuard(context)
        const set = await directory.setPreferences({ preferences: preferencesProto(body) }, context.call)
        await moveDigests(notification, context)
        return { status: 200, body: preferencesJson(set) }
      },
    }),
    operation({
      id: 'getToSolve',
      method: 'get',
      path: '/me/to-solve',
      tag: TAG,
      summary: 'The tickets that need me, the most urgent first',
      door: 'account',
      query: z.strictObject({
        limit: z
          .string()
          .regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'Must be a whole number from 1 to 200.')
          .transform(Number)
          .optional()
          .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50 }),
      }),
      guard: personGuard,
      answers: { 200: { description: 'The counts and the first tickets.', schema: toSolve } },
      refusals: ['not-found'],
      async handle({ query }, context) {
        personGuard(context)
        const found = await ticket.getToSolve({ limit: query.limit ?? 50 }, context.call)
        const { count, assignedToMe, unassigned, items } = found
        return { status: 200, body: { count, assignedToMe, unassigned, items: items.map(ticketJson) } }
      },
    }),
    operation({
      id: 'nextToSolve',
      method: 'post',
      path: '/me/to-solve/next',
      tag: TAG,
      summary: 'Give me the next ticket',
      description: 'Claimed for the caller; two agents never get the same.',
      door: 'account',
      body: emptyBody,
      bodyOptional: true,
      guard: personGuard,
      answers: {
        200: { description: 'The ticket, now the caller’s.', schema: ticketSchema },
        204: { description: 'There is none.' },
      },
      refusals: ['not-found'],
      async handle(_, context) {
        personGuard(context)
        const { ticket: next } = await ticket.nextToSolve({ commandId: context.commandId }, context.call)
        return next ? { status: 200, body: ticketJson(next) } : { status: 204 }
      },
    }),
    operation({
      id: 'streamMyEvents',
      method: 'get',
      path: '/me/events',
      tag: TAG,
      summary: 'Follow what happens, as server-sent events',
      description:
        'Events: `ready` (the stream begins), `ticket` (an event of a ticket that the caller may see), `ticket.gone` (a ticket has left the caller’s sight), `notification` (a notice of the caller changed), `viewers` (who else looks at a ticket that the caller says they look at, as `GET /tickets/{id}/viewers` has it), `resync` (something was missed: load again). Data of `ticket` and `notification` is a CloudEvent as JSON. Send `Last-Event-ID` to go on where a stream broke.',
      door: 'account',
      guard: personGuard,
      streams: true,
      answers: {
        200: { description: 'The stream.', mediaType: 'text/event-stream', schema: z.unknown() },
      },
      handle(_, context) {
        personGuard(context)
        return live.open(context)
      },
    }),
  ]
}
