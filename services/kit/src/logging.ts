import { context, isSpanContextValid, trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino'
import { Problem } from './problems.ts'

export type Logger = PinoLogger

/** Keys that are never written, whoever logs them, at the top and one level down. */
const PRIVATE = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'key',
  'apiKey',
  'botToken',
  'body',
  'html',
  'text',
  'subject',
  'email',
  'MONGODB_URI',
  'SMTP_URL',
]

/**
 * JSON lines on the standard output, with the ids of the current trace. Secrets and what contacts write
 * are removed by name, as a last net under not logging them at all.
 * @param level default `info`
 */
export function createLogger(service: string, level = 'info', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: traceIds,
    serializers: { err: serializeError, error: serializeError },
    redact: { paths: PRIVATE.flatMap((key) => [key, `*.${key}`]), censor: '[removed]' },
  }
  return pino(options, destination ?? forwarding())
}

let forward: ((line: string) => void) | undefined

/** Hands every line that is printed from now on to somebody else as well; undefined ends that. */
export const forwardLines = (to: ((line: string) => void) | undefined): void => {
  forward = to
}

/** The standard output, and whoever wants the lines too. */
function forwarding(): DestinationStream {
  // Synchronous: otherwise the last lines of a process that ends overtake the one that is being written.
  const output = pino.destination({ dest: 1, sync: true })
  return {
    write(line) {
      output.write(line)
      forward?.(line)
    },
  }
}

function traceIds(): object {
  const span = trace.getSpanContext(context.active())
  if (!span || !isSpanContextValid(span)) return {}
  return { traceId: span.traceId, spanId: span.spanId }
}

/** A problem is expected: its stack says nothing. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Problem)) return stdSerializers.errWithCause(error as Error)
  const { reason, detail, errors } = error
  return { type: 'Problem', reason, detail, errors, cause: error.cause && serializeError(error.cause) }
}
