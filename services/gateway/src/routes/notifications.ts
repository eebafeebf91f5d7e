import { emptyBody, idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/notifications.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { pageJson } from '../mapping/common.ts'
import { noticeJson } from '../mapping/notifications.ts'
import { personGuard, ticketGuard } from './guards.ts'

const TAG = 'Notifications'

/** The ledger of notices: who was told of what, on which channel, and what became of it. */
export function notificationRoutes({ notification, ticket }: Clients): AnyOperation[] {
  const one = { description: 'The notice.', schema: api.notice }
  const many = { description: 'A page of notices.', schema: api.noticePage }
  return [
    operation({
      id: 'listTicketNotifications',
      method: 'get',
      path: '/tickets/{id}/notifications',
      tag: TAG,
      summary: 'List a ticket’s notices',
      door: 'account',
      params: idParams,
      query: pageQuery,
      guard: ticketGuard(ticket, 'see'),
      answers: { 200: many },
      async handle({ params, query }, { call }) {
        const found = await notification.listTicketNotices({ ticketId: params.id, page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, noticeJson) }
      },
    }),
    operation({
      id: 'listMyNotifications',
      method: 'get',
      path: '/me/notifications',
      tag: TAG,
      summary: 'List my notices, newest first',
      door: 'account',
      query: pageQuery,
      guard: personGuard,
      answers: { 200: many },
      async handle({ query }, { call }) {
        const found = await notification.listMyNotices({ page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, noticeJson) }
      },
    }),
    operation({
      id: 'getNotification',
      method: 'get',
      path: '/notifications/{id}',
      tag: TAG,
      summary: 'Get a notice',
      door: 'account',
      params: idParams,
      answers: { 200: one },
      async handle({ params }, { call }) {
        return { status: 200, body: noticeJson(await notification.getNotice({ noticeId: params.id }, call)) }
      },
    }),
    operation({
      id: 'acknowledgeNotification',
      method: 'post',
      path: '/notifications/{id}/acknowledge',
      tag: TAG,
      summary: 'Say that I have seen a notice',
      door: 'account',
      params: idParams,
      body: emptyBody,
      bodyOptional: true,
      answers: { 200: one },
      refusals: ['wrong-status'],
      async handle({ params }, { call }) {
        const changed = await notification.acknowledgeNotice({ noticeId: params.id }, call)
        return { status: 200, body: noticeJson(changed) }
      },
    }),
    operation({
      id: 'resendNotification',
      method: 'post',
      path: '/notifications/{id}/resend',
      tag: TAG,
      summary: 'Send a notice again, under the same identity',
      door: 'account',
      params: idParams,
      body: emptyBody,
      bodyOptional: true,
      answers: { 200: one },
      refusals: ['wrong-status'],
      async handle({ params }, { call }) {
        return {
          status: 200,
          body: noticeJson(await notification.resendNotice({ noticeId: params.id }, call)),
        }
      },
    }),
  ]
}
