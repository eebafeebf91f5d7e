import type { z } from '@hono/zod-openapi'
import type { SavedView, Views } from '@onus/proto/onus/v1/directory'
import { idParams } from '../api/common.ts'
import * as api from '../api/views.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { present } from '../mapping/common.ts'
import { personGuard, setupGuard } from './guards.ts'

const TAG = 'Me'
const DEPARTMENTS = 'Departments'

/** Lists of tickets that agents have put together, kept here so that they follow them to every browser. */
export function viewRoutes({ directory }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'getMyViews',
      method: 'get',
      path: '/me/views',
      tag: TAG,
      summary: 'Get my saved views',
      door: 'account',
      guard: personGuard,
      answers: { 200: { description: 'The views in their order.', schema: api.myViews } },
      refusals: ['not-found'],
      async handle(_, context) {
        personGuard(context)
        return { status: 200, body: myViewsJson(await directory.getViews({}, context.call)) }
      },
    }),
    operation({
      id: 'setMyViews',
      method: 'put',
      path: '/me/views',
      tag: TAG,
      summary: 'Set my saved views',
      door: 'account',
      body: api.viewsChange,
      guard: personGuard,
      answers: { 200: { description: 'The views in their order.', schema: api.myViews } },
      refusals: ['not-found', 'stale-revision'],
      async handle({ body }, context) {
        personGuard(context)
        const request = { items: viewsProto(body.items), version: body.version }
        return { status: 200, body: myViewsJson(await directory.setViews(request, context.call)) }
      },
    }),
    operation({
      id: 'getDepartmentViews',
      method: 'get',
      path: '/departments/{id}/views',
      tag: DEPARTMENTS,
      summary: 'Get the views that everybody in a department has',
      description: 'Members see them, owners and admins those of every department.',
      door: 'account',
      params: idParams,
      answers: { 200: { description: 'The views in their order.', schema: api.views } },
      async handle({ params }, { call }) {
        const found = await directory.getDepartmentViews({ departmentId: params.id }, call)
        return { status: 200, body: viewsJson(found) }
      },
    }),
    operation({
      id: 'setDepartmentViews',
      method: 'put',
      path: '/departments/{id}/views',
      tag: DEPARTMENTS,
      summary: 'Set the views that everybody in a department has',
      door: 'account',
      params: idParams,
      body: api.viewsChange,
      guard: setupGuard,
      answers: { 200: { description: 'The views in their order.', schema: api.views } },
      refusals: ['stale-revision'],
      async handle({ params, body }, { call }) {
        const request = { departmentId: params.id, items: viewsProto(body.items), version: body.version }
        return { status: 200, body: viewsJson(await directory.setDepartmentViews(request, call)) }
      },
    }),
  ]
}

const viewsProto = (items: z.infer<typeof api.viewsChange>['items']): SavedView[] =>
  items.map(({ filter, columns = [], ...view }) => ({
    ...view,
    filter: { ...filter, status: filter.status ?? [] },
    columns,
  }))

const viewJson = ({ filter, ...view }: SavedView) => ({ ...view, filter: present({ ...filter }) })

const myViewsJson = ({ shared, ...own }: Views) => ({
  ...viewsJson({ ...own, shared: [] }),
  shared: shared.flatMap(({ departmentId, items }) =>
    items.map((view) => ({ ...viewJson(view), departmentId })),
  ),
})

const viewsJson = ({ items, version }: Views) => ({
  items: items.map(viewJson),
  version,
})
