import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** The JSON Schemas of all events, and a check of an event against its own. */

export interface EventSchema {
  $id: string
  /** The event's type, for example `dev.onus.ticket.created.v1`. */
  title: string
  description: string
  $defs?: Record<string, object>
  examples?: unknown[]
  [keyword: string]: unknown
}

const FOLDER = new URL('./', import.meta.url)
const EVENT_FILE = /^dev\.onus\..*\.json$/

/** By event type, in alphabetical order. */
export function eventSchemas(): Map<string, EventSchema> {
  const files = readdirSync(FOLDER).filter((name) => EVENT_FILE.test(name))
  return new Map(
    files.sort().map((name) => {
      const schema = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as EventSchema
      return [schema.title, schema]
    }),
  )
}

let validators: Map<string, ValidateFunction> | undefined

/** What is wrong with the data of an event of this type; nothing when it is as its schema says. */
export function eventErrors(type: string, data: unknown): string[] {
  validators ??= compile()
  const validate = validators.get(type)
  if (!validate) return [`there is no schema for ${type}`]
  if (validate(data)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
}

function compile(): Map<string, ValidateFunction> {
  // Types stand beside what refines them, in `if` and `then`, so they need not be said again there.
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false })
  formats.default(ajv)
  return new Map([...eventSchemas()].map(([type, schema]) => [type, ajv.compile(schema)]))
}
