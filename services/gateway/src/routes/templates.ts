import { idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/templates.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { fieldMask, pageJson } from '../mapping/common.ts'
import { templateJson } from '../mapping/rule-insight.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Templates'

/** Texts for answers, by rules and by agents. */
export function templateRoutes({ templates }: Clients): AnyOperation[] {
  const one = { description: 'The template.', schema: api.template }
  return [
    operation({
      id: 'createTemplate',
      method: 'post',
      path: '/templates',
      tag: TAG,
      summary: 'Create a template',
      door: 'account',
      body: api.newTemplate,
      guard: setupGuard,
      answers: { 201: { ...one, headers: { Location: 'Its path.' } } },
      refusals: ['not-found'],
      async handle({ body }, { call, commandId }) {
        const template = templateProto(body)
        const made = await templates.createTemplate({ template, commandId }, call)
        return {
          status: 201,
          body: templateJson(made),
          headers: { location: `/api/v1/templates/${made.id}` },
        }
      },
    }),
    operation({
      id: 'listTemplates',
      method: 'get',
      path: '/templates',
      tag: TAG,
      summary: 'List templates by name',
      door: 'account',
      query: pageQuery,
      answers: { 200: { description: 'A page of templates.', schema: api.templatePage } },
      async handle({ query }, { call }) {
        const found = await templates.listTemplates({ page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, templateJson) }
      },
    }),
    operation({
      id: 'getTemplate',
      method: 'get',
      path: '/templates/{id}',
      tag: TAG,
      summary: 'Get a template',
      door: 'account',
      params: idParams,
      answers: { 200: one },
      async handle({ params }, { call }) {
        return {
          status: 200,
          body: templateJson(await templates.getTemplate({ templateId: params.id }, call)),
        }
      },
    }),
    operation({
      id: 'updateTemplate',
      method: 'patch',
      path: '/templates/{id}',
      tag: TAG,
      summary: 'Change a template',
      door: 'account',
      params: idParams,
      body: api.templateChange,
      guard: setupGuard,
      answers: { 200: one },
      async handle({ params, body }, { call }) {
        const template = { ...templateProto(body), id: params.id }
        const changed = await templates.updateTemplate({ template, updateMask: fieldMask(body) }, call)
        return { status: 200, body: templateJson(changed) }
      },
    }),
    operation({
      id: 'deleteTemplate',
      method: 'delete',
      path: '/templates/{id}',
      tag: TAG,
      summary: 'Delete a template that no active rule answers with',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Deleted.' } },
      refusals: ['in-use'],
      async handle({ params }, { call }) {
        await templates.deleteTemplate({ templateId: params.id }, call)
        return { status: 204 }
      },
    }),
  ]
}

const templateProto = (input: { name?: string; subject?: string | null; body?: string }) => ({
  id: '',
  createdAt: '',
  updatedAt: '',
  name: input.name ?? '',
  subject: input.subject ?? undefined,
  body: input.body ?? '',
})
