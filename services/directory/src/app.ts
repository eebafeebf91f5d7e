import { type Clock, systemClock } from '@onus/kit/clock'
import type { Secret } from '@onus/kit/config'
import type { AuthenticateKey, Handlers } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import type { AuditServiceService } from '@onus/proto/onus/v1/audit'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import type { Db } from 'mongodb'
import { accountHandlers } from './grpc/accounts.ts'
import { agentHandlers } from './grpc/agents.ts'
import { auditHandlers } from './grpc/audit.ts'
import { departmentHandlers } from './grpc/departments.ts'
import type { Parts } from './grpc/entry.ts'
import { identityHandlers, keyAuthenticator } from './grpc/identity.ts'
import { keyHandlers } from './grpc/keys.ts'
import { leavingHandlers } from './grpc/leaving.ts'
import { viewHandlers } from './grpc/views.ts'
import { Leases } from './outbox/leases.ts'
import { type Lane, Outbox, type OutboxOptions } from './outbox/outbox.ts'
import { AccountStore } from './store/accounts.ts'
import { AddressBook } from './store/addresses.ts'
import { AuditStore } from './store/audit.ts'
import { IdentityStore } from './store/identities.ts'
import { KeyStore } from './store/keys.ts'
import { OffboardingStore } from './store/offboardings.ts'
import { PreferenceStore } from './store/preferences.ts'
import { ViewStore } from './store/views.ts'

export interface DirectoryDeps {
  db: Db
  log: Logger
  /** Signs callers, and is what the secrets of API keys are made from. */
  internalKey: Secret
  /** Where changes go: events to the broker, sweeps to the tickets. */
  lanes: Lane[]
  /** Whether a department has any ticket. */
  hasTickets: Parts['hasTickets']
  /** How many tickets an agent holds, by department. */
  heldTickets: Parts['heldTickets']
  clock?: Clock
  outbox?: OutboxOptions
}

export interface DirectoryApp {
  handlers: Handlers<DirectoryServiceService>
  audit: Handlers<AuditServiceService>
  /** For calls that come with an API key. */
  authenticateKey: AuthenticateKey
  /** Begin and end to send out what changes bring about. */
  start(): void
  stop(): Promise<void>
}

/** The directory service without its transports. */
export function createApp(deps: DirectoryDeps): DirectoryApp {
  const { db, log, internalKey, hasTickets, heldTickets, clock = systemClock } = deps
  const accounts = new AccountStore(db, clock)
  const audit = new AuditStore(db)
  const lanes = [auditLane(audit), ...deps.lanes]
  const outbox = new Outbox(accounts, new Leases(db, clock), lanes, log, deps.outbox)
  const parts: Parts = {
    accounts,
    addresses: new AddressBook(db, accounts, clock),
    keys: new KeyStore(db),
    identities: new IdentityStore(db),
    preferences: new PreferenceStore(db),
    views: new ViewStore(db),
    audit,
    hasTickets,
    heldTickets,
    offboardings: new OffboardingStore(db),
    internalKey,
    clock,
  }
  return {
    handlers: {
      ...accountHandlers(parts),
      ...identityHandlers(parts),
      ...departmentHandlers(parts),
      ...agentHandlers(parts),
      ...viewHandlers(parts),
      ...leavingHandlers(parts),
      ...keyHandlers(parts),
    },
    audit: auditHandlers(parts),
    authenticateKey: keyAuthenticator(parts),
    start: () => outbox.start(),
    stop: () => outbox.stop(),
  }
}

/** The audit is kept beside the account, so that it can grow. */
const auditLane = (audit: AuditStore): Lane => ({
  kind: 'audit',
  anyOrder: true,
  deliver: (accountId, items) => audit.add(accountId, items),
})
