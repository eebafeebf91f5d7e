import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { createApp, operationsOf } from '../app.ts'
import { fakeApp, fakeDeps } from '../testing/fakes.ts'
import { openApiDocument } from './document.ts'

const deps = fakeDeps()
const operations = operationsOf(deps)
const document: any = openApiDocument(operations, { publicUrl: 'http://localhost:8080', version: '0.1.0' })

interface Response {
  description?: string
  content?: Record<string, { schema?: object; examples?: Record<string, { value: unknown }> }>
}
const each = operations.map((spec) => ({ spec, operation: document.paths[spec.path]?.[spec.method] }))

it('is OpenAPI 3.1', () => {
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Onus', version: '0.1.0' },
    servers: [{ url: 'http://localhost:8080/api/v1' }],
  })
  expect(Object.keys(document.components.securitySchemes)).toEqual(['apiKey', 'oidc'])
})

it('has every route that is served, and no other', () => {
  const served = createApp(deps)
    .routes.filter(({ path, method }) => path.startsWith('/api/v1/') && method !== 'ALL')
    .map(({ path, method }) => `${method} ${path.slice('/api/v1'.length).replace(/:(\w+)/g, '{$1}')}`)
  const documented = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(documented.sort()).toEqual([...new Set(served)].sort())
})

it('names every operation once', () => {
  const ids = each.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

it.each(each)('says all that $spec.id can answer', ({ spec, operation }) => {
  const statuses = Object.keys(operation.responses).map(Number)
  expect(statuses).toEqual(expect.arrayContaining(Object.keys(spec.answers).map(Number)))
  if (spec.door !== 'public') expect(statuses).toEqual(expect.arrayContaining([401, 403, 503]))
  if (spec.params) expect(statuses).toContain(404)
  if (spec.body) expect(statuses).toEqual(expect.arrayContaining([400, 413, 415]))
  if (spec.method === 'post' && spec.door !== 'public') {
    expect(statuses).toContain(422)
    expect(operation.parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key' }))
  }
  for (const response of Object.values<Response>(operation.responses))
    expect(response.description).toBeTruthy()
})

it('refers only to schemas that are there', () => {
  const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)
  const known = Object.keys(document.components.schemas)
  for (const [, name] of references) expect(known).toContain(name)
})

it('has schemas that hold their own examples', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'onus', components: document.components })
  for (const [name, schema] of Object.entries<{ example?: unknown }>(document.components.schemas)) {
    const validate = ajv.compile({ $ref: `onus#/components/schemas/${name}` })
    if (schema.example !== undefined) expect(validate(schema.example), name).toBe(true)
  }
  for (const { spec, operation } of each) {
    const body = operation.requestBody?.content?.['application/json']
    if (body?.example) expect(spec.body?.safeParse(body.example).success, spec.id).toBe(true)
  }
  const problem = ajv.compile({ $ref: 'onus#/components/schemas/Problem' })
  for (const { operation } of each)
    for (const response of Object.values<Response>(operation.responses))
      for (const { value } of Object.values(response.content?.['application/problem+json']?.examples ?? {}))
        expect(problem(value), JSON.stringify(problem.errors)).toBe(true)
})

it('is served without a key', async () => {
  const answer = await fakeApp().send('GET', '/openapi.json')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(Object.keys(answer.body.paths)).toContain('/tickets/{id}/claim')
})
