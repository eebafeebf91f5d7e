import { context } from '@opentelemetry/api'
import { type AnyValueMap, type Logger, SeverityNumber } from '@opentelemetry/api-logs'

const SEVERITIES: Record<string, SeverityNumber> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
}

/** A line as `createLogger` writes it. */
interface Line {
  level: string
  time: string
  msg?: string
  service?: string
  traceId?: string
  spanId?: string
  err?: { type?: string; message?: string; stack?: string }
  [field: string]: unknown
}

/**
 * Makes records of finished lines: what leaves is exactly what is printed, after everything private has been
 * removed from it.
 */
export function recordOf(text: string): Parameters<Logger['emit']>[0] {
  const {
    level,
    time,
    msg,
    service: _service,
    traceId: _trace,
    spanId: _span,
    err,
    ...fields
  } = JSON.parse(text) as Line
  return {
    timestamp: new Date(time),
    severityNumber: SEVERITIES[level] ?? SeverityNumber.UNSPECIFIED,
    severityText: level.toUpperCase(),
    body: msg ?? '',
    attributes: {
      ...(fields as AnyValueMap),
      ...(err?.type && { 'exception.type': err.type }),
      ...(err?.message && { 'exception.message': err.message }),
      ...(err?.stack && { 'exception.stacktrace': err.stack }),
      ...(err && !err.stack && { err: err as AnyValueMap }),
    },
    context: context.active(),
  }
}
