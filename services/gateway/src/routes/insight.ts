import * as api from '../api/insight.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { claimsJson, flowsJson, openWorkJson } from '../mapping/insight.ts'
import { readerGuard } from './guards.ts'

const TAG = 'Insight'
const SIGHT = 'An agent sees the departments they belong to; owners and admins all.'

/** Figures about responsibility, each with the way to its tickets. */
export function insightRoutes({ insight }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'getOpenWork',
      method: 'get',
      path: '/insight/responsibility',
      tag: TAG,
      summary: 'Say who is responsible for how much now, and how long what nobody has is unclaimed',
      description: SIGHT,
      door: 'account',
      query: api.noQuery,
      guard: readerGuard,
      answers: { 200: { description: 'The open work.', schema: api.openWork } },
      async handle(_, { call }) {
        return { status: 200, body: openWorkJson(await insight.getOpenWork({}, call)) }
      },
    }),
    operation({
      id: 'getClaimTimes',
      method: 'get',
      path: '/insight/claims',
      tag: TAG,
      summary: 'Say how long tickets waited until an agent had them, by department and day',
      description: `Days are those of the account’s time zone. ${SIGHT}`,
      door: 'account',
      query: api.periodQuery,
      guard: readerGuard,
      answers: { 200: { description: 'The times to claim.', schema: api.claims } },
      async handle({ query }, { call }) {
        return { status: 200, body: claimsJson(await insight.getClaims(query, call)) }
      },
    }),
    operation({
      id: 'getDepartmentFlows',
      method: 'get',
      path: '/insight/flows',
      tag: TAG,
      summary: 'Say how tickets moved between departments, and how many came back',
      description: `Days are those of the account’s time zone. ${SIGHT}`,
      door: 'account',
      query: api.periodQuery,
      guard: readerGuard,
      answers: { 200: { description: 'The flows.', schema: api.flows } },
      async handle({ query }, { call }) {
        return { status: 200, body: flowsJson(await insight.getFlows(query, call)) }
      },
    }),
  ]
}
