import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { PROBLEM_TYPE_BASE, PROBLEMS, type Reason } from '@onus/kit/problems'
import { problem } from '../api/common.ts'
import { examples } from '../api/examples.ts'
import { type AnyOperation, operationRefusals } from '../http/operation/operation.ts'

/** The OpenAPI 3.1 document, made of the same operations that are served. */

const DESCRIPTION = `Onus always knows who is responsible for a ticket: one department and at most one agent.

- Every error is an \`application/problem+json\` document; its \`type\` is one of the documented list at \`/problems\`.
- A refusal by race or state is a 409 and carries \`current\`, the ticket's responsibility as it is.
- \`Idempotency-Key\` on any POST: a repeat within 24 hours gets the first answer.
- Lists are cursor-paged: send \`nextCursor\` back as \`cursor\`.
- What one may not see is a 404; what one may see and not do is a 403. Permission is checked before validation.`

export interface DocumentOptions {
  /** Where the API is reached. */
  publicUrl: string
  version: string
  /** An issuer whose tokens people usually sign in with. */
  issuer?: string
}

export function openApiDocument(operations: AnyOperation[], options: DocumentOptions) {
  const { openAPIRegistry: registry, ...app } = withRegistry()
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or the operator key for `/accounts`.',
  })
  registry.registerComponent(
    'securitySchemes',
    'oidc',
    options.issuer
      ? { type: 'openIdConnect', openIdConnectUrl: `${options.issuer}/.well-known/openid-configuration` }
      : {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An identity token of the issuer that the account trusts.',
        },
  )
  for (const spec of operations) registry.registerPath(pathOf(spec))
  return app.document({
    openapi: '3.1.0',
    info: {
      title: 'Onus',
      version: options.version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: `${options.publicUrl}/api/v1` }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    externalDocs: { url: `${options.publicUrl}/problems`, description: 'The list of problems.' },
  })
}

function withRegistry() {
  const hono = new OpenAPIHono()
  return {
    openAPIRegistry: hono.openAPIRegistry,
    document: (config: Parameters<typeof hono.getOpenAPI31Document>[0]) => hono.getOpenAPI31Document(config),
  }
}

type PathConfig = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0]

function pathOf(spec: AnyOperation): PathConfig {
  const secured = spec.door !== 'public'
  return {
    method: spec.method,
    path: spec.path,
    operationId: spec.id,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description && { description: spec.description }),
    security: secured ? (spec.door === 'operator' ? [{ apiKey: [] }] : [{ apiKey: [] }, { oidc: [] }]) : [],
    ...(secured && spec.method === 'post' && { parameters: [IDEMPOTENCY_KEY] }),
    request: {
      ...(spec.params && { params: spec.params as never }),
      ...(spec.query && { query: spec.query as never }),
      ...(spec.headers && { headers: spec.headers as never }),
      ...requestBody(spec),
    },
    responses: { ...answersOf(spec), ...refusalsOf(spec) },
  }
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Any text of yours, for example a UUID. A repeat within 24 hours gets the first answer.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  example: '5f0c6f0e-6f3a-4a6e-8a53-0d2c1d4b9a01',
} as const

function requestBody(spec: AnyOperation): Pick<NonNullable<PathConfig['request']>, 'body'> {
  if (spec.body) {
    return {
      body: {
        required: !spec.bodyOptional,
        content: {
          'application/json': {
            schema: spec.body as z.ZodType,
            ...(spec.bodyExample && { example: spec.bodyExample }),
          },
        },
      },
    }
  }
  if (spec.raw) {
    const content = Object.entries(spec.raw.mediaTypes).map(([type, { schema }]) => [type, { schema }])
    return { body: { required: true, content: Object.fromEntries(content) } }
  }
  return {}
}

function answersOf(spec: AnyOperation): PathConfig['responses'] {
  const answers = Object.entries(spec.answers).map(([status, answer]) => {
    const type = answer.mediaType ?? 'application/json'
    const schema = answer.schema ?? (answer.mediaType ? { type: 'string', format: 'binary' } : undefined)
    const headers = Object.entries(answer.headers ?? {}).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ])
    return [
      status,
      {
        description: answer.description,
        ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
        ...(schema && {
          content: { [type]: { schema, ...(answer.example !== undefined && { example: answer.example }) } },
        }),
      },
    ]
  })
  return Object.fromEntries(answers)
}

/** One answer for each status, with an example for each reason that can be behind it. */
function refusalsOf(spec: AnyOperation): PathConfig['responses'] {
  const byStatus = Map.groupBy(operationRefusals(spec), (reason) => PROBLEMS[reason].status)
  const refusals = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, reasons]) => [
      status,
      {
        description: reasons.map((reason) => `\`${reason}\`: ${PROBLEMS[reason].doc}`).join('\n\n'),
        ...(HEADERS[status] && { headers: HEADERS[status] }),
        content: {
          'application/problem+json': {
            schema: problem,
            examples: Object.fromEntries(
              reasons.map((reason) => [reason, { value: example(reason, spec.path) }]),
            ),
          },
        },
      },
    ])
  return Object.fromEntries(refusals)
}

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'string' } } }
const HEADERS: Record<number, object> = {
  401: { 'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
}

const WITH_CURRENT: ReadonlySet<Reason> = new Set([
  'stale-revision',
  'already-claimed',
  'not-unassigned',
  'not-assigned',
  'only-owner-answers',
  'same-department',
  'nothing-to-return',
])

function example(reason: Reason, path: string): object {
  const { title, status, doc } = PROBLEMS[reason]
  return {
    type: `${PROBLEM_TYPE_BASE}${reason}`,
    title,
    status,
    detail: doc,
    instance: `/api/v1${path.replace(/\{\w+\}/, '019312d0c5a27cc1b1d2a0e4b8b7a001')}`,
    ...(reason === 'invalid-request' && {
      errors: [{ field: 'body', message: 'Must be a JSON object.' }],
    }),
    ...(WITH_CURRENT.has(reason) && { current: examples.responsibility }),
  }
}
