import type { Handlers } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { z } from 'zod'
import { allows, type Who } from '../domain/access.ts'
import { deleteOidc, setOidc } from '../domain/account.ts'
import {
  createKey,
  deleteKey,
  hashOfKey,
  hintOfKey,
  keySecret,
  refuseRevoked,
  visibleKeys,
} from '../domain/keys.ts'
import { Entry, idFor, type Parts } from './entry.ts'
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
      if (!state.oidc) throw problems.notFound('trusted issuer of', state.settings.name)
      return state.oidc
    },

    /** Whoever names the issuer decides who can sign in as an owner: so it is for owners. */
    async setOidcIntegration({ issuer, audience }, { caller }) {
      const { oidc } = await entry.change(caller, 'owner', 'choose the trusted issuer', (before) =>
        setOidc(before, { issuer, audience }),
      )
      return oidc!
    },

    async deleteOidcIntegration(_, { caller }) {
      await entry.change(caller, 'owner', 'remove the trusted issuer', deleteOidc)
      return {}
    },

    async listAudit({ page }, { caller }) {
      const { state } = await entry.read(caller, 'read_setup', 'see the audit')
      const limit = limitOf(page)
      const before = cursorOf(page, z.number().int())
      // What has not gone out yet is audited as well: adding it twice does no harm.
      const waiting = (await accounts.outbox(state.accountId)).filter((item) => item.kind === 'audit')
      await audit.add(state.accountId, waiting)
      const found = await audit.page(state.accountId, limit + 1, before)
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

/** Our own services ask, and a key that may only read stays so. */
function refuseWithoutRight(who: Who): void {
  if (!allows(who, 'own') && !allows(who, 'setup')) throw problems.forbidden('make or delete keys')
}
