import type { z } from '@hono/zod-openapi'
import { type FieldProblem, problems } from '@onus/kit/problems'
import { parseJson, textFault } from '../body/json.ts'
import { requireJson } from '../body/read.ts'
import { fieldProblems } from '../validation.ts'
import type { Checked } from './operation.ts'

/** Ids are opaque; whatever could not be one names nothing that exists. */
const ID = /^[A-Za-z0-9._:-]{1,128}$/

/** Path parameters; a value that no id can have is answered like an id that does not exist. */
export function readParams(
  values: Record<string, string>,
  spec: { params?: z.ZodType; path: string },
): Checked {
  if (!spec.params) return {}
  for (const value of Object.values(values))
    if (!ID.test(value)) throw problems.notFound(thing(spec.path), value.toWellFormed().replaceAll('\0', ''))
  return values
}

/** `/tickets/{id}/claim` is about a ticket. */
const thing = (path: string): string => {
  const before = path.split('/{')[0] ?? ''
  return (before.split('/').pop() ?? 'thing').replace(/s$/, '')
}

/** Query parameters: each at most once unless the schema takes a list. */
export function readQuery(url: URL, schema: z.ZodType | undefined, lists: ReadonlySet<string>): Checked {
  const values: Record<string, string | string[]> = Object.create(null)
  const errors: FieldProblem[] = []
  for (const key of new Set(url.searchParams.keys())) {
    const name = key.toWellFormed().replaceAll('\0', '').slice(0, 100)
    const given = url.searchParams.getAll(key)
    const fault = given.map(textFault).find(Boolean)
    if (fault) errors.push({ field: name, message: fault })
    else if (lists.has(key)) values[key] = given.flatMap((text) => text.split(','))
    else if (given.length > 1) errors.push({ field: name, message: 'Given more than once; send it once.' })
    else values[key] = given[0] as string
  }
  if (!schema) {
    for (const key of Object.keys(values))
      errors.push({ field: key.slice(0, 100), message: 'Unknown parameter; remove it.' })
    if (errors.length > 0) throw problems.invalid(errors)
    return {}
  }
  const parsed = schema.safeParse({ ...values })
  if (!parsed.success) {
    // A parameter that repeats is one field to the caller.
    const named = fieldProblems(parsed.error, 'query')
    errors.push(...named.map(({ field, message }) => ({ field: field.replace(/\[\d+\]$/, ''), message })))
  }
  if (errors.length > 0) throw problems.invalid(errors)
  return parsed.data
}

/** A JSON body as it was sent, before its schema is asked; `undefined` when there was none. */
export function readRawJson(request: Request, bytes: Uint8Array, optional: boolean): unknown {
  if (bytes.byteLength === 0) {
    if (optional) return {}
    throw problems.invalid([{ field: 'body', message: 'Missing; send a JSON object.' }])
  }
  requireJson(request)
  return parseJson(bytes)
}

/** Checks a parsed body against its schema. */
export function checkBody(value: unknown, schema: z.ZodType): Checked {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw problems.invalid([{ field: 'body', message: 'Must be a JSON object.' }])
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw problems.invalid(fieldProblems(parsed.error, 'body'))
  return parsed.data
}
