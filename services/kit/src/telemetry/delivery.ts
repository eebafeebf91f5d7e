import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { Signal } from './wanted.ts'

/** Where the sender of telemetry says how it goes; a logger is one. */
export interface Complaints {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

/** Anything that exports batches. */
interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void
  shutdown(): Promise<void>
  forceFlush?(): Promise<void>
}

let complaints: Complaints | undefined
const failing = new Map<Signal, number>()

/** From now on somebody hears when telemetry cannot be sent. */
export const complainTo = (log: Complaints): void => {
  complaints = log
}

/** Batches that no collector took, by signal. */
export const lostBatches = (): ReadonlyMap<Signal, number> => lost
const lost = new Map<Signal, number>()

/**
 * The same exporter, which says once that nobody takes what it sends, and once that somebody does again. What
 * was not taken is counted and gone: telemetry is never worth waiting for.
 */
export function outspoken<T, E extends Exporter<T>>(signal: Signal, exporter: E): E {
  const send = exporter.export.bind(exporter)
  exporter.export = (items: T, done: (result: ExportResult) => void) =>
    send(items, (result) => {
      if (result.code === ExportResultCode.SUCCESS) recovered(signal)
      else failed(signal, result.error)
      done({ code: ExportResultCode.SUCCESS })
    })
  return exporter
}

function failed(signal: Signal, error: Error | undefined): void {
  lost.set(signal, (lost.get(signal) ?? 0) + 1)
  const known = failing.has(signal)
  failing.set(signal, (failing.get(signal) ?? 0) + 1)
  if (known) return
  const why = error?.message ?? 'it gave no reason'
  complaints?.warn({ signal, why }, 'the collector does not take telemetry; this is said once until it does')
}

function recovered(signal: Signal): void {
  const batches = failing.get(signal)
  if (batches === undefined) return
  failing.delete(signal)
  complaints?.info({ signal, lostBatches: batches }, 'the collector takes telemetry again')
}
