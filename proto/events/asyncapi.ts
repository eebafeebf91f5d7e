import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type EventSchema, eventSchemas } from './index.ts'

/**
 * The AsyncAPI document, made of the events' schemas: `node proto/events/asyncapi.ts` writes it. It stands by
 * itself, so that it can be served and read without the files that it was made of.
 */

interface Topic {
  name: string
  address: string
  title: string
  description: string
  /** The beginnings of the types of its events. */
  types: RegExp
  key: string
}

const TOPICS: Topic[] = [
  {
    name: 'ticketEvents',
    address: 'onus.ticket-events.v1',
    title: 'Ticket events',
    description:
      'Every entry of every timeline. All events of one ticket are in one partition, in order; `ce_sequence` counts them from 1 without a gap. At least once: a repeat has the same `ce_id` and is equal.',
    types: /^dev\.onus\.ticket\./,
    key: 'The ticket.',
  },
  {
    name: 'notificationEvents',
    address: 'onus.notification-events.v1',
    title: 'Notification events',
    description: 'What became of each notice: its line of the ledger after every change.',
    types: /^dev\.onus\.notification\./,
    key: 'The notice.',
  },
  {
    name: 'directoryEvents',
    address: 'onus.directory-events.v1',
    title: 'Directory events',
    description:
      'Accounts, departments and agents, whole, after every change. The topic is compacted: the last event of each entity stays.',
    types: /^dev\.onus\.(?:account|department|agent)\./,
    key: 'The account, department or agent.',
  },
]

const CLOUD_EVENT_HEADERS = {
  type: 'object',
  required: [
    ...['content-type', 'ce_specversion', 'ce_id', 'ce_source', 'ce_subject', 'ce_type', 'ce_time'],
    ...['ce_dataschema', 'ce_partitionkey'],
  ],
  properties: {
    'content-type': { type: 'string', const: 'application/json' },
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string', description: 'The same on a repeat: deduplicate by it.' },
    ce_source: { type: 'string', description: 'For example `/accounts/<accountId>/tickets`.' },
    ce_subject: { type: 'string', description: 'What the event is about; the key of the record.' },
    ce_type: { type: 'string' },
    ce_time: { type: 'string', format: 'date-time' },
    ce_dataschema: { type: 'string', format: 'uri' },
    ce_sequence: {
      type: 'string',
      pattern: '^[0-9]{10,}$',
      description: 'Padded, so that it compares as text.',
    },
    ce_partitionkey: { type: 'string' },
    ce_traceparent: { type: 'string', description: 'W3C trace context of what caused it.' },
  },
}

/** Events that only webhooks get. */
const WEBHOOK_TYPES = /^dev\.onus\.webhook\./
const STRUCTURED = 'application/cloudevents+json'
const WEBHOOK_TRAIT = { $ref: '#/components/messageTraits/webhook' }
const WEBHOOK_HEADERS = {
  type: 'object',
  required: ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'],
  properties: {
    'content-type': { type: 'string', description: `\`${STRUCTURED}\`.` },
    'webhook-id': { type: 'string', description: 'The event’s id, the same on a repeat: deduplicate by it.' },
    'webhook-timestamp': { type: 'string', pattern: '^[0-9]+$', description: 'Seconds since 1970.' },
    'webhook-signature': {
      type: 'string',
      description:
        '`v1,` and the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>` in base64; several are apart by spaces.',
    },
  },
}

const HOME = 'https://onus.dev'

export function asyncApiDocument(schemas: Map<string, EventSchema> = eventSchemas()): object {
  const messages: Record<string, object> = {}
  const components: Record<string, unknown> = {}
  const channels: Record<string, object> = {}
  const operations: Record<string, object> = {}
  const add = (schema: EventSchema, more: object) => {
    const { title: type, examples = [] } = schema
    Object.assign(components, standalone(schema))
    messages[type] = {
      name: type,
      title: type,
      summary: schema.description,
      ...more,
      payload: { $ref: `#/components/schemas/${type}` },
      ...(examples.length > 0 && { examples: examples.map((payload) => ({ payload })) }),
    }
  }
  for (const { name, address, title, description, types, key } of TOPICS) {
    const own = [...schemas.values()].filter((schema) => types.test(schema.title))
    for (const schema of own) {
      add(schema, {
        contentType: 'application/json',
        traits: [{ $ref: '#/components/messageTraits/cloudEvent' }],
        bindings: { kafka: { key: { type: 'string', description: key } } },
      })
    }
    channels[name] = {
      address,
      title,
      description,
      messages: Object.fromEntries(
        own.map((schema) => [schema.title, { $ref: `#/components/messages/${schema.title}` }]),
      ),
      bindings: { kafka: { topic: address } },
    }
    operations[`send${name[0]?.toUpperCase()}${name.slice(1)}`] = {
      action: 'send',
      title: `Onus sends ${title.toLowerCase()}`,
      channel: { $ref: `#/channels/${name}` },
    }
  }
  const ofWebhooks = [...schemas.values()].filter((schema) => WEBHOOK_TYPES.test(schema.title))
  for (const schema of ofWebhooks) add(schema, { contentType: STRUCTURED, traits: [WEBHOOK_TRAIT] })
  channels.webhooks = {
    address: null,
    title: 'Webhooks',
    description:
      'The address that you give to `POST /webhooks`. It gets every event of the topics that it subscribes to, as a CloudEvent in structured JSON mode whose `data` is the payload described here, signed as Standard Webhooks has it; and this one when somebody tries it out.',
    messages: Object.fromEntries(
      ofWebhooks.map(({ title }) => [title, { $ref: `#/components/messages/${title}` }]),
    ),
  }
  operations.sendWebhooks = {
    action: 'send',
    title: 'Onus calls a webhook',
    channel: { $ref: '#/channels/webhooks' },
    bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Onus events',
      version: '1.0.0',
      description:
        'Who is responsible for every ticket, as it changes. CloudEvents 1.0 in binary mode over Kafka. Additive changes only within a major version: ignore fields and values that you do not know.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      externalDocs: { url: `${HOME}/docs/integrate/events` },
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: {
      messages,
      schemas: components,
      messageTraits: {
        cloudEvent: { headers: CLOUD_EVENT_HEADERS },
        webhook: { headers: WEBHOOK_HEADERS },
      },
    },
  }
}

/** A schema as components of the document: its own definitions become components beside it. */
function standalone(schema: EventSchema): Record<string, unknown> {
  const { $schema, $id, $defs = {}, examples, ...rest } = schema
  const moved = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', `"#/components/schemas/${schema.title}.`))
  const definitions = Object.entries($defs).map(([name, definition]) => [
    `${schema.title}.${name}`,
    moved(definition),
  ])
  return {
    [schema.title]: { ...(moved(rest) as object), externalDocs: { url: $id } },
    ...Object.fromEntries(definitions),
  }
}

export const ASYNC_API_FILE = fileURLToPath(new URL('./asyncapi.json', import.meta.url))

export const readAsyncApi = (): object => JSON.parse(readFileSync(ASYNC_API_FILE, 'utf8'))

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(ASYNC_API_FILE, `${JSON.stringify(asyncApiDocument(), null, 2)}\n`)
