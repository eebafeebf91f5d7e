import { existsSync } from 'node:fs'
import { z } from 'zod'
import { Api, Refused } from './api.ts'
import type { DemoAccount, DemoAgent } from './local.ts'
import { readJson, writeJson } from './memory.ts'

/** The demo's departments, the default first, with the local part of their address. */
const DEPARTMENTS = [
  { name: 'Support', address: 'support' },
  { name: 'Billing', address: 'billing' },
  { name: 'Marketing', address: 'marketing' },
]
const OWNER = { name: 'Olivia Okafor', email: 'olivia' }
const AGENTS = [
  { name: 'Adam Adler', email: 'adam', role: 'admin', in: ['Support', 'Billing', 'Marketing'] },
  { name: 'Sam Sato', email: 'sam', role: 'agent', in: ['Support'] },
  { name: 'Sara Silva', email: 'sara', role: 'agent', in: ['Support'] },
  { name: 'Ben Bauer', email: 'ben', role: 'agent', in: ['Billing'] },
  { name: 'Bea Brun', email: 'bea', role: 'agent', in: ['Billing'], locale: 'fr' },
  { name: 'Sonia Sousa', email: 'sonia', role: 'agent', in: ['Marketing'] },
  { name: 'Marc Meyer', email: 'marc', role: 'agent', in: ['Marketing'] },
]

const demoSchema = z.object({
  accountId: z.string(),
  departments: z.array(z.object({ id: z.string(), name: z.string() })),
  agents: z.array(
    z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.string(), apiKey: z.string() }),
  ),
})

interface Created {
  id: string
  name: string
}

/**
 * Makes the demo account through the public API, once for a data directory, and answers it. An account whose
 * keys are not taken any more (the database was emptied) is made anew. Every step has an idempotency key of
 * its own, so that a seeding that broke off is carried on.
 * @param file keeps the account with its keys
 */
export async function seedDemoAccount(options: {
  baseUrl: string
  operatorKey: string
  seed: string
  file: string
  oidcIssuer: string
  oidcAudience: string
}): Promise<DemoAccount> {
  const operator = new Api(options.baseUrl, options.operatorKey)
  const known = readJson(options.file, demoSchema)
  const demo = known && (await isAccepted(operator, known)) ? known : await make(operator, options)
  const owner = operator.as(ownerKey(demo))
  await owner.ask('PUT', '/integrations/oidc', { issuer: options.oidcIssuer, audience: options.oidcAudience })
  return demo
}

const ownerKey = (demo: DemoAccount): string => demo.agents.find(({ role }) => role === 'owner')?.apiKey ?? ''

async function isAccepted(operator: Api, demo: DemoAccount): Promise<boolean> {
  try {
    await operator.as(ownerKey(demo)).ask('GET', '/me')
    return true
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return false
    throw error
  }
}

async function make(operator: Api, options: { seed: string; file: string }): Promise<DemoAccount> {
  // A second account in the same database needs addresses of its own.
  const again = existsSync(options.file) ? '-again' : ''
  const domains = ['demo.example', `demo-${options.seed.slice(0, 6)}${again}.example`]
  for (const domain of domains) {
    try {
      const demo = await makeIn(domain, operator, options.seed)
      writeJson(options.file, demo)
      return demo
    } catch (error) {
      const taken = error instanceof Refused && /address-taken|already-exists/.test(error.type)
      if (!taken || domain === domains.at(-1)) throw error
    }
  }
  throw new Error('no domain is free for the demo account')
}

async function makeIn(domain: string, operator: Api, seed: string): Promise<DemoAccount> {
  const step = (name: string) => `demo-${seed}-${domain}-${name}`
  const made = await operator.ask<{
    account: Created
    owner: Created
    department: Created
    apiKey: string | { key: string }
  }>(
    'POST',
    '/accounts',
    { name: 'Demo', owner: { name: OWNER.name, email: `${OWNER.email}@${domain}` } },
    { idempotencyKey: step('account') },
  )
  const key = typeof made.apiKey === 'string' ? made.apiKey : made.apiKey.key
  const owner = operator.as(key)

  const departments: Created[] = []
  for (const [index, { name, address }] of DEPARTMENTS.entries()) {
    const addresses = [`${address}@${domain}`]
    const { id } =
      index === 0
        ? await owner.ask<Created>('PATCH', `/departments/${made.department.id}`, { name, addresses })
        : await owner.ask<Created>(
            'POST',
            '/departments',
            { name, addresses },
            { idempotencyKey: step(`department-${name}`) },
          )
    departments.push({ id, name })
  }

  const idOf = (name: string) => departments.find((department) => department.name === name)?.id
  const agents: DemoAgent[] = [
    { id: made.owner.id, name: OWNER.name, email: `${OWNER.email}@${domain}`, role: 'owner', apiKey: key },
  ]
  for (const { name, email, role, locale, in: names } of AGENTS) {
    const agent = {
      name,
      email: `${email}@${domain}`,
      role,
      locale: locale ?? 'en',
      memberships: names.map((department) => ({ departmentId: idOf(department) })),
    }
    const { id } = await owner.ask<Created>('POST', '/agents', agent, {
      idempotencyKey: step(`agent-${email}`),
    })
    const body = { name: `${name} (demo)`, agentId: id }
    const { key: apiKey } = await owner.ask<{ key: string }>('POST', '/api-keys', body, {
      idempotencyKey: step(`key-${email}`),
    })
    agents.push({ id, name, email: agent.email, role, apiKey })
  }
  return { accountId: made.account.id, departments, agents }
}
