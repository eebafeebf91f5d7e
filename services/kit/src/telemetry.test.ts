import { beforeAll, describe, expect, it } from 'vitest'
import { currentTraceparent, inSpan, startTelemetry } from './telemetry.ts'

describe('tracing without a collector', () => {
  beforeAll(async () => {
    await startTelemetry('test')
  })

  it('still has ids, which say that nothing is recorded', async () => {
    expect(currentTraceparent()).toBeUndefined()
    await inSpan('work', {}, async (span) => {
      expect(span.isRecording()).toBe(false)
      expect(currentTraceparent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    })
  })

  it('continues the trace of a traceparent, and keeps its own inside', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await inSpan('outer', { kind: 'server', traceparent }, async () => {
      expect(currentTraceparent()).toContain('0af7651916cd43dd8448eb211c80319c')
      const outer = currentTraceparent()
      await inSpan('inner', {}, async () => {
        expect(currentTraceparent()).toContain('0af7651916cd43dd8448eb211c80319c')
        expect(currentTraceparent()).not.toBe(outer)
      })
    })
  })

  it('is not impressed by rubbish in a header', async () => {
    await inSpan('work', { traceparent: 'rubbish' }, async () => {
      expect(currentTraceparent()).toMatch(/^00-[0-9a-f]{32}-/)
    })
  })
})
