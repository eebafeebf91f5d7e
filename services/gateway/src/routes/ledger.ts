import { z } from '@hono/zod-openapi'
import { NOTICE_CHANNELS } from '@onus/workflows-contract'
import { pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/notifications.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { pageJson, present } from '../mapping/common.ts'
import { noticeJson } from '../mapping/notifications.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Notifications'

const query = pageQuery.extend({
  state: z.enum(api.NOTICE_STATES).optional(),
  channel: z.enum(NOTICE_CHANNELS).optional(),
  agentId: z.string().min(1).max(200).optional(),
})

/** The ledger as an admin sees it: the whole account's, and what delivers badly. */
export function ledgerRoutes({ notification }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'listNotifications',
      method: 'get',
      path: '/notifications',
      tag: TAG,
      summary: 'List all notices of the account, newest first',
      door: 'account',
      query,
      guard: setupGuard,
      answers: { 200: { description: 'A page of notices.', schema: api.noticePage } },
      async handle({ query: { state, channel, agentId, ...page } }, { call }) {
        const asked = { page: toPage(page), state, channel, agentId }
        return { status: 200, body: pageJson(await notification.listNotices(asked, call), noticeJson) }
      },
    }),
    operation({
      id: 'getNotificationHealth',
      method: 'get',
      path: '/notifications/health',
      tag: TAG,
      summary: 'What delivers badly now',
      description:
        'Providers that fail, and the account’s addresses and tokens that notices wait for. A provider that fails is one alarm, however many notices wait for it.',
      door: 'account',
      guard: setupGuard,
      answers: { 200: { description: 'Providers and broken places.', schema: api.deliveryHealth } },
      async handle(_, { call }) {
        const { providers, broken } = await notification.getDeliveryHealth({}, call)
        const body = {
          providers: providers.map((each) => present({ ...each })),
          broken: broken.map((each) => present({ ...each })),
        }
        return { status: 200, body }
      },
    }),
  ]
}
