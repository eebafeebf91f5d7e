import { idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/directory.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { fieldMask, pageJson } from '../mapping/common.ts'
import {
  agentJson,
  agentProto,
  auditJson,
  departmentJson,
  departmentProto,
  preferencesJson,
  preferencesProto,
  settingsJson,
  settingsProto,
} from '../mapping/directory.ts'
import { moveDigests } from './digests.ts'
import { setupGuard } from './guards.ts'

/** The account's settings, departments, agents and audit. */
export function directoryRoutes(clients: Clients): AnyOperation[] {
  return [...settingsRoutes(clients), ...departmentRoutes(clients), ...agentRoutes(clients)]
}

function settingsRoutes({ directory }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'getSettings',
      method: 'get',
      path: '/settings',
      tag: 'Settings',
      summary: 'Get the account’s settings',
      door: 'account',
      answers: { 200: { description: 'The settings.', schema: api.settings } },
      async handle(_, { call }) {
        return { status: 200, body: settingsJson(await directory.getSettings({}, call)) }
      },
    }),
    operation({
      id: 'updateSettings',
      method: 'patch',
      path: '/settings',
      tag: 'Settings',
      summary: 'Change the account’s settings',
      description: 'Timers that already run move with the settings they are made from.',
      door: 'account',
      body: api.settingsChange,
      guard: setupGuard,
      answers: { 200: { description: 'The settings.', schema: api.settings } },
      refusals: ['unknown-reference', 'not-found'],
      async handle({ body }, { call }) {
        const changed = await directory.updateSettings(
          { settings: settingsProto(body), updateMask: fieldMask(body) },
          call,
        )
        return { status: 200, body: settingsJson(changed) }
      },
    }),
    operation({
      id: 'listAudit',
      method: 'get',
      path: '/audit',
      tag: 'Settings',
      summary: 'List who changed what in the account’s set-up, newest first',
      door: 'account',
      query: api.auditQuery,
      guard: setupGuard,
      answers: { 200: { description: 'A page of entries.', schema: api.auditPage } },
      async handle({ query }, { call }) {
        const { actorId, entityId, action } = query
        // Kept in UTC, and compared as texts.
        const [since, until] = [query.since, query.until].map((at) => at && new Date(at).toISOString())
        const request = { page: toPage(query), actorId, entityId, action, since, until }
        return { status: 200, body: pageJson(await directory.listAudit(request, call), auditJson) }
      },
    }),
  ]
}

function departmentRoutes({ directory }: Clients): AnyOperation[] {
  const tag = 'Departments'
  const one = { description: 'The department.', schema: api.department }
  return [
    operation({
      id: 'createDepartment',
      method: 'post',
      path: '/departments',
      tag,
      summary: 'Create a department',
      door: 'account',
      body: api.newDepartment,
      guard: setupGuard,
      answers: { 201: { ...one, headers: { Location: 'Its path.' } } },
      refusals: ['address-taken', 'already-exists', 'unknown-reference', 'not-found'],
      async handle({ body }, { call, commandId }) {
        const made = await directory.createDepartment({ department: departmentProto(body), commandId }, call)
        return {
          status: 201,
          body: departmentJson(made),
          headers: { location: `/api/v1/departments/${made.id}` },
        }
      },
    }),
    operation({
      id: 'listDepartments',
      method: 'get',
      path: '/departments',
      tag,
      summary: 'List departments',
      door: 'account',
      query: pageQuery,
      answers: { 200: { description: 'A page of departments.', schema: api.departmentPage } },
      async handle({ query }, { call }) {
        const found = await directory.listDepartments({ page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, departmentJson) }
      },
    }),
    operation({
      id: 'getDepartment',
      method: 'get',
      path: '/departments/{id}',
      tag,
      summary: 'Get a department',
      door: 'account',
      params: idParams,
      answers: { 200: one },
      async handle({ params }, { call }) {
        return {
          status: 200,
          body: departmentJson(await directory.getDepartment({ departmentId: params.id }, call)),
        }
      },
    }),
    operation({
      id: 'updateDepartment',
      method: 'patch',
      path: '/departments/{id}',
      tag,
      summary: 'Change a department',
      description: '`hours` and `claimTimeout` are removed by null. Timers that already run move.',
      door: 'account',
      params: idParams,
      body: api.departmentChange,
      guard: setupGuard,
      answers: { 200: one },
      refusals: ['address-taken', 'already-exists', 'unknown-reference'],
      async handle({ params, body }, { call }) {
        const changed = await directory.updateDepartment(
          { department: { ...departmentProto(body), id: params.id }, updateMask: fieldMask(body) },
          call,
        )
        return { status: 200, body: departmentJson(changed) }
      },
    }),
    operation({
      id: 'deleteDepartment',
      method: 'delete',
      path: '/departments/{id}',
      tag,
      summary: 'Delete a department that nothing needs any more',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Deleted.' } },
      refusals: ['in-use'],
      async handle({ params }, { call }) {
        await directory.deleteDepartment({ departmentId: params.id }, call)
        return { status: 204 }
      },
    }),
  ]
}

