import { Problem } from '@onus/kit/problems'

/**
 * Reads a request body of at most `limit` bytes. Bytes are counted as they come, whatever the
 * content-length header claims, so that nothing larger is ever held.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding')
  if (encoding && encoding.toLowerCase() !== 'identity')
    throw new Problem(
      'unsupported-media-type',
      'Compressed bodies are not taken; send the body without content-encoding.',
    )
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limit) throw tooLarge(limit)
  if (!request.body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > limit) {
      await reader.cancel().catch(() => undefined)
      throw tooLarge(limit)
    }
    chunks.push(value)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)
}

function tooLarge(limit: number): Problem {
  return new Problem('payload-too-large', `The body has more than ${limit} bytes; send less.`)
}

/** The media type of a request without its parameters, in lower case; empty when none was sent. */
export function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Refuses everything that is not JSON in UTF-8. */
export function requireJson(request: Request): void {
  const type = mediaType(request)
  if (type !== 'application/json' && !/^application\/[\w.+-]+\+json$/.test(type))
    throw new Problem('unsupported-media-type', 'Send the body as content-type: application/json.')
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(request.headers.get('content-type') ?? '')?.[1]
  if (charset && !/^utf-?8$/i.test(charset))
    throw new Problem('unsupported-media-type', 'JSON is taken in UTF-8 only; send charset=utf-8 or none.')
}
