import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Configuration, Provider } from 'oidc-provider'

/** Somebody whom a company's issuer knows. */
export interface Person {
  sub: string
  email: string
  emailVerified?: boolean
}

export interface CompanyIssuer {
  url: string
  clientId: string
  clientSecret: string
  /** Walks from the address that Onus sends a browser to until the browser is sent back; `who` signs in. */
  walk(location: string, who: Person): Promise<URL>
  close(): Promise<void>
}

/** A real OpenID provider with one confidential client, as a company has it; it asks nobody for a password. */
export async function startCompanyIssuer(
  redirectUri: string,
  clientId = 'onus-at-acme',
): Promise<CompanyIssuer> {
  const clientSecret = 'a-secret-of-the-client-that-is-long-enough'
  const people = new Map<string, Person>()
  let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void = () => {}
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const configuration: Configuration = {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['k'.repeat(32)] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    async findAccount(_, sub) {
      const person = people.get(sub)
      if (!person) return undefined
      const { email, emailVerified = true } = person
      return { accountId: sub, claims: () => ({ sub, email, email_verified: emailVerified }) }
    },
  }
  const provider = new Provider(url, configuration)
  const callback = provider.callback()
  let signsIn = ''
  handle = async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response)
    const { prompt, params } = await provider.interactionDetails(request, response)
    const grant = new provider.Grant({ accountId: signsIn, clientId: String(params.client_id) })
    grant.addOIDCScope('openid email')
    const result =
      prompt.name === 'login'
        ? { login: { accountId: signsIn } }
        : { consent: { grantId: await grant.save() } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  }
  return {
    url,
    clientId,
    clientSecret,
    async walk(location, who) {
      people.set(who.sub, who)
      signsIn = who.sub
      const cookies = new Map<string, string>()
      for (let next = new URL(location); ; ) {
        if (next.origin !== url) return next
        const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
        const answer = await fetch(next, { redirect: 'manual', headers: { cookie } })
        for (const set of answer.headers.getSetCookie()) {
          const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
          cookies.set(name, value)
        }
        const to = answer.headers.get('location')
        if (!to) throw new Error(`the issuer stopped at ${next.pathname}: ${await answer.text()}`)
        next = new URL(to, url)
      }
    },
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}
