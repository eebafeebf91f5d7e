import { SpanKind } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { plainPath, scrub } from './scrub.ts'

const scrubbed = (attributes: Record<string, string>, kind = SpanKind.SERVER) => {
  scrub(attributes, kind)
  return attributes
}

describe('what spans tell', () => {
  it('is a path without its query, and without tokens', () => {
    expect(plainPath('/api/v1/tickets/0192f0c4a1b27c3d8e9fa0b1c2d3e4f5/timeline?limit=5')).toBe(
      '/api/v1/tickets/0192f0c4a1b27c3d8e9fa0b1c2d3e4f5/timeline',
    )
    expect(plainPath(`/unsubscribe/${'x'.repeat(60)}`)).toBe('/unsubscribe/:token')
  })

  it('is nothing about the person at the other end', () => {
    const attributes = scrubbed({
      'url.path': '/api/v1/tickets',
      'url.query': 'q=my+lease',
      'http.url': 'http://onus.example/api/v1/tickets?q=my+lease',
      'client.address': '203.0.113.7',
      'user_agent.original': 'Firefox',
    })
    expect(attributes).toEqual({
      'url.path': '/api/v1/tickets',
      'http.url': 'http://onus.example/api/v1/tickets',
    })
  })

  it('is only the host of whom we call: a webhook has its secret in its path', () => {
    const attributes = { 'url.full': 'https://hooks.example/services/T0/B0/hunter2' }
    expect(scrubbed(attributes, SpanKind.CLIENT)).toEqual({ 'url.full': 'https://hooks.example' })
    expect(scrubbed({ 'url.full': 'rubbish' }, SpanKind.CLIENT)).toEqual({})
  })
})
