import { z } from '@hono/zod-openapi'
import { NOTICE_CHANNELS, NOTICE_EVENTS, REOPEN_POLICIES } from '@onus/workflows-contract'
import {
  actor,
  duration,
  email,
  id,
  line,
  locale,
  page,
  pageQuery,
  role,
  timeOfDay,
  timestamp,
  timeZone,
} from './common.ts'
import { examples } from './examples.ts'

export const account = z.object({ id: z.string(), name: z.string(), createdAt: timestamp }).openapi('Account')
export const accountPage = page('AccountPage', account)

export const newAccount = z
  .strictObject({
    name: line(1, 200),
    owner: z.strictObject({ name: line(1, 200), email }),
  })
  .openapi('NewAccount', { example: { name: 'Acme', owner: { name: 'Olive', email: 'olive@acme.example' } } })

const settingsFields = {
  name: line(1, 200),
  defaultDepartmentId: id,
  routeAssignedToMe: z.boolean(),
  reopenWindow: duration,
  replyToClosed: z.enum(['reopen', 'follow_up']),
  locale,
  timeZone,
}
export const settings = z.object(settingsFields).openapi('Settings')
export const settingsChange = z.strictObject(settingsFields).partial().openapi('SettingsChange')

const interval = z.tuple([timeOfDay, timeOfDay]).openapi({ minItems: 2, maxItems: 2 } as never)
const day = z.array(interval).max(12, 'At most 12 intervals.').optional()
const days = z.strictObject({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day })

export const hours = z
  .strictObject({
    timeZone,
    days,
    holidays: z.array(z.iso.date('Must be a date such as 2026-12-25.')).max(1000).optional(),
  })
  .openapi('Hours', {
    example: {
      timeZone: 'Europe/Madrid',
      days: { mon: [['09:00', '17:30']] },
      holidays: ['2026-12-25'],
    },
  })

export const distribution = z
  .strictObject({
    strategy: z.enum(['manual', 'round_robin', 'least_loaded', 'weighted', 'skill_based']),
    on: z
      .array(z.enum(['new', 'reopened', 'transferred']))
      .max(3)
      .optional(),
    fallbackDepartmentId: id.nullish(),
  })
  .openapi('Distribution')

export const claimTimeout = z
  .strictObject({
    warnAfter: duration.nullish(),
    then: z.enum(['notify', 'escalate', 'redistribute']),
    after: duration,
    toDepartmentId: id.nullish(),
  })
  .openapi('ClaimTimeout', { example: { warnAfter: 'PT20M', then: 'escalate', after: 'PT30M' } })

// Unions with null, since a reference to a schema cannot be made nullable in the document.
const departmentFields = {
  name: line(1, 200),
  reopenPolicy: z.enum(REOPEN_POLICIES).optional(),
  onlyOwnerAnswers: z.boolean().optional(),
  membersMayTakeOver: z.boolean().optional(),
  hours: z.union([hours, z.null()]).optional(),
  addresses: z.array(email).max(100, 'At most 100 addresses.').optional(),
  distribution: distribution.optional(),
  claimTimeout: z.union([claimTimeout, z.null()]).optional(),
}
export const newDepartment = z
  .strictObject(departmentFields)
  .openapi('NewDepartment', { example: { name: 'Billing', addresses: ['billing@acme.example'] } })
export const departmentChange = z.strictObject(departmentFields).partial().openapi('DepartmentChange')
export const department = z
  .object({
    id: z.string(),
    name: z.string(),
    reopenPolicy: z.enum(REOPEN_POLICIES),
    onlyOwnerAnswers: z.boolean(),
    membersMayTakeOver: z.boolean(),
    hours: hours.optional(),
    addresses: z.array(z.string()),
    distribution,
    claimTimeout: claimTimeout.optional(),
    createdAt: timestamp,
  })
  .openapi('Department', { example: examples.department as never })
export const departmentPage = page('DepartmentPage', department)

