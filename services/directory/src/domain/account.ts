import { domainToASCII } from 'node:url'
import { Problem } from '@onus/kit/problems'
import type { SealedText } from '@onus/kit/secret-box'
import {
  clip,
  duration,
  emailAddress,
  FieldErrors,
  issuerUrl,
  line,
  locale,
  oneOf,
  timeZone,
} from './fields.ts'
import { namedFields } from './mask.ts'
import {
  type ApiKey,
  DEFAULTS,
  type DirectoryState,
  type OidcIntegration,
  REPLY_TO_CLOSED,
  type Settings,
} from './model.ts'

export interface NewAccount {
  name: string
  owner: { name?: string; email?: string }
}

/** A new account: its owner, one department, and the key that was made for the owner. */
export function createAccount(
  input: NewAccount,
  given: { accountId: string; ownerId: string; departmentId: string; apiKey: ApiKey; now: string },
): DirectoryState {
  const errors = new FieldErrors()
  const name = line(input.name, 'name', errors)
  const ownerName = line(input.owner.name, 'owner.name', errors)
  const email = emailAddress(input.owner.email, 'owner.email', errors)
  errors.throwIfAny()
  const { locale, timeZone, reopenWindow, replyToClosed, reopenPolicy, departmentName } = DEFAULTS
  const { accountId, ownerId, departmentId, now } = given
  return {
    schema: 1,
    accountId,
    version: 1,
    createdAt: now,
    deletedAt: null,
    settings: {
      name,
      defaultDepartmentId: departmentId,
      routeAssignedToMe: false,
      reopenWindow,
      locale,
      timeZone,
      replyToClosed,
    },
    departments: [
      {
        id: departmentId,
        name: departmentName,
        reopenPolicy,
        onlyOwnerAnswers: false,
        membersMayTakeOver: false,
        addresses: [],
        distribution: { strategy: 'manual', on: [] },
        createdAt: now,
      },
    ],
    agents: [
      {
        id: ownerId,
        name: ownerName,
        email,
        role: 'owner',
        locale,
        timeZone,
        skills: [],
        memberships: [{ departmentId }],
        status: 'active',
        presence: 'offline',
        createdAt: now,
        leave: [],
      },
    ],
    apiKeys: [given.apiKey],
    revokedKeys: [],
    oidc: null,
  }
}

/** A deleted account answers nothing; its name and number of changes stay, so that it is not made again. */
export const deleteAccount = (state: DirectoryState, now: string): DirectoryState => ({
  ...state,
  deletedAt: now,
  apiKeys: [],
  oidc: null,
  departments: state.departments.map((one) => ({ ...one, addresses: [] })),
})

export const SETTINGS_FIELDS = [
  'name',
  'defaultDepartmentId',
  'routeAssignedToMe',
  'reopenWindow',
  'locale',
  'timeZone',
  'replyToClosed',
] as const

export type SettingsInput = { [field in keyof Settings]?: Settings[field] | string }

export function updateSettings(
  state: DirectoryState,
  input: SettingsInput,
  mask: readonly string[] | undefined,
): DirectoryState {
  const named = namedFields(mask, input, SETTINGS_FIELDS)
  const merged: SettingsInput = { ...state.settings }
  for (const field of named) Object.assign(merged, { [field]: input[field] })
  const errors = new FieldErrors()
  const text = (field: keyof Settings): string => String(merged[field] ?? '')
  const settings: Settings = {
    name: line(text('name'), 'name', errors),
    defaultDepartmentId: text('defaultDepartmentId'),
    routeAssignedToMe: merged.routeAssignedToMe === true,
    reopenWindow: duration(text('reopenWindow'), 'reopenWindow', errors),
    locale: locale(text('locale'), 'locale', errors),
    timeZone: timeZone(text('timeZone'), 'timeZone', errors),
    replyToClosed: oneOf(text('replyToClosed'), REPLY_TO_CLOSED, 'replyToClosed', errors),
  }
  if (!state.departments.some((one) => one.id === settings.defaultDepartmentId)) {
    errors.addUnknown(
      'defaultDepartmentId',
      `There is no department "${clip(settings.defaultDepartmentId)}".`,
    )
  }
  errors.throwIfAny()
  return { ...state, settings }
}

/** What is said of the issuer; a secret that is left out stays with the same issuer, and null removes it. */
export interface OidcInput extends Partial<Omit<OidcIntegration, 'clientSecret'>> {
  clientSecret?: SealedText | null
}

export function setOidc(state: DirectoryState, input: OidcInput): DirectoryState {
  const errors = new FieldErrors()
  const issuer = issuerUrl(input.issuer, 'issuer', errors)
  const audience = line(input.audience, 'audience', errors, 500)
  const emailDomains = domainsOf(input.emailDomains ?? [], errors)
  errors.throwIfAny()
  const before = state.oidc?.issuer === issuer ? state.oidc.clientSecret : undefined
  const clientSecret = input.clientSecret === undefined ? before : (input.clientSecret ?? undefined)
  return {
    ...state,
    oidc: {
      issuer,
      audience,
      ...(clientSecret && { clientSecret }),
      ...(emailDomains.length > 0 && { emailDomains }),
    },
  }
}

const MOST_DOMAINS = 50
const DOMAIN = /^(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/

function domainsOf(given: readonly string[], errors: FieldErrors): string[] {
  if (given.length > MOST_DOMAINS) errors.add('emailDomains', `Give at most ${MOST_DOMAINS} domains.`)
  const domains = given.map((text, at) => {
    const domain = emailDomain(text)
    if (!DOMAIN.test(domain)) errors.add(`emailDomains[${at}]`, 'Must be a domain such as acme.example.')
    return domain
  })
  return [...new Set(domains)]
}

/** What follows the `@` of an address, or a domain by itself, in the one form that is compared. */
export const emailDomain = (text: string): string =>
  domainToASCII(text.trim().normalize('NFC').split('@').at(-1) ?? '').toLowerCase()

export function deleteOidc(state: DirectoryState): DirectoryState {
  if (!state.oidc) throw new Problem('not-found', 'The account trusts no issuer.')
  return { ...state, oidc: null }
}
