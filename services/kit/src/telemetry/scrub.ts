import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'

/**
 * Takes out of spans what libraries put in and nobody outside may see: queries (search texts, codes of a
 * sign-in), tokens that stand in paths, and addresses of people.
 */

/** Personal, and of no use to us. */
const REMOVED = [
  'client.address',
  'network.peer.address',
  'network.peer.port',
  'http.client_ip',
  'net.peer.ip',
  'net.peer.port',
  'user_agent.original',
  'http.user_agent',
  'url.query',
  'enduser.id',
]
const URLS = ['url.full', 'http.url']
const PATHS = ['url.path', 'http.target']

/** Ids of ours have 32 characters; what is longer, or looks like no word, is a token. */
const TOKEN = /^[A-Za-z0-9_~.-]{33,}$/

/** A path without its query and its tokens. */
export const plainPath = (path: string): string =>
  path
    .split(/[?#]/, 1)[0]!
    .split('/')
    .map((part) => (TOKEN.test(part) ? ':token' : part))
    .join('/')

/** Changes the attributes in place. */
export function scrub(attributes: Attributes, kind: SpanKind): void {
  for (const name of REMOVED) delete attributes[name]
  for (const name of PATHS) {
    const path = attributes[name]
    if (typeof path === 'string') attributes[name] = plainPath(path)
  }
  for (const name of URLS) {
    const text = attributes[name]
    if (typeof text !== 'string') continue
    const url = URL.parse(text)
    // Receivers of webhooks and Slack have their secret in the path.
    if (url === null) delete attributes[name]
    else attributes[name] = kind === SpanKind.CLIENT ? url.origin : url.origin + plainPath(url.pathname)
  }
}

/** A processor that gets no span before it is scrubbed. */
export const scrubbing = (inner: SpanProcessor): SpanProcessor => ({
  onStart: (span, context) => inner.onStart(span, context),
  onEnd: (span) => {
    scrub(span.attributes, span.kind)
    inner.onEnd(span)
  },
  forceFlush: () => inner.forceFlush(),
  shutdown: () => inner.shutdown(),
})
