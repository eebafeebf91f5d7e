import { oidc } from '../api/directory.ts'
import { slack, slackChange } from '../api/notifications.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { slackJson, slackProto } from '../mapping/notifications.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Integrations'

/** An account has one of each, so that making and replacing it are the same. */
const WRITES = [
  { method: 'put', status: 200, verb: 'replace' },
  { method: 'post', status: 201, verb: 'create' },
] as const

const located = (status: number, path: string): Record<string, string> =>
  status === 201 ? { location: `/api/v1${path}` } : {}

/** What an account is connected to. */
export function integrationRoutes({ directory, notification }: Clients): AnyOperation[] {
  const slackAnswer = { description: 'The connection; the token is never shown.', schema: slack }
  const oidcAnswer = { description: 'The issuer that the account trusts.', schema: oidc }
  return [
    operation({
      id: 'getSlackIntegration',
      method: 'get',
      path: '/integrations/slack',
      tag: TAG,
      summary: 'Get the Slack connection',
      door: 'account',
      answers: { 200: slackAnswer },
      refusals: ['not-found'],
      async handle(_, { call }) {
        return { status: 200, body: slackJson(await notification.getSlackIntegration({}, call)) }
      },
    }),
    ...WRITES.map(({ method, status, verb }) =>
      operation({
        id: `${verb}SlackIntegration`,
        method,
        path: '/integrations/slack',
        tag: TAG,
        summary: `Connect Slack (${verb} the connection)`,
        door: 'account',
        body: slackChange,
        guard: setupGuard,
        answers: { [status]: slackAnswer },
        refusals: ['not-found', 'unknown-reference'],
        async handle({ body }, { call }) {
          const made = slackJson(await notification.setSlackIntegration(slackProto(body), call))
          return { status, body: made, headers: located(status, '/integrations/slack') }
        },
      }),
    ),
    operation({
      id: 'deleteSlackIntegration',
      method: 'delete',
      path: '/integrations/slack',
      tag: TAG,
      summary: 'Disconnect Slack',
      door: 'account',
      answers: { 204: { description: 'Disconnected.' } },
      refusals: ['not-found'],
      async handle(_, { call }) {
        await notification.deleteSlackIntegration({}, call)
        return { status: 204 }
      },
    }),
    operation({
      id: 'getOidcIntegration',
      method: 'get',
      path: '/integrations/oidc',
      tag: TAG,
      summary: 'Get the trusted issuer of identity tokens',
      door: 'account',
      answers: { 200: oidcAnswer },
      refusals: ['not-found'],
      async handle(_, { call }) {
        const { issuer, audience } = await directory.getOidcIntegration({}, call)
        return { status: 200, body: { issuer, audience } }
      },
    }),
    ...WRITES.map(({ method, status, verb }) =>
      operation({
        id: `${verb}OidcIntegration`,
        method,
        path: '/integrations/oidc',
        tag: TAG,
        summary: `Trust an issuer of identity tokens (${verb} it)`,
        description:
          'Tokens of this issuer for this audience open the account: matched by `sub`, the first time by a verified e-mail of an agent.',
        door: 'account',
        body: oidc,
        guard: setupGuard,
        answers: { [status]: oidcAnswer },
        refusals: ['already-exists', 'not-found', 'unknown-reference'],
        async handle({ body }, { call }) {
          const { issuer, audience } = await directory.setOidcIntegration(body, call)
          return { status, body: { issuer, audience }, headers: located(status, '/integrations/oidc') }
        },
      }),
    ),
    operation({
      id: 'deleteOidcIntegration',
      method: 'delete',
      path: '/integrations/oidc',
      tag: TAG,
      summary: 'Trust no issuer any more',
      door: 'account',
      answers: { 204: { description: 'Done.' } },
      refusals: ['not-found'],
      async handle(_, { call }) {
        await directory.deleteOidcIntegration({}, call)
        return { status: 204 }
      },
    }),
  ]
}
