import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { securityHeaders } from './security-headers.ts'

function served(https: boolean) {
  const app = new Hono()
  app.use(securityHeaders(https))
  app.get('/plain', (c) => c.text('x'))
  app.get('/page', (c) => c.body('x', 200, { 'content-security-policy': "default-src 'self'" }))
  return app
}

it('locks down every answer', async () => {
  const { headers } = await served(false).request('/plain')
  expect(headers.get('content-security-policy')).toContain('sandbox')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('strict-transport-security')).toBeNull()
  expect((await served(false).request('/nothing')).headers.get('x-content-type-options')).toBe('nosniff')
})

it('leaves a page its own policy', async () => {
  const { headers } = await served(true).request('/page')
  expect(headers.get('content-security-policy')).toBe("default-src 'self'")
  expect(headers.get('strict-transport-security')).toContain('max-age=')
})
