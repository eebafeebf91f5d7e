import { createLogger } from '@onus/kit/logging'
import { Problem, problems } from '@onus/kit/problems'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { type GatewayEnv, requestContext } from '../context/context.ts'
import { methodNotAllowed, problemMapper, unknownPath } from './problems.ts'

const log = createLogger('gateway', 'silent')

async function answerTo(error: Error) {
  const app = new Hono<GatewayEnv>()
  app.onError(problemMapper())
  app.use(requestContext(log, () => new Date(), 1000))
  app.get('/thing', () => {
    throw error
  })
  const response = await app.request('/thing?secret=1')
  return { response, body: await response.json() }
}

it('is a problem document with the path as its instance', async () => {
  const { response, body } = await answerTo(problems.invalid([{ field: 'a.b', message: 'Too long.' }]))
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(body).toEqual({
    type: 'https://onus.dev/problems/invalid-request',
    title: 'Invalid request',
    status: 400,
    detail: 'a.b: Too long.',
    errors: [{ field: 'a.b', message: 'Too long.' }],
    instance: '/thing',
  })
})

it('shows nobody as null in `current`', async () => {
  const current = {
    departmentId: 'd',
    revision: 3,
    since: 's',
    actor: { type: 'system' },
    cause: { type: 'rule' },
  }
  const { body } = await answerTo(
    new Problem('not-assigned', 'Nobody has it.', { current: current as never }),
  )
  expect(body).toMatchObject({ current: { departmentId: 'd', agentId: null, revision: 3 } })
})

it('says how to come in, and when to come again', async () => {
  const unknown = await answerTo(problems.unauthenticated())
  expect(unknown.response.headers.get('www-authenticate')).toBe('Bearer realm="onus"')
  for (const problem of [problems.unavailable(), problems.tooManyRequests()])
    expect((await answerTo(problem)).response.headers.get('retry-after')).toBe('2')
})

it('tells nothing of an error of ours', async () => {
  const { response, body } = await answerTo(new TypeError('x is not a function at /srv/onus/secret.ts'))
  expect(response.status).toBe(500)
  expect(JSON.stringify(body)).not.toMatch(/secret|TypeError|\.ts/)
})

it('answers unknown paths and methods', async () => {
  const app = new Hono<GatewayEnv>()
  app.notFound(unknownPath())
  app.all('/thing', methodNotAllowed(['GET', 'PATCH']))
  const wrong = await app.request('/thing', { method: 'PUT' })
  expect(wrong.status).toBe(405)
  expect(wrong.headers.get('allow')).toBe('GET, PATCH, HEAD')
  expect((await app.request('/nothing')).status).toBe(404)
})
