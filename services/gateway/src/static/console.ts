import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { Readable } from 'node:stream'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

/**
 * Nothing runs but our own files. Pictures may come from elsewhere by TLS, since an agent may ask for those
 * of a mail; until then the console itself keeps them from being loaded. Text becomes markup only through the
 * two policies that `trusted-types` names: the sanitizer's, and ours for the service worker's address.
 */
const CSP = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob: https:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types onus dompurify',
].join('; ')

/** Files of the built console; null when there is no such file. Names with a hash may be kept for ever. */
export async function consoleFile(
  directory: string,
  path: string,
  acceptEncoding = '',
): Promise<Response | null> {
  const wanted = fileOf(directory, path)
  if (!wanted) return null
  const info = await stat(wanted).catch(() => null)
  if (!info?.isFile()) return null
  const packed = /\bbr\b/.test(acceptEncoding) ? await stat(`${wanted}.br`).catch(() => null) : null
  const hashed = /[.-][A-Za-z0-9_-]{8,}\.\w+$/.test(wanted)
  return new Response(
    Readable.toWeb(createReadStream(packed ? `${wanted}.br` : wanted)) as ReadableStream<Uint8Array>,
    {
      headers: {
        'content-type': TYPES[extname(wanted)] ?? 'application/octet-stream',
        'content-length': String((packed ?? info).size),
        ...(packed && { 'content-encoding': 'br' }),
        vary: 'accept-encoding',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': CSP,
        'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    },
  )
}

/** The console's one page, for every address that only the console knows; null where there is no console. */
export async function consolePage(directory: string, path: string): Promise<Response | null> {
  const isFile = /\.\w+$/.test(path)
  return isFile || /^\/(?:api|problems|auth)(?:\/|$)/.test(path) ? null : consoleFile(directory, '/')
}

/** A path inside the directory, or null for one that leads out of it. */
function fileOf(directory: string, path: string): string | null {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return null
  }
  if (decoded.includes('\0')) return null
  const wanted = normalize(join(directory, decoded === '/' ? 'index.html' : decoded))
  return wanted.startsWith(normalize(directory) + sep) ? wanted : null
}
