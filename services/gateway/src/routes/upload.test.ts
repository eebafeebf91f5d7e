import { Problem } from '@onus/kit/problems'
import { describe, expect, it } from 'vitest'
import { contentDisposition } from './attachments.ts'
import { readUpload, type Upload } from './upload.ts'

async function uploaded(body: FormData | string, headers: Record<string, string> = {}): Promise<Upload> {
  const request = new Request('http://localhost/', { method: 'POST', body, headers })
  return readUpload(await request.clone().bytes(), request)
}
const form = (...entries: [string, Blob | string, string?][]): FormData => {
  const data = new FormData()
  for (const [name, value, fileName] of entries)
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, value, fileName)
  return data
}
const file = new Blob(['hello'], { type: 'text/plain' })
const bytes = { 'content-type': 'application/octet-stream' }

describe('an upload', () => {
  it('comes as a form with one file', async () => {
    const upload = await uploaded(form(['file', file, 'naïve "x".txt']))
    expect(upload).toMatchObject({ name: 'naïve "x".txt', contentType: 'text/plain' })
    expect(Buffer.from(upload.bytes).toString()).toBe('hello')
  })

  it('comes as bytes with a name', async () => {
    const named = (disposition: string) => uploaded('hello', { ...bytes, 'content-disposition': disposition })
    expect((await named('attachment; filename="a b.txt"')).name).toBe('a b.txt')
    expect((await named("attachment; filename=x; filename*=UTF-8''na%C3%AFve.txt")).name).toBe('naïve.txt')
    expect((await uploaded('hello', bytes)).name).toBe('attachment')
  })

  it('keeps only the last part of a path', async () => {
    expect((await uploaded(form(['file', file, '../../etc/passwd']))).name).toBe('passwd')
    expect((await uploaded(form(['file', file, 'C:\\Users\\carla\\x.txt']))).name).toBe('x.txt')
  })

  it.each([
    ['no file', form(['note', 'x'])],
    ['two files', form(['file', file, 'a'], ['file', file, 'b'])],
    ['something else beside it', form(['file', file, 'a'], ['note', 'x'])],
    ['another name', form(['photo', file, 'a'])],
    ['no name', form(['file', file, '/'])],
    ['a name without end', form(['file', file, 'x'.repeat(300)])],
  ])('is refused with %s', async (_, data) => {
    await expect(uploaded(data)).rejects.toBeInstanceOf(Problem)
  })

  it('is refused if it is no form', async () => {
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x'])
      await expect(uploaded('hello', { 'content-type': type })).rejects.toMatchObject({
        reason: 'invalid-request',
      })
  })
})

it.each([
  ['a.txt', `attachment; filename="a.txt"; filename*=UTF-8''a.txt`],
  ['ünï "q".txt', `attachment; filename="_n_ _q_.txt"; filename*=UTF-8''%C3%BCn%C3%AF%20%22q%22.txt`],
  [
    'a\r\nSet-Cookie: x=1',
    `attachment; filename="a__Set-Cookie: x=1"; filename*=UTF-8''a__Set-Cookie%3A%20x%3D1`,
  ],
  ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ['', `attachment; filename="attachment"; filename*=UTF-8''attachment`],
])('names the download of %j harmlessly', (name, header) => {
  expect(contentDisposition(name)).toBe(header)
  expect(() => new Headers({ 'content-disposition': header })).not.toThrow()
})
