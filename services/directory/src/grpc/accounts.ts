import { rfc3339 } from '@onus/kit/clock'
import type { Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type { Account, DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { actorOf } from '../domain/access.ts'
import { createAccount, deleteAccount, updateSettings } from '../domain/account.ts'
import { hashOfKey, hintOfKey, keySecret } from '../domain/keys.ts'
import type { DirectoryState } from '../domain/model.ts'
import { Entry, type Parts } from './entry.ts'
import { closePage, cursorOf, limitOf, PLACE } from './page.ts'

type Names =
  | 'createAccount'
  | 'getAccount'
  | 'listAccounts'
  | 'deleteAccount'
  | 'getSettings'
  | 'updateSettings'

/** Accounts as wholes, and their settings. */
export function accountHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const { accounts, addresses, keys, internalKey, clock } = parts
  const entry = new Entry(parts)

  return {
    async createAccount(request, { caller }) {
      const who = entry.outside(caller, 'account', 'create accounts')
      const accountId = request.commandId ? stableId('account', request.commandId) : newId()
      const id = (kind: string): string => stableId(kind, accountId)
      const key = keySecret(internalKey.reveal(), accountId, id('key'))
      const state = createAccount(
        { name: request.name, owner: request.owner ?? {} },
        {
          accountId,
          ownerId: id('owner'),
          departmentId: id('department'),
          apiKey: {
            id: id('key'),
            name: 'Owner',
            agentId: id('owner'),
            scopes: [],
            createdAt: rfc3339(clock()),
            hint: hintOfKey(key),
          },
          now: rfc3339(clock()),
        },
      )
      await keys.add(hashOfKey(key), { accountId, keyId: id('key') })
      const isNew = await accounts.create(state, actorOf(who))
      const stored = isNew ? state : await accounts.fresh(accountId)
      if (!stored || stored.deletedAt) throw problems.alreadyExists('The account that this made was deleted.')
      return {
        account: accountOf(stored),
        owner: stored.agents.find((one) => one.id === id('owner')),
        department: stored.departments.find((one) => one.id === id('department')) ?? stored.departments[0],
        apiKey: stored.apiKeys.find((one) => one.id === id('key')) ?? state.apiKeys[0],
        key,
      }
    },

    async getAccount({ accountId }, { caller }) {
      if (caller.type === 'operator') {
        entry.outside(caller, 'account', 'see accounts')
        const state = await accounts.fresh(accountId)
        if (!state || state.deletedAt) throw problems.notFound('account', accountId)
        return accountOf(state)
      }
      const { state } = await entry.read(caller, 'read', 'see the account')
      if (accountId && accountId !== state.accountId) throw problems.notFound('account', accountId)
      return accountOf(state)
    },

    async listAccounts({ page }, { caller }) {
      entry.outside(caller, 'account', 'list accounts')
      const limit = limitOf(page)
      const found = await accounts.page(limit + 1, cursorOf(page, PLACE))
      return closePage(found, limit, ({ createdAt, id }) => ({ createdAt, id }))
    },

    async deleteAccount({ accountId }, { caller }) {
      const now = rfc3339(clock())
      if (caller.type === 'operator') {
        const who = entry.outside(caller, 'account', 'delete accounts')
        const decide = (state: DirectoryState): DirectoryState =>
          state.deletedAt ? state : deleteAccount(state, now)
        await accounts.change(accountId, { decide, actor: () => actorOf(who) }, addresses.participant())
        return {}
      }
      const { state } = await entry.read(caller, 'read', 'see the account')
      if (accountId && accountId !== state.accountId) throw problems.notFound('account', accountId)
      await entry.change(caller, 'owner', 'delete the account', (before) => deleteAccount(before, now))
      return {}
    },

    async getSettings(_, { caller }) {
      return (await entry.read(caller, 'read', 'see the settings')).state.settings
    },

    async updateSettings({ settings = {} as never, updateMask }, { caller }) {
      const { settings: changed } = await entry.change(caller, 'setup', 'change the settings', (state) =>
        updateSettings(state, settings, updateMask),
      )
      return changed
    },
  }
}

const accountOf = ({ accountId, settings, createdAt }: DirectoryState): Account => ({
  id: accountId,
  name: settings.name,
  createdAt,
})
