import type { Handlers } from '@onus/kit/grpc'
import { Problem, problems } from '@onus/kit/problems'
import { createSecretBox } from '@onus/kit/secret-box'
import type { DirectoryServiceService, OidcIntegration } from '@onus/proto/onus/v1/directory'
import { z } from 'zod'
import { allows, type Who } from '../domain/access.ts'
import { deleteOidc, emailDomain, setOidc } from '../domain/account.ts'
import {
  createKey,
  deleteKey,
  hashOfKey,
  hintOfKey,
  keySecret,
  refuseRevoked,
  visibleKeys,
} from '../domain/keys.ts'
import type { DirectoryState } from '../domain/model.ts'
import { Entry, idFor, oidcSecretOf, type Parts } from './entry.ts'
import { closePage, cursorOf, limitOf, pageOf } from './page.ts'

type Names =
  | 'createApiKey'
  | 'listApiKeys'
  | 'deleteApiKey'
  | 'getOidcIntegration'
  | 'setOidcIntegration'
  | 'deleteOidcIntegration'
  | 'listAudit'

/** What opens an account: keys and trusted issuers; and the record of who changed what. */
export function keyHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const { accounts, audit, keys, internalKey } = parts
  const entry = new Entry(parts)
  const box = createSecretBox(internalKey.reveal())

  return {
    async createApiKey({ name, agentId, scopes, commandId }, { caller }) {
      const id = idFor(caller, 'key', commandId)
      const key = keySecret(internalKey.reveal(), caller.accountId, id)
      const hint = hintOfKey(key)
      const state = await entry.change(
        caller,
        'read',
        'make keys',
        (before, { who, now }) => {
          refuseWithoutRight(who)
          refuseRevoked(before, id)
          if (before.apiKeys.some((one) => one.id === id)) return before
          return createKey(before, who, { name, agentId, scopes }, { id, hint, now })
        },
        // A pointer to a key that does not come about opens nothing.
        () => keys.add(hashOfKey(key), { accountId: caller.accountId, keyId: id }),
      )
      return { apiKey: state.apiKeys.find((one) => one.id === id), key }
    },

    async listApiKeys({ page }, { caller }) {
      const { state, who } = await entry.read(caller, 'read', 'list keys')
      return pageOf(visibleKeys(state, who), page)
    },

    async deleteApiKey({ apiKeyId }, { caller }) {
      await entry.change(caller, 'read', 'delete keys', (before, { who }) => {
        refuseWithoutRight(who)
        return deleteKey(before, who, apiKeyId)
      })
      return {}
    },

    async getOidcIntegration(_, { caller }) {
      const { state } = await entry.read(caller, 'read_setup', 'see the trusted issuer')
      return shown(state)
    },

    /** Whoever names the issuer decides who can sign in as an owner: so it is for owners. */
    async setOidcIntegration({ issuer, audience, clientSecret, emailDomains }, { caller }) {
      const sealed = clientSecret ? box.seal(clientSecret, oidcSecretOf(caller.accountId)) : null
      const state = await entry.change(
        caller,
        'owner',
        'choose the trusted issuer',
        (before) =>
          setOidc(before, {
            issuer,
            audience,
            emailDomains,
            ...(clientSecret !== undefined && { clientSecret: sealed }),
          }),
        async () => {
          const taken = await accounts.claimedBy(emailDomains.map(emailDomain), caller.accountId)
          if (taken === null) return
          const at = emailDomains.findIndex((domain) => emailDomain(domain) === taken)
          throw new Problem('address-taken', `People of ${taken} sign in with another account.`, {
            errors: [{ field: `emailDomains[${at}]`, message: 'Another account has this domain.' }],
          })
        },
      )
      return shown(state)
    },

    async deleteOidcIntegration(_, { caller }) {
      await entry.change(caller, 'owner', 'remove the trusted issuer', deleteOidc)
      return {}
    },

    async listAudit({ page, ...filter }, { caller }) {
      const { state } = await entry.read(caller, 'read_setup', 'see the audit')
      const limit = limitOf(page)
      const before = cursorOf(page, z.number().int())
      // What has not gone out yet is audited as well: adding it twice does no harm.
      const waiting = (await accounts.outbox(state.accountId)).filter((item) => item.kind === 'audit')
      await audit.add(state.accountId, waiting)
      const found = await audit.page(state.accountId, limit + 1, before, filter)
      const { items, nextCursor } = closePage(found, limit, ({ sequence }) => sequence)
      return {
        items: items.map(({ _id, at, actor, action, entityId, fields }) => ({
          id: _id,
          at,
          actor,
          action,
          entityId,
          fields,
        })),
        ...(nextCursor && { nextCursor }),
      }
    },
  }
}

/** Without the secret. */
function shown({ accountId, settings, oidc }: DirectoryState): OidcIntegration {
  if (!oidc) throw problems.notFound('trusted issuer of', settings.name)
  const { issuer, audience, clientSecret, emailDomains = [] } = oidc
  return { accountId, issuer, audience, hasClientSecret: clientSecret !== undefined, emailDomains }
}

/** Our own services ask, and a key that may only read stays so. */
function refuseWithoutRight(who: Who): void {
  if (!allows(who, 'own') && !allows(who, 'setup')) throw problems.forbidden('make or delete keys')
}
