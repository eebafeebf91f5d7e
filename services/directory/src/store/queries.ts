import { defineQueries } from '@onus/kit/mongo'

/** Every query of this service that is not by `_id`, with the index that covers it. */
export const QUERIES = defineQueries({
  /** The operator's list of living accounts, in the order in which they came. */
  accountsInOrder: {
    collection: 'accounts',
    filter: ['deletedAt'],
    sort: { createdAt: 1, _id: 1 },
    range: ['createdAt', '_id'],
    index: { deletedAt: 1, createdAt: 1, _id: 1 },
  },
  /** Who trusts an issuer. */
  accountsByIssuer: { collection: 'accounts', filter: ['oidc.issuer'], index: { 'oidc.issuer': 1 } },
  /** Who signs in with an issuer of their own, by the domain of an e-mail address. */
  accountsByEmailDomain: {
    collection: 'accounts',
    filter: ['oidc.emailDomains'],
    index: { 'oidc.emailDomains': 1 },
  },
  /** Accounts with something to send out. */
  accountsWithOutbox: { collection: 'accounts', filter: ['waiting'], index: { waiting: 1 } },
  /** An account's audit, the latest first. */
  auditOfAccount: {
    collection: 'audit',
    filter: ['accountId'],
    sort: { sequence: -1 },
    range: ['sequence'],
    index: { accountId: 1, sequence: -1 },
  },
})
