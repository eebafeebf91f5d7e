import { problems } from '@onus/kit/problems'
import { mediaType } from '../http/body/read.ts'

/** A file as it was uploaded. */
export interface Upload {
  name: string
  contentType: string
  bytes: Uint8Array
}

/** Reads a file out of a form, or takes the whole body for it. */
export async function readUpload(bytes: Uint8Array, request: Request): Promise<Upload> {
  const upload =
    mediaType(request) === 'multipart/form-data' ? await fromForm(bytes, request) : fromBytes(bytes, request)
  const name = fileName(upload.name)
  if (!name)
    throw problems.invalid([{ field: 'file', message: 'Give the file a name of at most 255 characters.' }])
  return { ...upload, name }
}

async function fromForm(bytes: Uint8Array, request: Request): Promise<Upload> {
  let form: FormData
  try {
    const headers = { 'content-type': request.headers.get('content-type') ?? '' }
    form = await new Response(bytes as Uint8Array<ArrayBuffer>, { headers }).formData()
  } catch {
    throw problems.invalid([{ field: 'body', message: 'Is no multipart form; check the boundary.' }])
  }
  const files = [...form].filter((entry): entry is [string, File] => entry[1] instanceof File)
  const [file] = files
  if (!file || files.length > 1 || [...form].length > 1)
    throw problems.invalid([{ field: 'file', message: 'Send exactly one file, as the field "file".' }])
  if (file[0] !== 'file')
    throw problems.invalid([{ field: file[0].slice(0, 100), message: 'Unknown field; name it "file".' }])
  return {
    name: file[1].name,
    contentType: file[1].type || 'application/octet-stream',
    bytes: await file[1].bytes(),
  }
}

function fromBytes(bytes: Uint8Array, request: Request): Upload {
  const header = request.headers.get('content-disposition') ?? ''
  const encoded = /filename\*\s*=\s*UTF-8''([^;\s]+)/i.exec(header)?.[1]
  const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header)
  let name = plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2] ?? ''
  try {
    if (encoded) name = decodeURIComponent(encoded)
  } catch {
    throw problems.invalid([
      { field: 'Content-Disposition', message: 'filename* is not percent-encoded UTF-8.' },
    ])
  }
  return { name: name || 'attachment', contentType: 'application/octet-stream', bytes }
}

/** The last part of a path, without what no file name should have. */
function fileName(given: string): string {
  const last = given.toWellFormed().split(/[/\\]/).pop() ?? ''
  const clean = last.replace(/\p{Cc}/gu, '').trim()
  return [...clean].length > 255 ? '' : clean
}
