/**
 * What of a change of an event's JSON Schema breaks somebody within a major version. Two are protected: who
 * reads new events with the old schema in mind, and who checks old events (a topic keeps them) by the new one.
 * So a property may be added and so may a value; nothing may go, become narrower, or stop being certain.
 */

export type JsonSchema = boolean | { [keyword: string]: unknown }

/** Where a schema has a limit: tighter when the number goes this way. */
const LIMITS: Record<string, 'up' | 'down'> = {
  minLength: 'up',
  minItems: 'up',
  minProperties: 'up',
  minimum: 'up',
  exclusiveMinimum: 'up',
  maxLength: 'down',
  maxItems: 'down',
  maxProperties: 'down',
  maximum: 'down',
  exclusiveMaximum: 'down',
}
/** Must stay as they are: any other value lets other texts through, and an additional one fewer. */
const FIXED = ['pattern', 'format', 'contentEncoding', 'multipleOf', 'uniqueItems'] as const
/** One schema each. */
const SINGLE = [
  'items',
  'additionalProperties',
  'unevaluatedProperties',
  'if',
  'then',
  'else',
  'not',
] as const
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'] as const

/** Everything that breaks somebody, as `<where>: <what>`; nothing when the change is additive. */
export function breakingChanges(before: JsonSchema, after: JsonSchema): string[] {
  return new Comparison(before, after).compare()
}

class Comparison {
  readonly #before: JsonSchema
  readonly #after: JsonSchema
  readonly #found: string[] = []
  readonly #compared = new Set<string>()

  constructor(before: JsonSchema, after: JsonSchema) {
    this.#before = before
    this.#after = after
  }

  compare(): string[] {
    this.#visit('', this.#before, this.#after)
    return this.#found
  }

