import { idParams } from '../api/common.ts'
import * as api from '../api/rule-insight.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { dryRunJson, explanationJson } from '../mapping/rule-insight.ts'
import { ruleProto } from '../mapping/rules.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Rules'

/** Why a rule acted or did not, and what a draft would have done. */
export function ruleInsightRoutes({ ruleInsight }: Clients): AnyOperation[] {
  const run = { description: 'The dry run.', schema: api.dryRun }
  return [
    operation({
      id: 'explainRule',
      method: 'get',
      path: '/rules/{id}/explain',
      tag: TAG,
      summary: 'Say why a rule acted on a ticket, or did not, condition by condition',
      door: 'account',
      params: idParams,
      query: api.explainQuery,
      answers: { 200: { description: 'The explanation.', schema: api.explanation } },
      async handle({ params, query }, { call }) {
        const found = await ruleInsight.explain({ ruleId: params.id, ticketId: query.ticketId }, call)
        return { status: 200, body: explanationJson(found) }
      },
    }),
    operation({
      id: 'startDryRun',
      method: 'post',
      path: '/rules/dry-run',
      tag: TAG,
      summary: 'Try a draft set of rules on past tickets',
      description: 'Changes nothing and tells nobody. The answer names where its progress and result are.',
      door: 'account',
      body: api.newDryRun,
      guard: setupGuard,
      answers: { 202: { ...run, headers: { Location: 'Where progress and result are.' } } },
      refusals: ['unknown-reference', 'too-many-requests'],
      async handle({ body }, { call, commandId }) {
        const { rules, since = '', until = '', limit = 0 } = body
        const started = await ruleInsight.startDryRun(
          {
            commandId,
            rules: rules.map(({ id = '', version = 0, ...rule }) => ({ ...ruleProto(rule), id, version })),
            since,
            until,
            limit,
          },
          call,
        )
        const location = `/api/v1/rules/dry-run/${started.id}`
        return { status: 202, body: dryRunJson(started), headers: { location } }
      },
    }),
    operation({
      id: 'getDryRun',
      method: 'get',
      path: '/rules/dry-run/{id}',
      tag: TAG,
      summary: 'Get a dry run: its progress and what came out so far',
      door: 'account',
      params: idParams,
      answers: { 200: run },
      async handle({ params }, { call }) {
        return { status: 200, body: dryRunJson(await ruleInsight.getDryRun({ id: params.id }, call)) }
      },
    }),
    operation({
      id: 'cancelDryRun',
      method: 'delete',
      path: '/rules/dry-run/{id}',
      tag: TAG,
      summary: 'Cancel a dry run; what came out so far stays',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Cancelled, or over already.' } },
      async handle({ params }, { call }) {
        await ruleInsight.cancelDryRun({ id: params.id }, call)
        return { status: 204 }
      },
    }),
  ]
}
