import { describe, expect, it } from 'vitest'
import { isWanted, otherProtocol } from './wanted.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

describe('what leaves by OTLP', () => {
  it('is nothing without an endpoint', () => {
    expect(isWanted('traces', {})).toBe(false)
    expect(isWanted('traces', { OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBe(false)
  })

  it('is everything with one, and one signal with its own', () => {
    for (const signal of ['traces', 'metrics', 'logs'] as const) expect(isWanted(signal, endpoint)).toBe(true)
    const only = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }
    expect(isWanted('traces', only)).toBe(true)
    expect(isWanted('logs', only)).toBe(false)
  })

  it('can be turned off, each by itself or all', () => {
    expect(isWanted('logs', { ...endpoint, OTEL_LOGS_EXPORTER: 'none' })).toBe(false)
    expect(isWanted('metrics', { ...endpoint, OTEL_METRICS_EXPORTER: 'prometheus, otlp' })).toBe(true)
    expect(isWanted('traces', { ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBe(false)
  })

  it('speaks one protocol', () => {
    expect(otherProtocol({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' })).toBeUndefined()
    expect(otherProtocol({ OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc' })).toBe('grpc')
  })
})