function agentRoutes({ directory, notification }: Clients): AnyOperation[] {
  const tag = 'Agents'
  const one = { description: 'The agent.', schema: api.agent }
  return [
    operation({
      id: 'createAgent',
      method: 'post',
      path: '/agents',
      tag,
      summary: 'Create an agent',
      description: 'Nobody gives a role above their own.',
      door: 'account',
      body: api.newAgent,
      guard: setupGuard,
      answers: { 201: { ...one, headers: { Location: 'Its path.' } } },
      refusals: ['address-taken', 'already-exists', 'unknown-reference', 'not-found'],
      async handle({ body }, { call, commandId }) {
        const made = await directory.createAgent({ agent: agentProto(body), commandId }, call)
        return { status: 201, body: agentJson(made), headers: { location: `/api/v1/agents/${made.id}` } }
      },
    }),
    operation({
      id: 'listAgents',
      method: 'get',
      path: '/agents',
      tag,
      summary: 'List agents',
      door: 'account',
      query: pageQuery,
      answers: { 200: { description: 'A page of agents.', schema: api.agentPage } },
      async handle({ query }, { call }) {
        return {
          status: 200,
          body: pageJson(await directory.listAgents({ page: toPage(query) }, call), agentJson),
        }
      },
    }),
    operation({
      id: 'getAgent',
      method: 'get',
      path: '/agents/{id}',
      tag,
      summary: 'Get an agent',
      door: 'account',
      params: idParams,
      answers: { 200: one },
      async handle({ params }, { call }) {
        return { status: 200, body: agentJson(await directory.getAgent({ agentId: params.id }, call)) }
      },
    }),
    operation({
      id: 'updateAgent',
      method: 'patch',
      path: '/agents/{id}',
      tag,
      summary: 'Change an agent',
      description: 'An agent who is suspended, removed or dropped from a department keeps no ticket there.',
      door: 'account',
      params: idParams,
      body: api.agentChange,
      guard: setupGuard,
      answers: { 200: one },
      refusals: ['address-taken', 'already-exists', 'last-owner', 'unknown-reference', 'wrong-status'],
      async handle({ params, body }, { call }) {
        const changed = await directory.updateAgent(
          { agent: { ...agentProto(body), id: params.id }, updateMask: fieldMask(body) },
          call,
        )
        return { status: 200, body: agentJson(changed) }
      },
    }),
    operation({
      id: 'getAgentPreferences',
      method: 'get',
      path: '/agents/{id}/preferences',
      tag,
      summary: 'Get an agent’s notification preferences',
      door: 'account',
      params: idParams,
      answers: { 200: { description: 'The preferences.', schema: api.preferences } },
      async handle({ params }, { call }) {
        const found = await directory.getPreferences({ agentId: params.id }, call)
        return { status: 200, body: preferencesJson(found) }
      },
    }),
    operation({
      id: 'setAgentPreferences',
      method: 'put',
      path: '/agents/{id}/preferences',
      tag,
      summary: 'Set an agent’s notification preferences',
      door: 'account',
      params: idParams,
      body: api.preferences,
      guard: setupGuard,
      answers: { 200: { description: 'The preferences.', schema: api.preferences } },
      refusals: ['unknown-reference'],
      async handle({ params, body }, context) {
        const { call } = context
        const set = await directory.setPreferences(
          { agentId: params.id, preferences: preferencesProto(body) },
          call,
        )
        await moveDigests(notification, context, params.id)
        return { status: 200, body: preferencesJson(set) }
      },
    }),
  ]
}
