import { lookup as resolve } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, type Response, fetch as undiciFetch } from 'undici'

/**
 * Addresses that users give us (webhooks, issuers, avatars) must not reach into our own network. A name is
 * resolved and every one of its addresses judged; the connection is made to the judged ones only, so that
 * an answer that changes between look and call changes nothing.
 */

export interface GuardOptions {
  /** Lets 127.0.0.0/8, ::1 pass; for the embedded stack and tests. */
  allowLoopback?: boolean
  /** Resolves a host name; default the system's resolver. */
  resolve?: (host: string) => Promise<string[]>
}

/** The address is not one that we call. */
export class ForbiddenAddress extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'ForbiddenAddress'
  }
}

/**
 * Resolves the host of a URL and judges all its addresses.
 * @returns the addresses
 * @throws ForbiddenAddress for another scheme than http(s), credentials, a host that does not resolve, and
 * any address that is private, link-local, reserved or otherwise not public
 */
export async function assertPublicAddress(url: string | URL, options: GuardOptions = {}): Promise<string[]> {
  const parsed = parseUrl(url)
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  return judgedAddresses(host, options)
}

/** Looks public, and is the machine's own host in Azure, which hands out certificates and settings. */
const CLOUD_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16'])

/** Whether an IP address is on the public internet (or loopback, where that is allowed). */
export function isPublicAddress(address: string, options: Pick<GuardOptions, 'allowLoopback'> = {}): boolean {
  if (!ipaddr.isValid(address)) return false
  // `process` turns an IPv4-mapped IPv6 address into the IPv4 address that it reaches.
  const reached = ipaddr.process(address)
  if (CLOUD_ADDRESSES.has(reached.toString())) return false
  const range = reached.range()
  return range === 'unicast' || (range === 'loopback' && options.allowLoopback === true)
}

/** The `lookup` of a socket that connects to public addresses only. */
export function pinnedLookup(options: GuardOptions = {}): LookupFunction {
  return (host, { all, family }, callback) => {
    judgedAddresses(host, options).then(
      (addresses) => {
        const entries = addresses
          .map((address) => ({ address, family: ipaddr.parse(address).kind() === 'ipv4' ? 4 : 6 }))
          .filter((entry) => !family || family === entry.family || family === `IPv${entry.family}`)
        const [first] = entries
        if (!first) callback(new ForbiddenAddress(`"${host}" has no address of that family`), '', 0)
        else if (all) callback(null, entries)
        else callback(null, first.address, first.family)
      },
      (error) => callback(error, '', 0),
    )
  }
}

/** What a guarded fetch takes of the usual one. */
export interface GuardedRequest {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal
}

export interface GuardedFetch {
  (url: string | URL, request?: GuardedRequest): Promise<Response>
  close(): Promise<void>
}

/** A fetch that calls public addresses only, and follows no redirect. */
export function createGuardedFetch(options: GuardOptions & { timeoutMs?: number } = {}): GuardedFetch {
  const { timeoutMs = 10_000 } = options
  const agent = new Agent({
    connect: { lookup: pinnedLookup(options), timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  const guarded = async (url: string | URL, request: GuardedRequest = {}): Promise<Response> => {
    // A literal address is never looked up, so the socket's lookup would not see it.
    await assertPublicAddress(url, options)
    return undiciFetch(url, { ...request, redirect: 'manual', dispatcher: agent })
  }
  return Object.assign(guarded, { close: () => agent.close() })
}

function parseUrl(url: string | URL): URL {
  if (!URL.canParse(String(url))) throw new ForbiddenAddress('This is not an absolute URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw new ForbiddenAddress('Only http and https are called')
  }
  if (parsed.username || parsed.password) throw new ForbiddenAddress('A URL must not carry credentials')
  return parsed
}

async function judgedAddresses(host: string, options: GuardOptions): Promise<string[]> {
  const addresses = ipaddr.isValid(host) ? [host] : await addressesOf(host, options)
  const [first] = addresses
  if (first === undefined) throw new ForbiddenAddress(`"${host}" has no address`)
  for (const address of addresses) {
    if (!isPublicAddress(address, options)) {
      throw new ForbiddenAddress(`"${host}" leads to an address that is not public`)
    }
  }
  return addresses
}

async function addressesOf(host: string, options: GuardOptions): Promise<string[]> {
  try {
    if (options.resolve) return await options.resolve(host)
    return (await resolve(host, { all: true })).map(({ address }) => address)
  } catch (cause) {
    throw Object.assign(new ForbiddenAddress(`"${host}" does not resolve`), { cause })
  }
}