const skill = z.strictObject({
  name: line(1, 64),
  level: z.int('Must be a whole number from 1 to 5.').min(1, 'Must be 1 to 5.').max(5, 'Must be 1 to 5.'),
})
const membership = z.strictObject({
  departmentId: id,
  weight: z
    .int('Must be a whole number.')
    .min(1, 'Must be 1 to 100.')
    .max(100, 'Must be 1 to 100.')
    .nullish(),
})
const agentFields = {
  name: line(1, 200),
  email,
  role: role.optional(),
  locale: locale.optional(),
  timeZone: timeZone.optional(),
  capacity: z.int('Must be a whole number or null.').min(0, 'Must not be negative.').max(100_000).nullish(),
  skills: z.array(skill).max(200).optional(),
  memberships: z.array(membership).max(500).optional(),
  status: z.enum(['active', 'suspended', 'removed']).optional(),
  schedule: z.union([hours, z.null()]).optional(),
}
const moment = z.union([
  z.iso.datetime({ offset: true, error: 'Must be a time such as 2026-12-24T00:00:00Z, or a date.' }),
  z.iso.date('Must be a date such as 2026-12-24, or a time.'),
])
/** Times are in UTC when they are answered; a date given by a caller counts in the agent’s own zone. */
export const leave = z
  .object({ from: timestamp, until: timestamp, note: z.string().optional() })
  .openapi('Leave')
export const leaves = z
  .object({
    items: z.array(leave),
    version: z.string().openapi({ description: 'Another one after every change.' }),
  })
  .openapi('Leaves')
export const newLeave = z
  .strictObject({ from: moment, until: moment, note: line(1, 200).nullish() })
  .openapi('NewLeave', { example: { from: '2026-12-24', until: '2027-01-06', note: 'Holidays' } })
export const newLeaves = z
  .strictObject({
    items: z.array(newLeave).max(200, 'At most 200 times of leave.'),
    version: line(1, 64)
      .optional()
      .openapi({ description: 'The one that was read: refuse with `stale-revision` if there is another.' }),
  })
  .openapi('NewLeaves', {
    example: { items: [{ from: '2026-12-24', until: '2027-01-06', note: 'Holidays' }] },
  })
export const delegation = z
  .object({
    toAgentId: z.string(),
    from: timestamp,
    until: timestamp,
    mode: z.enum(['tickets', 'notices']),
  })
  .openapi('Delegation')
export const newDelegation = z
  .strictObject({
    toAgentId: id,
    from: moment.nullish().openapi({ description: 'Left out: it begins now.' }),
    until: moment,
    mode: z.enum(['tickets', 'notices']).optional(),
  })
  .openapi('NewDelegation', {
    example: {
      toAgentId: '0190f5c2a7b47d0f9c5e3a1b2d4c6e8f',
      from: '2026-12-24',
      until: '2027-01-06',
      mode: 'tickets',
    },
  })
export const newAgent = z
  .strictObject(agentFields)
  .openapi('NewAgent', { example: { name: 'Ana', email: 'ana@acme.example', role: 'agent' } })
export const agentChange = z.strictObject(agentFields).partial().openapi('AgentChange')
export const agent = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role,
    locale: z.string(),
    timeZone: z.string(),
    capacity: z.int().nullable(),
    skills: z.array(z.object({ name: z.string(), level: z.int() })),
    memberships: z.array(z.object({ departmentId: z.string(), weight: z.int().optional() })),
    status: z.enum(['active', 'suspended', 'removed']),
    presence: z.enum(['online', 'away', 'offline']),
    createdAt: timestamp,
    schedule: hours.optional(),
    leave: z.array(z.object({ from: timestamp, until: timestamp })),
    delegation: delegation.optional(),
  })
  .openapi('Agent', { example: examples.agent as never })
export const agentPage = page('AgentPage', agent)

export const presenceChange = z
  .strictObject({ presence: z.enum(['online', 'away', 'offline']) })
  .openapi('PresenceChange')

export const me = z
  .object({
    type: z.enum(['agent', 'api_client']),
    id: z.string(),
    name: z.string(),
    accountId: z.string(),
    scopes: z.array(z.string()),
    role: role.optional(),
    email: z.string().optional(),
    locale: z.string().optional(),
    timeZone: z.string().optional(),
    capacity: z.int32().nullish(),
    skills: agent.shape.skills.optional(),
    memberships: agent.shape.memberships.optional(),
    status: agent.shape.status.optional(),
    presence: agent.shape.presence.optional(),
    createdAt: timestamp.optional(),
    schedule: agent.shape.schedule,
    leave: agent.shape.leave.optional(),
    delegation: agent.shape.delegation,
  })
  .openapi('Me')

