import { Problem } from '@onus/kit/problems'
import { describe, expect, it } from 'vitest'
import { mediaType, readBody, requireJson } from './read.ts'

const request = (body: unknown, headers: Record<string, string> = {}): Request =>
  new Request('http://localhost/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

function endless(): { stream: ReadableStream<Uint8Array>; sent: () => number } {
  let sent = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1000
      controller.enqueue(new Uint8Array(1000))
    },
  })
  return { stream, sent: () => sent }
}

describe('readBody', () => {
  it('reads up to the limit', async () => {
    expect(Buffer.from(await readBody(request('12345'), 5)).toString()).toBe('12345')
    expect((await readBody(new Request('http://localhost/'), 5)).byteLength).toBe(0)
  })

  it('refuses one byte more', async () => {
    await expect(readBody(request('123456'), 5)).rejects.toMatchObject({ reason: 'payload-too-large' })
  })

  it('stops reading where the limit is, whatever was declared', async () => {
    const { stream, sent } = endless()
    await expect(readBody(request(stream), 5000)).rejects.toThrow(Problem)
    expect(sent()).toBeLessThan(10_000)
  })

  it('believes a declared length that is too large', async () => {
    const { stream, sent } = endless()
    const refused = readBody(request(stream, { 'content-length': '6000' }), 5000)
    await expect(refused).rejects.toMatchObject({ reason: 'payload-too-large' })
    expect(sent()).toBeLessThanOrEqual(1000)
  })

  it('takes no compressed body', async () => {
    const refused = readBody(request('x', { 'content-encoding': 'br' }), 5)
    await expect(refused).rejects.toMatchObject({ reason: 'unsupported-media-type' })
  })
})

it('knows the media type', () => {
  expect(mediaType(request('x', { 'content-type': 'Text/Plain; charset=utf-8' }))).toBe('text/plain')
})

describe('requireJson', () => {
  it.each(['application/json', 'application/json; charset=UTF-8', 'application/merge-patch+json'])(
    'takes %s',
    (type) => {
      expect(() => requireJson(request('{}', { 'content-type': type }))).not.toThrow()
    },
  )

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'json'])(
    'refuses %s',
    (type) => {
      expect(() => requireJson(request('{}', { 'content-type': type }))).toThrow(Problem)
    },
  )
})
