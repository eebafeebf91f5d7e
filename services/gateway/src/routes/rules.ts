import { idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/rules.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { fieldMask, pageJson } from '../mapping/common.ts'
import { ruleJson, ruleProto } from '../mapping/rules.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Rules'

/** Rules, their order and their versions. */
export function ruleRoutes({ rules }: Clients): AnyOperation[] {
  const one = { description: 'The rule.', schema: api.rule }
  return [
    operation({
      id: 'createRule',
      method: 'post',
      path: '/rules',
      tag: TAG,
      summary: 'Create a rule',
      description:
        'At the end of the order if `position` is left out, and active if it does not say otherwise.',
      door: 'account',
      body: api.newRule,
      guard: setupGuard,
      answers: { 201: { ...one, headers: { Location: 'Its path.' } } },
      refusals: ['unknown-reference', 'not-found', 'already-exists'],
      async handle({ body }, { call, commandId }) {
        const made = await rules.createRule({ rule: ruleProto(body), commandId }, call)
        return { status: 201, body: ruleJson(made), headers: { location: `/api/v1/rules/${made.id}` } }
      },
    }),
    operation({
      id: 'listRules',
      method: 'get',
      path: '/rules',
      tag: TAG,
      summary: 'List rules in their order',
      door: 'account',
      query: pageQuery,
      answers: { 200: { description: 'A page of rules.', schema: api.rulePage } },
      async handle({ query }, { call }) {
        return { status: 200, body: pageJson(await rules.listRules({ page: toPage(query) }, call), ruleJson) }
      },
    }),
    operation({
      id: 'setRuleOrder',
      method: 'put',
      path: '/rules/order',
      tag: TAG,
      summary: 'Set the order of all rules',
      door: 'account',
      body: api.ruleOrder,
      guard: setupGuard,
      answers: { 200: { description: 'The rules in their new order.', schema: api.rulePage } },
      refusals: ['unknown-reference', 'not-found'],
      async handle({ body }, { call }) {
        return { status: 200, body: pageJson(await rules.setOrder({ ids: body.ids }, call), ruleJson) }
      },
    }),
    operation({
      id: 'getRule',
      method: 'get',
      path: '/rules/{id}',
      tag: TAG,
      summary: 'Get a rule',
      door: 'account',
      params: idParams,
      answers: { 200: one },
      async handle({ params }, { call }) {
        return { status: 200, body: ruleJson(await rules.getRule({ ruleId: params.id }, call)) }
      },
    }),
    operation({
      id: 'updateRule',
      method: 'patch',
      path: '/rules/{id}',
      tag: TAG,
      summary: 'Change a rule, which makes its next version',
      door: 'account',
      params: idParams,
      body: api.ruleChange,
      guard: setupGuard,
      answers: { 200: one },
      refusals: ['unknown-reference', 'already-exists'],
      async handle({ params, body }, { call }) {
        const changed = await rules.updateRule(
          { rule: { ...ruleProto(body), id: params.id }, updateMask: fieldMask(body) },
          call,
        )
        return { status: 200, body: ruleJson(changed) }
      },
    }),
    operation({
      id: 'deleteRule',
      method: 'delete',
      path: '/rules/{id}',
      tag: TAG,
      summary: 'Delete a rule; its versions stay in the timeline of the tickets it changed',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Deleted.' } },
      async handle({ params }, { call }) {
        await rules.deleteRule({ ruleId: params.id }, call)
        return { status: 204 }
      },
    }),
    operation({
      id: 'listRuleVersions',
      method: 'get',
      path: '/rules/{id}/versions',
      tag: TAG,
      summary: 'List a rule’s versions, newest first',
      door: 'account',
      params: idParams,
      query: pageQuery,
      guard: setupGuard,
      answers: { 200: { description: 'A page of versions.', schema: api.rulePage } },
      async handle({ params, query }, { call }) {
        const found = await rules.listVersions({ ruleId: params.id, page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, ruleJson) }
      },
    }),
  ]
}
