import type { Clock } from '@onus/kit/clock'
import { rfc3339 } from '@onus/kit/clock'
import type { Secret } from '@onus/kit/config'
import type { CallContext } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type { SealedPlace } from '@onus/kit/secret-box'
import { actorOf, type Permission, recognise, requirePermission, type Who } from '../domain/access.ts'
import type { DirectoryState } from '../domain/model.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { AddressBook } from '../store/addresses.ts'
import type { AuditStore } from '../store/audit.ts'
import type { IdentityStore } from '../store/identities.ts'
import type { KeyStore } from '../store/keys.ts'
import type { OffboardingStore } from '../store/offboardings.ts'
import type { PreferenceStore } from '../store/preferences.ts'
import type { ViewStore } from '../store/views.ts'

/** Everything that the handlers work with. */
export interface Parts {
  accounts: AccountStore
  addresses: AddressBook
  keys: KeyStore
  identities: IdentityStore
  preferences: PreferenceStore
  views: ViewStore
  audit: AuditStore
  /** Whether a department has any ticket; asked of the ticket service. */
  hasTickets: (accountId: string, departmentId: string) => Promise<boolean>
  offboardings: OffboardingStore
  /** How many tickets an agent holds, by department; asked of the ticket service. */
  heldTickets: (accountId: string, agentId: string) => Promise<{ departmentId: string; tickets: number }[]>
  internalKey: Secret
  clock: Clock
}

type Caller = CallContext['caller']

/** What an account's secret at its issuer is bound to. */
export const oidcSecretOf = (accountId: string): string => `oidc:${accountId}`

/** Where this service keeps what it sealed. */
export const SEALED_PLACES: readonly SealedPlace[] = [
  { collection: 'accounts', ownerOf: ({ _id }) => oidcSecretOf(_id) },
]

/** What a decision gets beside the account. */
export interface Given {
  who: Who
  now: string
}

/** The door of the directory: who calls, in which account, and may they? Asked before anything else. */
export class Entry {
  readonly #accounts: AccountStore
  readonly #addresses: AddressBook
  readonly #clock: Clock

  constructor({ accounts, addresses, clock }: Parts) {
    this.#accounts = accounts
    this.#addresses = addresses
    this.#clock = clock
  }

  /** For what needs no account: only operators and our own services can pass. */
  outside(caller: Caller, permission: Permission, verb: string): Who {
    const { type, id, name } = caller
    const who: Who = { type, id, name, role: caller.role, scopes: caller.scopes }
    requirePermission(who, permission, verb)
    return who
  }

  /** The caller's account as it is now, and the caller in it. `verb` reads after "You may not". */
  async read(
    caller: Caller,
    permission: Permission,
    verb: string,
  ): Promise<{ state: DirectoryState; who: Who }> {
    if (caller.type === 'operator' || caller.type === 'system') this.outside(caller, permission, verb)
    const state = await this.#accounts.fresh(caller.accountId)
    if (!state || state.deletedAt) throw problems.unauthenticated('The account does not exist.')
    const who = recognise(state, caller)
    requirePermission(who, permission, verb)
    return { state, who }
  }

  /** Changes the caller's account. The caller is recognised again on the very state that is changed. */
  async change(
    caller: Caller,
    permission: Permission,
    verb: string,
    decide: (state: DirectoryState, given: Given) => DirectoryState,
    /** Runs when the decision is made and before it is written; may run several times. */
    prepare?: () => Promise<void>,
  ): Promise<DirectoryState> {
    await this.read(caller, permission, verb)
    const now = rfc3339(this.#clock())
    const addresses = this.#addresses.participant()
    return this.#accounts.change(
      caller.accountId,
      {
        decide: (state) => {
          if (state.deletedAt) throw problems.unauthenticated('The account does not exist.')
          const who = recognise(state, caller)
          requirePermission(who, permission, verb)
          return decide(state, { who, now })
        },
        actor: (state) => actorOf(recognise(state, caller)),
      },
      {
        async prepare(before, after) {
          await prepare?.()
          await addresses.prepare(before, after)
        },
        settle: addresses.settle,
      },
    )
  }
}

/** The same request of the same caller makes the same thing, once. */
export const idFor = (caller: Caller, kind: string, commandId: string): string =>
  commandId ? stableId(kind, caller.accountId, caller.type, caller.id, commandId) : newId()
