import type { SavedView, Views } from '@onus/proto/onus/v1/directory'
import * as api from '../api/views.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { present } from '../mapping/common.ts'
import { personGuard } from './guards.ts'

const TAG = 'Me'

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
      answers: { 200: { description: 'The views in their order.', schema: api.views } },
      refusals: ['not-found'],
      async handle(_, context) {
        personGuard(context)
        return { status: 200, body: viewsJson(await directory.getViews({}, context.call)) }
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
      answers: { 200: { description: 'The views in their order.', schema: api.views } },
      refusals: ['not-found', 'stale-revision'],
      async handle({ body }, context) {
        personGuard(context)
        const items: SavedView[] = body.items.map(({ filter, columns = [], ...view }) => ({
          ...view,
          filter: { ...filter, status: filter.status ?? [] },
          columns,
        }))
        const set = await directory.setViews({ items, version: body.version }, context.call)
        return { status: 200, body: viewsJson(set) }
      },
    }),
  ]
}

const viewsJson = ({ items, version }: Views) => ({
  items: items.map(({ filter, ...view }) => ({ ...view, filter: present({ ...filter }) })),
  version,
})
