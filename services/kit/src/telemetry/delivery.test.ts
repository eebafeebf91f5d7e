import { ExportResultCode } from '@opentelemetry/core'
import { expect, it } from 'vitest'
import { complainTo, lostBatches, outspoken } from './delivery.ts'

it('says once that nobody takes telemetry, and once that somebody does again', () => {
  const said: unknown[] = []
  const hear = (fields: object, message: string) => void said.push({ ...fields, message })
  complainTo({ warn: hear, info: hear })
  let up = false
  const answers: number[] = []
  const exporter = outspoken('logs', {
    export: (_: string[], done: (result: { code: ExportResultCode; error?: Error }) => void) =>
      done(
        up ? { code: ExportResultCode.SUCCESS } : { code: ExportResultCode.FAILED, error: new Error('gone') },
      ),
    shutdown: async () => {},
  })
  const send = () => exporter.export(['x'], ({ code }) => void answers.push(code))
  send()
  send()
  up = true
  send()
  send()
  expect(said).toEqual([
    expect.objectContaining({ signal: 'logs', why: 'gone' }),
    expect.objectContaining({ signal: 'logs', lostBatches: 2 }),
  ])
  expect(answers).toEqual([0, 0, 0, 0])
  expect(lostBatches().get('logs')).toBe(2)
})
