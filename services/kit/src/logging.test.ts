import { context, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { createLogger } from './logging.ts'
import { Problem } from './problems.ts'
import { inSpan, startTelemetry } from './telemetry.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLogger('ticket', 'debug', { write: (text) => void lines.push(text) }))
  return JSON.parse(lines.join(''))
}

describe('the log', () => {
  it('is JSON with service, level and time', () => {
    expect(logged((log) => log.info({ ticketId: 't1' }, 'hello'))).toMatchObject({
      service: 'ticket',
      level: 'info',
      ticketId: 't1',
      msg: 'hello',
      time: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
    })
  })

  it('leaves out secrets and what contacts write', () => {
    const line = JSON.stringify(
      logged((log) =>
        log.info(
          {
            authorization: 'Bearer hunter2',
            request: { apiKey: 'hunter2' },
            mail: { subject: 'hunter2', body: 'hunter2' },
          },
          'x',
        ),
      ),
    )
    expect(line).not.toContain('hunter2')
    expect(line).toContain('[removed]')
  })

  it('has the ids of the trace', async () => {
    await startTelemetry('test')
    await inSpan('work', {}, async () => {
      const ids = trace.getSpanContext(context.active())
      expect(logged((log) => log.info('x'))).toMatchObject({ traceId: ids?.traceId, spanId: ids?.spanId })
    })
    expect(logged((log) => log.info('x'))).not.toHaveProperty('traceId')
  })

  it('has the stack of what broke, and no stack for a refusal', () => {
    expect(logged((log) => log.error({ err: new Error('broke') }, 'x')).err).toHaveProperty('stack')
    const refused = logged((log) => log.info({ err: new Problem('forbidden', 'No.') }, 'x')).err
    expect(refused).toEqual({ type: 'Problem', reason: 'forbidden', detail: 'No.' })
  })
})
