import { z } from '@hono/zod-openapi'
import { ROLES } from '@onus/workflows-contract'
import { examples } from './examples.ts'

/** The shapes that every resource shares. Requests are strict; answers may grow. */

/** Text without NUL, counted in characters and not in UTF-16 units. */
export const text = (min: number, max: number) =>
  z
    .string()
    .refine((value) => length(value, max) >= min && length(value, max) <= max, {
      message: min > 0 ? `Must have ${min} to ${max} characters.` : `Must have at most ${max} characters.`,
    })
    .openapi({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' })

/** Characters of a text; counting stops where it is too long anyway. */
function length(value: string, max: number): number {
  if (value.length <= max) return value.length === 0 ? 0 : Math.max(1, [...value].length)
  return value.length > max * 2 ? value.length : [...value].length
}

/** One line of text: no line breaks or other control characters. */
export const line = (min: number, max: number) =>
  text(min, max)
    .refine((value) => !/\p{Cc}/u.test(value), {
      message: 'Must be one line without control characters.',
    })
    .openapi({ minLength: min, maxLength: max, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' })

export const id = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, 'Is no id; use one that the API gave you.')
  .openapi({ example: '019312d0c5a27cc1b1d2a0e4b8b7a001' })

export const email = z
  .string()
  .max(254, 'Must have at most 254 characters.')
  .regex(
    // Lenient on purpose: only mail itself can tell whether an address works.
    /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{1,189}$/,
    'Must be an e-mail address such as ana@example.com.',
  )
  .openapi({
    example: 'ana@example.com',
    pattern: '^[A-Za-z0-9]{1,30}([.+_-][A-Za-z0-9]{1,30})?@[a-z0-9]{1,30}(\\.[a-z]{2,20}){1,2}$',
  })

export const timestamp = z.iso
  .datetime({ offset: true, message: 'Must be an RFC 3339 time such as 2026-03-01T09:00:00Z.' })
  .openapi({ format: 'date-time', example: '2026-03-01T09:00:00.000Z' })

/** ISO 8601, for example `PT30M` or `P7D`. */
export const duration = z
  .string()
  .max(40, 'Must have at most 40 characters.')
  .regex(
    /^P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/,
    'Must be an ISO 8601 duration such as PT30M or P7D.',
  )
  .openapi({ example: 'P7D' })

export const timeOfDay = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'Must be a time of day such as 09:30.')
  .openapi({ example: '09:00' })

export const timeZone = z
  .string()
  .max(64, 'Must have at most 64 characters.')
  .refine(isTimeZone, { message: 'Must be an IANA time zone such as Europe/Madrid.' })
  .openapi({ example: 'Europe/Madrid' })

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone.length > 0
  } catch {
    return false
  }
}

export const locale = z
  .string()
  .max(35, 'Must have at most 35 characters.')
  .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'Must be a language tag such as en or pt-BR.')
  .openapi({ example: 'en' })

export const role = z.enum(ROLES)

export const idParams = z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' } }) })

/** Of commands that need nothing but their path. */
export const emptyBody = z.strictObject({})

/** `?limit=&cursor=` of every list. */
export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'Must be a whole number from 1 to 200.')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 200, { message: 'Must be a whole number from 1 to 200.' })
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50 }),
  cursor: z
    .string()
    .min(1, 'Leave it out for the first page.')
    .max(2048, 'Is no cursor of this list.')
    .optional()
    .openapi({ description: 'The `nextCursor` of the page before.' }),
})

/** A page as the services take it. */
export const toPage = (query: { limit?: number; cursor?: string }) => ({
  limit: query.limit ?? 50,
  cursor: query.cursor ?? '',
})

export const page = <T extends z.ZodType>(name: string, item: T) =>
  z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().openapi({ description: 'null on the last page.' }),
    })
    .openapi(name)

export const actor = z
  .object({
    type: z.enum(['agent', 'contact', 'api_client', 'system']),
    id: z.string().optional(),
    name: z.string().optional(),
  })
  .openapi('Actor')

export const cause = z
  .looseObject({ type: z.string() })
  .openapi('Cause', { description: 'Why it happened: `{type, ...}`.', example: { type: 'claim' } })

export const holder = z.object({ departmentId: z.string(), agentId: z.string().nullable() })

export const responsibility = holder
  .extend({
    revision: z.int(),
    since: timestamp,
    actor,
    cause,
    reason: z.string().optional(),
    until: timestamp.optional(),
  })
  .openapi('Responsibility', { example: examples.responsibility })

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    current: responsibility.optional(),
  })
  .openapi('Problem', { description: 'RFC 9457 problem document.' })

/** Any JSON value whose shape is not ours to know. */
export const json = z.unknown().openapi({ description: 'Any JSON value.' })
