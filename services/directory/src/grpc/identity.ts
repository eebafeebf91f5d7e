import type { CallContext, Handlers } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import { createSecretBox } from '@onus/kit/secret-box'
import type { DirectoryServiceService, DirectorySnapshot } from '@onus/proto/onus/v1/directory'
import { emailDomain } from '../domain/account.ts'
import { hashOfKey } from '../domain/keys.ts'
import type { DirectoryState } from '../domain/model.ts'
import { shownState } from '../domain/offboarding.ts'
import { agentPrincipal, keyPrincipal, type Principal } from '../domain/principal.ts'
import { Entry, oidcSecretOf, type Parts } from './entry.ts'

type Names =
  | 'authenticateKey'
  | 'authenticateIdentity'
  | 'getTrustedIssuer'
  | 'findSignIn'
  | 'getSnapshot'
  | 'resolveAddress'

/** What our other services ask: who somebody is, whose an address is, and how an account is set up. */
export function identityHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const { accounts, addresses } = parts
  const entry = new Entry(parts)
  const box = createSecretBox(parts.internalKey.reveal())

  return {
    async authenticateKey({ key }, { caller }) {
      entry.outside(caller, 'system', 'ask whose a key is')
      return authenticateKey(parts, key)
    },

    async authenticateIdentity(request, { caller }) {
      entry.outside(caller, 'system', 'ask who somebody is')
      return authenticateIdentity(parts, request)
    },

    async getTrustedIssuer({ issuer }, { caller }) {
      entry.outside(caller, 'system', 'ask who trusts an issuer')
      const trusting = await accounts.trusting(issuer)
      return { trusted: trusting.length > 0, audiences: [...new Set(trusting.map((one) => one.audience))] }
    },

    async findSignIn({ accountId, email }, { caller }) {
      entry.outside(caller, 'system', 'ask where somebody signs in')
      const found = accountId ?? (email && (await accounts.signingIn(emailDomain(email))))
      const state = found ? await accounts.fresh(found) : null
      if (!state?.oidc || state.deletedAt) throw problems.notFound('sign-in of', accountId ?? 'this address')
      const { issuer, audience, clientSecret } = state.oidc
      return {
        accountId: state.accountId,
        issuer,
        clientId: audience,
        ...(clientSecret && { clientSecret: box.open(clientSecret, oidcSecretOf(state.accountId)) }),
      }
    },

    async getSnapshot({ accountId, knownVersion }, { caller }) {
      entry.outside(caller, 'system', 'read the directory whole')
      if (knownVersion > 0 && (await accounts.version(accountId)) === knownVersion) return { unchanged: true }
      const state = await accounts.fresh(accountId)
      if (!state || state.deletedAt) throw problems.notFound('account', accountId)
      return { unchanged: false, snapshot: snapshotOf(state) }
    },

    async resolveAddress({ address }, { caller }) {
      entry.outside(caller, 'system', 'ask whose an address is')
      const found = await addresses.resolve(address.trim().normalize('NFC').toLowerCase())
      if (!found) throw problems.notFound('address', address)
      return found
    },
  }
}

const snapshotOf = ({
  accountId,
  version,
  settings,
  departments,
  agents,
  offboardings = [],
}: DirectoryState): DirectorySnapshot => ({
  accountId,
  version,
  settings,
  departments,
  agents,
  offboardings: offboardings
    .filter(({ wanted }) => wanted === 'running' || wanted === 'paused')
    .map((plan) => ({
      id: plan.id,
      agentId: plan.agentId,
      startedBy: plan.startedBy,
      successors: plan.successors,
      state: shownState(plan),
    })),
})

const NOBODY = 'The key or token is nobody’s, or its holder is no longer active.'

/** Who holds a key, as the account is now. */
export async function authenticateKey({ accounts, keys }: Parts, key: string): Promise<Principal> {
  const pointer = await keys.find(hashOfKey(key))
  const state = pointer && (await accounts.fresh(pointer.accountId))
  const principal = state && keyPrincipal(state, pointer.keyId)
  if (!principal) throw problems.unauthenticated(NOBODY)
  return principal
}

interface Identity {
  issuer: string
  audiences: string[]
  subject: string
  email?: string
  emailVerified: boolean
  /** Who signed in to an account is nobody in another one. */
  accountId?: string
}

/**
 * Who a token's subject is. One that is bound to an agent is that agent. Else the verified e-mail address
 * must be that of exactly one agent of all accounts that trust the issuer for this audience: an account
 * that trusts the same issuer cannot draw somebody in who is at home elsewhere.
 */
async function authenticateIdentity(parts: Parts, identity: Identity): Promise<Principal> {
  const { accounts, identities, clock } = parts
  const { issuer, audiences, subject, accountId: only } = identity
  if (!issuer || !subject) throw problems.unauthenticated(NOBODY)
  const trusting = (await accounts.trusting(issuer)).filter(
    ({ accountId, audience }) => audiences.includes(audience) && (!only || only === accountId),
  )
  const accountIds = trusting.map(({ accountId }) => accountId)
  const bound = await identities.find(accountIds, issuer, subject)
  let elsewhere = false
  for (const [accountId, agentId] of bound) {
    const state = await accounts.fresh(accountId)
    const principal = state && agentPrincipal(state, agentId)
    if (principal) return principal
    const status = state?.agents.find((one) => one.id === agentId)?.status
    if (status === 'suspended') elsewhere = true
  }
  if (elsewhere) throw problems.unauthenticated(NOBODY)
  const matches = await findByEmail(parts, accountIds, identity)
  const [match] = matches
  if (!match) throw problems.unauthenticated(NOBODY)
  if (matches.length > 1) {
    throw problems.unauthenticated('Several accounts know this e-mail address; give each its own audience.')
  }
  if (!(await identities.bind(match.accountId, issuer, subject, match.id, clock()))) {
    throw problems.unauthenticated('Somebody else signs in as the agent with this e-mail address.')
  }
  return match
}

async function findByEmail(parts: Parts, accountIds: string[], identity: Identity): Promise<Principal[]> {
  const email = identity.email?.trim().normalize('NFC').toLowerCase()
  if (!email || !identity.emailVerified) return []
  const found: Principal[] = []
  for (const accountId of accountIds) {
    const state = await parts.accounts.fresh(accountId)
    const agent = state?.agents.find((one) => one.email === email && one.status === 'active')
    const principal = state && agent && agentPrincipal(state, agent.id)
    if (principal) found.push(principal)
  }
  return found
}

/** For calls that come with a key instead of a signed caller. */
export const keyAuthenticator =
  (parts: Parts) =>
  async (key: string): Promise<CallContext['caller']> => {
    const { role, ...principal } = await authenticateKey(parts, key)
    return { ...principal, ...(role && { role: role as 'owner' | 'admin' | 'agent' }) }
  }