export const preferences = z
  .strictObject({
    locale,
    timeZone,
    quietHours: z.strictObject({ from: timeOfDay, to: timeOfDay }).nullish(),
    digest: z.strictObject({ every: duration }).nullish(),
    rules: z
      .array(
        z.strictObject({
          event: z.enum(NOTICE_EVENTS),
          channel: z.enum(NOTICE_CHANNELS),
          departmentId: id.nullish(),
          when: z.enum(['always', 'not_online', 'never']),
        }),
      )
      .max(1000, 'At most 1000 rules.'),
  })
  .openapi('Preferences', {
    example: {
      locale: 'en',
      timeZone: 'Europe/Madrid',
      rules: [{ event: 'ticket_assigned', channel: 'email', when: 'not_online' }],
    },
  })

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    agentId: z.string().optional(),
    scopes: z.array(z.string()),
    createdAt: timestamp,
    hint: z.string(),
  })
  .openapi('ApiKey')
export const apiKeyPage = page('ApiKeyPage', apiKey)
export const createdApiKey = apiKey
  .extend({ key: z.string().openapi({ description: 'The secret; shown this once.' }) })
  .openapi('CreatedApiKey')
export const newApiKey = z
  .strictObject({
    name: line(1, 200),
    agentId: id.nullish(),
    scopes: z.array(line(1, 64)).max(50).optional(),
  })
  .openapi('NewApiKey', { example: { name: 'Shop', scopes: ['tickets:write'] } })

export const createdAccount = z
  .object({ account, owner: agent, department, apiKey: z.string() })
  .openapi('CreatedAccount')

const issuer = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s?#]+$/, 'Must be the issuer’s URL, without query and fragment.')
const audience = line(1, 500)
const audienceNote = 'Also the client id under which the issuer knows Onus.'

export const oidcChange = z
  .strictObject({
    issuer,
    audience: audience.openapi({ description: audienceNote }),
    clientSecret: line(1, 1000).nullish().openapi({
      description:
        'What Onus proves itself with when people sign in to the console; is never shown again. Left out: stays while the issuer does; null: is removed.',
    }),
    emailDomains: z.array(line(3, 253)).max(50, 'At most 50 domains.').optional().openapi({
      description:
        'Whoever gives an e-mail address of these domains at the sign-in is led to this issuer. A domain belongs to one account.',
    }),
  })
  .openapi('OidcIntegrationChange', {
    example: { issuer: 'https://login.acme.example', audience: 'onus' },
  })
export const oidc = z
  .object({
    issuer,
    audience: audience.openapi({ description: audienceNote }),
    hasClientSecret: z.boolean(),
    emailDomains: z.array(z.string()),
    signInUrl: z.string().openapi({ description: 'Where the account’s people sign in.' }),
  })
  .openapi('OidcIntegration')

export const oidcTest = z
  .strictObject({ issuer: issuer.optional() })
  .openapi('OidcIntegrationTest', { example: { issuer: 'https://login.acme.example' } })
export const oidcTested = z
  .object({
    issuer: z.string(),
    ok: z.boolean(),
    reason: z
      .enum(['unreachable', 'not_found', 'other_issuer', 'incomplete', 'no_pkce', 'no_keys'])
      .optional()
      .openapi({ description: 'Why nobody could sign in with it.' }),
    redirectUri: z.string().openapi({ description: 'What the issuer has to allow for this client.' }),
  })
  .openapi('OidcIntegrationTested')

export const auditEntry = z
  .object({
    id: z.string(),
    at: timestamp,
    actor,
    action: z.string(),
    entityId: z.string(),
    fields: z.array(z.string()),
  })
  .openapi('AuditEntry')
export const auditQuery = pageQuery.extend({
  actorId: id.optional().openapi({ description: 'Only what this agent or API key did.' }),
  entityId: id.optional().openapi({ description: 'Only what was done to this.' }),
  action: z
    .string()
    .regex(/^[a-z_]{1,40}(\.[a-z_]{1,40})?$/, 'Must be an action such as agent.updated, or its first word.')
    .optional()
    .openapi({ description: 'Only this, for example `agent.updated`, or all of a kind: `agent`.' }),
  since: timestamp.optional().openapi({ description: 'Not before this moment.' }),
  until: timestamp.optional().openapi({ description: 'Before this moment.' }),
})
export const auditPage = page('AuditPage', auditEntry)