  #say(path: string, what: string): void {
    this.#found.push(`${path || '/'}: ${what}`)
  }

  #visit(path: string, before: JsonSchema | undefined, after: JsonSchema | undefined): void {
    const [old, now] = [resolved(before, this.#before), resolved(after, this.#after)]
    // A definition that refers to itself is compared once.
    if (old.ref && now.ref) {
      const refs = `${old.ref} ${now.ref}`
      if (this.#compared.has(refs)) return
      this.#compared.add(refs)
    }
    const [from, to] = [old.schema, now.schema]
    if (from === undefined || to === undefined || typeof from === 'boolean' || typeof to === 'boolean') {
      this.#plain(path, from, to)
      return
    }
    this.#types(path, from, to)
    this.#values(path, from, to)
    this.#limits(path, from, to)
    this.#required(path, from, to)
    this.#properties(path, from, to)
    for (const keyword of SINGLE) {
      if (keyword in from || keyword in to)
        this.#visit(`${path}/${keyword}`, from[keyword] as JsonSchema, to[keyword] as JsonSchema)
    }
    for (const keyword of LISTS) this.#list(`${path}/${keyword}`, keyword, from, to)
  }

  /** Where one side has no schema, or one that takes everything or nothing. */
  #plain(path: string, from: JsonSchema | undefined, to: JsonSchema | undefined): void {
    const open = (schema: JsonSchema | undefined) => schema === undefined || schema === true
    if (open(from) && open(to)) return
    if (from === to) return
    if (to === false) this.#say(path, 'nothing is allowed any more')
    else if (from === false) this.#say(path, 'is allowed now, and was certain not to be')
    else if (open(from)) this.#say(path, 'is limited now')
    else this.#say(path, 'was described, and is not any more')
  }

  #types(path: string, from: Fields, to: Fields): void {
    const [old, now] = [typesOf(from), typesOf(to)]
    if (!old && !now) return
    const gone = old ? [...old].filter((type) => now && !has(now, type)) : []
    const come = now ? [...now].filter((type) => old && !has(old, type)) : []
    if (gone.length > 0) this.#say(path, `the type ${gone.join(', ')} is gone`)
    if (come.length > 0) this.#say(path, `the type ${come.join(', ')} is new`)
    if (!old) this.#say(path, `is limited to the type ${[...(now ?? [])].join(', ')}`)
    if (!now) this.#say(path, 'may be of any type now')
  }

  #values(path: string, from: Fields, to: Fields): void {
    const [old, now] = [valuesOf(from), valuesOf(to)]
    if (!now) return
    if (!old) {
      this.#say(path, 'is limited to some values')
      return
    }
    const kept = new Set(now.map((value) => JSON.stringify(value)))
    const gone = old.filter((value) => !kept.has(JSON.stringify(value)))
    if (gone.length > 0)
      this.#say(path, `the value ${gone.map((each) => JSON.stringify(each)).join(', ')} is gone`)
  }

  #limits(path: string, from: Fields, to: Fields): void {
    for (const [keyword, tighter] of Object.entries(LIMITS)) {
      const [old, now] = [from[keyword], to[keyword]]
      if (typeof now !== 'number') continue
      const narrowed = typeof old !== 'number' || (tighter === 'up' ? now > old : now < old)
      if (narrowed) this.#say(path, `${keyword} is ${now}, and was ${old ?? 'not limited'}`)
    }
    for (const keyword of FIXED)
      if (JSON.stringify(from[keyword]) !== JSON.stringify(to[keyword]))
        this.#say(path, `${keyword} is another`)
  }

  #required(path: string, from: Fields, to: Fields): void {
    const [old, now] = [new Set(namesIn(from.required)), new Set(namesIn(to.required))]
    for (const name of now)
      if (!old.has(name)) this.#say(`${path}/${name}`, 'is required now: older events lack it')
    for (const name of old)
      if (!now.has(name)) this.#say(`${path}/${name}`, 'is not certain to be there any more')
  }

  #properties(path: string, from: Fields, to: Fields): void {
    const [old, now] = [propertiesOf(from), propertiesOf(to)]
    for (const [name, schema] of Object.entries(old)) {
      if (name in now) this.#visit(`${path}/${name}`, schema, now[name])
      else this.#say(`${path}/${name}`, 'is gone')
    }
    // A property that nobody knew may be anything, but not forbidden: it may have been there.
    for (const [name, schema] of Object.entries(now))
      if (!(name in old) && schema === false) this.#say(`${path}/${name}`, 'is forbidden now')
  }

  #list(path: string, keyword: string, from: Fields, to: Fields): void {
    const [old, now] = [schemasIn(from[keyword]), schemasIn(to[keyword])]
    old.forEach((schema, at) => {
      if (at < now.length) this.#visit(`${path}/${at}`, schema, now[at])
      else this.#say(`${path}/${at}`, 'is gone')
    })
    if (old.length === 0 && now.length > 0 && keyword !== 'allOf') this.#say(path, 'limits it now')
  }
}

type Fields = { [keyword: string]: unknown }

/** Follows a reference within the document; what stands beside it is added. */
function resolved(
  schema: JsonSchema | undefined,
  root: JsonSchema,
): { schema: JsonSchema | undefined; ref?: string } {
  if (typeof schema !== 'object') return { schema }
  const { $ref, ...beside } = schema
  if (typeof $ref !== 'string') return { schema }
  let target: unknown = root
  for (const step of $ref.replace(/^#\//, '').split('/')) target = (target as Fields | undefined)?.[step]
  if (typeof target !== 'object' || target === null) return { schema: { ...beside, $ref }, ref: $ref }
  return { schema: { ...(target as Fields), ...beside }, ref: $ref }
}

/** An integer is a number too. */
const has = (types: Set<string>, type: string): boolean =>
  types.has(type) || (type === 'integer' && types.has('number'))

function typesOf({ type }: Fields): Set<string> | null {
  if (typeof type === 'string') return new Set([type])
  return Array.isArray(type) ? new Set(type.map(String)) : null
}

function valuesOf(schema: Fields): unknown[] | null {
  if ('const' in schema) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : null
}

const namesIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const schemasIn = (value: unknown): JsonSchema[] => (Array.isArray(value) ? (value as JsonSchema[]) : [])
const propertiesOf = ({ properties }: Fields): Record<string, JsonSchema> =>
  (properties ?? {}) as Record<string, JsonSchema>
