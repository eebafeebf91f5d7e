import { Problem } from '@onus/kit/problems'
import { oidc, oidcChange, oidcTest, oidcTested } from '../api/directory.ts'
import { slack, slackChange, slackTest, slackTested } from '../api/notifications.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { oidcJson, oidcProto } from '../mapping/directory.ts'
import { slackJson, slackProto } from '../mapping/notifications.ts'
import { type Issuer, UnusableIssuer } from '../session/discovery.ts'
import { redirectUriOf } from '../session/sign-in.ts'
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
export function integrationRoutes(
  { directory, notification }: Clients,
  publicUrl: string,
  discoverIssuer: (issuer: string) => Promise<Issuer>,
): AnyOperation[] {
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
      id: 'testSlackIntegration',
      method: 'post',
      path: '/integrations/slack/test',
      tag: TAG,
      summary: 'Write a test message to Slack now',
      description: 'With what is saved; nothing is changed, and nothing stands in the ledger.',
      door: 'account',
      body: slackTest,
      bodyOptional: true,
      guard: setupGuard,
      answers: { 200: { description: 'What Slack said.', schema: slackTested } },
      async handle({ body }, { call }) {
        const { channel, webhook = false } = body
        const { ok, error } = await notification.testSlackIntegration({ channel, webhook }, call)
        return { status: 200, body: { ok, ...(error && { error }) } }
      },
    }),
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
        return { status: 200, body: oidcJson(await directory.getOidcIntegration({}, call), publicUrl) }
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
          'Tokens of this issuer for this audience open the account: matched by `sub`, the first time by a verified e-mail of an agent. People sign in to the console with it at `signInUrl`; the issuer has to allow `/auth/callback` below the installation’s address.',
        door: 'account',
        body: oidcChange,
        guard: setupGuard,
        answers: { [status]: oidcAnswer },
        refusals: ['already-exists', 'not-found', 'unknown-reference', 'address-taken'],
        async handle({ body }, { call }) {
          const set = await directory.setOidcIntegration(oidcProto(body), call)
          return { status, body: oidcJson(set, publicUrl), headers: located(status, '/integrations/oidc') }
        },
      }),
    ),
    operation({
      id: 'testOidcIntegration',
      method: 'post',
      path: '/integrations/oidc/test',
      tag: TAG,
      summary: 'Ask an issuer whether people could sign in with it',
      description: 'Changes nothing. Left out, `issuer` is the one that the account trusts.',
      door: 'account',
      body: oidcTest,
      bodyOptional: true,
      guard: setupGuard,
      answers: { 200: { description: 'What it said.', schema: oidcTested } },
      refusals: ['not-found'],
      async handle({ body }, { call }) {
        // Asked in any case: it is refused for those who may not see how the account is set up.
        const known = await directory.getOidcIntegration({}, call).catch((error) => {
          if (error instanceof Problem && error.reason === 'not-found' && body.issuer) return null
          throw error
        })
        const issuer = body.issuer ?? known?.issuer ?? ''
        const answer = { issuer, redirectUri: redirectUriOf(publicUrl) }
        try {
          const { pkce } = await discoverIssuer(issuer)
          if (pkce === false) return { status: 200, body: { ...answer, ok: false, reason: 'no_pkce' } }
          return { status: 200, body: { ...answer, ok: true } }
        } catch (error) {
          if (!(error instanceof UnusableIssuer)) throw error
          return { status: 200, body: { ...answer, ok: false, reason: error.fault } }
        }
      },
    }),
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
