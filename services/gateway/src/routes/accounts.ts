import { idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/directory.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { pageJson } from '../mapping/common.ts'
import { accountJson, agentJson, departmentJson } from '../mapping/directory.ts'

const TAG = 'Accounts'

/** Accounts, for the operator of the installation; an owner may delete their own. */
export function accountRoutes({ directory }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'createAccount',
      method: 'post',
      path: '/accounts',
      tag: TAG,
      summary: 'Create an account with its owner, one department and the owner’s key',
      door: 'operator',
      body: api.newAccount,
      answers: {
        201: {
          description: 'What was made. `apiKey` is shown this once.',
          schema: api.createdAccount,
          headers: { Location: 'The account’s path.' },
        },
      },
      refusals: ['address-taken', 'already-exists'],
      async handle({ body }, { call, commandId }) {
        const made = await directory.createAccount({ ...body, commandId }, call)
        if (!made.account || !made.owner || !made.department)
          throw new Error('the directory answered without what it made')
        return {
          status: 201,
          body: {
            account: accountJson(made.account),
            owner: agentJson(made.owner),
            department: departmentJson(made.department),
            apiKey: made.key,
          },
          headers: { location: `/api/v1/accounts/${made.account.id}` },
        }
      },
    }),
    operation({
      id: 'listAccounts',
      method: 'get',
      path: '/accounts',
      tag: TAG,
      summary: 'List accounts',
      door: 'operator',
      query: pageQuery,
      answers: { 200: { description: 'A page of accounts.', schema: api.accountPage } },
      async handle({ query }, { call }) {
        const found = await directory.listAccounts({ page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, accountJson) }
      },
    }),
    operation({
      id: 'getAccount',
      method: 'get',
      path: '/accounts/{id}',
      tag: TAG,
      summary: 'Get an account',
      door: 'any',
      params: idParams,
      answers: { 200: { description: 'The account.', schema: api.account } },
      async handle({ params }, { call }) {
        return { status: 200, body: accountJson(await directory.getAccount({ accountId: params.id }, call)) }
      },
    }),
    operation({
      id: 'deleteAccount',
      method: 'delete',
      path: '/accounts/{id}',
      tag: TAG,
      summary: 'Delete an account (the operator, or its owner)',
      door: 'any',
      params: idParams,
      answers: { 204: { description: 'Deleted.' } },
      async handle({ params }, { call }) {
        await directory.deleteAccount({ accountId: params.id }, call)
        return { status: 204 }
      },
    }),
  ]
}
