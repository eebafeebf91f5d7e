import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { type MetricProducer, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { type Complaints, outspoken } from './delivery.ts'
import { identity } from './identity.ts'
import { recordOf } from './logs.ts'
import { scrubbing } from './scrub.ts'
import { positive } from './wanted.ts'

/**
 * Everything that sends OTLP, loaded only when something is sent. Endpoint, headers, time limits, compression
 * and certificates come from the standard OTEL_EXPORTER_OTLP_* variables, which the exporters read themselves.
 */

const EXPORT_EVERY_MS = 60_000
const EXPORT_TIMEOUT_MS = 30_000

/** Sends metrics, and those of others in this process, now and then, `OTEL_METRIC_EXPORT_INTERVAL` (60 s). */
export function metricSender(others: MetricProducer): PeriodicExportingMetricReader {
  const interval = positive('OTEL_METRIC_EXPORT_INTERVAL', EXPORT_EVERY_MS)
  return new PeriodicExportingMetricReader({
    exporter: outspoken('metrics', new OTLPMetricExporter()),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(positive('OTEL_METRIC_EXPORT_TIMEOUT', EXPORT_TIMEOUT_MS), interval),
    metricProducers: [others],
  })
}

/** Sends spans in batches; those that a full queue does not hold are dropped. */
export const spanSender = (): SpanProcessor =>
  scrubbing(new BatchSpanProcessor(outspoken('traces', new OTLPTraceExporter())))

export interface LogSender {
  /** Takes one finished line of the log. */
  send(line: string): void
  stop(): Promise<void>
}

/** Sends the lines of the log in batches. */
export function logSender(): LogSender {
  const processor = new BatchLogRecordProcessor({
    exporter: outspoken('logs', new OTLPLogExporter()),
    maxQueueSize: positive('OTEL_BLRP_MAX_QUEUE_SIZE', 2048),
    maxExportBatchSize: positive('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', 512),
    scheduledDelayMillis: positive('OTEL_BLRP_SCHEDULE_DELAY', 1000),
    exportTimeoutMillis: positive('OTEL_BLRP_EXPORT_TIMEOUT', EXPORT_TIMEOUT_MS),
  })
  const provider = new LoggerProvider({ resource: identity, processors: [processor] })
  const logger = provider.getLogger('onus')
  return {
    send: (line) => logger.emit(recordOf(line)),
    stop: () => provider.shutdown(),
  }
}

/** What the SDK itself has to complain about, at the level that `OTEL_LOG_LEVEL` names (default: none). */
export function listenToSdk(log: Complaints): void {
  const level =
    DiagLogLevel[(process.env.OTEL_LOG_LEVEL ?? 'NONE').toUpperCase() as keyof typeof DiagLogLevel]
  if (level === undefined || level === DiagLogLevel.NONE) return
  const say = (message: string, ...details: unknown[]) => log.warn({ details: details.map(String) }, message)
  diag.setLogger({ error: say, warn: say, info: say, debug: say, verbose: say }, { logLevel: level })
}
