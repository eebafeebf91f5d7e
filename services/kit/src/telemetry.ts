import type { IncomingMessage, ServerResponse } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Context,
  context,
  type Meter,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { AlwaysOffSampler, BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'

/**
 * OpenTelemetry for every process. Metrics are always there, to be scraped. Traces have ids everywhere,
 * so that logs and events can be put together, and are recorded only when somebody collects them.
 */

const prometheus = new PrometheusExporter({
  preventServerStart: true,
  withoutScopeInfo: true,
  withoutTargetInfo: true,
})
const meterProvider = new MeterProvider({ readers: [prometheus] })
metrics.setGlobalMeterProvider(meterProvider)

/** Makes counters, gauges and histograms that /metrics shows. */
export const meter: Meter = meterProvider.getMeter('onus')

/** Bounds of duration histograms, in seconds. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Durations are in seconds and say so in their name: that is what Prometheus' tools expect. */
const duration = (name: string, description: string) =>
  meter.createHistogram(`${name}.seconds`, {
    description,
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  })

const grpcServerDuration = duration(
  'rpc.server.call.duration',
  'Time to answer a gRPC call, by method and code',
)
const grpcClientDuration = duration('rpc.client.call.duration', 'Time that a gRPC call to another took')
const httpServerDuration = duration('http.server.request.duration', 'Time to answer an HTTP request')

/** Counts one answered gRPC call. `method` is the full name without its leading slash. */
export function recordGrpcCall(
  side: 'server' | 'client',
  method: string,
  code: number,
  seconds: number,
): void {
  const histogram = side === 'server' ? grpcServerDuration : grpcClientDuration
  histogram.record(seconds, { 'rpc.method': method, 'rpc.response.status_code': code })
}

/** Counts one answered HTTP request. `route` is the pattern, never the path itself. */
export function recordHttpRequest(request: {
  method: string
  route: string
  status: number
  seconds: number
}): void {
  httpServerDuration.record(request.seconds, {
    'http.request.method': request.method,
    'http.route': request.route,
    'http.response.status_code': request.status,
  })
}

/** Answers a scrape in Prometheus' text format. */
export const serveMetrics = (request: IncomingMessage, response: ServerResponse): void =>
  prometheus.getMetricsRequestHandler(request, response)

/** What startTelemetry gives back. */
export interface Telemetry {
  /** Takes every recorded span; absent while nobody collects them. */
  processor?: SpanProcessor
  /** Sends what waits, and ends. */
  stop(): Promise<void>
}

/** Time to send the last spans. */
const FLUSH_LIMIT_MS = 3000

let running: Promise<Telemetry> | undefined

/**
 * Starts tracing in this process; a second call gives the first one's. Without an endpoint spans carry
 * ids and are never recorded, which costs next to nothing.
 * @param endpoint base URL of an OTLP collector that speaks HTTP, for example http://collector:4318
 */
export function startTelemetry(service: string, endpoint?: string): Promise<Telemetry> {
  running ??= start(service, endpoint)
  return running
}

/** The running telemetry, for who needs its processor; undefined before it was started. */
export const currentTelemetry = (): Promise<Telemetry> | undefined => running

async function start(service: string, endpoint: string | undefined): Promise<Telemetry> {
  observeProcess()
  const resource = resourceFromAttributes({ [ATTR_SERVICE_NAME]: service })
  const contextManager = new AsyncLocalStorageContextManager()
  const textMapPropagator = new W3CTraceContextPropagator()
  if (!endpoint) {
    const provider = new BasicTracerProvider({ resource, sampler: new AlwaysOffSampler() })
    context.setGlobalContextManager(contextManager.enable())
    propagation.setGlobalPropagator(textMapPropagator)
    trace.setGlobalTracerProvider(provider)
    return { stop: async () => {} }
  }
  // Loaded only when it is used: the SDK brings every exporter there is.
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto')
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }))
  const sdk = new NodeSDK({
    resource,
    contextManager,
    textMapPropagator,
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
  })
  sdk.start()
  return { processor, stop: () => flush(sdk.shutdown()) }
}

/** A collector that is away is no reason to stop late or badly. */
async function flush(shutdown: Promise<void>): Promise<void> {
  const enough = new AbortController()
  const late = sleep(FLUSH_LIMIT_MS, undefined, { signal: enough.signal })
  await Promise.race([shutdown, late]).catch(() => {})
  enough.abort()
  await late.catch(() => {})
}

function observeProcess(): void {
  const delay = monitorEventLoopDelay({ resolution: 50 })
  delay.enable()
  meter
    .createObservableGauge('nodejs.eventloop.delay.max.seconds', {
      unit: 's',
      description: 'Longest event loop delay since the last scrape',
    })
    .addCallback((result) => {
      result.observe(delay.max / 1e9)
      delay.reset()
    })
  meter
    .createObservableGauge('process.memory.rss.bytes', { unit: 'By', description: 'Resident memory' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()))
}

/** The W3C `traceparent` of the current trace; undefined outside of one. */
export function currentTraceparent(from: Context = context.active()): string | undefined {
  const carrier: Record<string, string> = {}
  propagation.inject(from, carrier)
  return carrier.traceparent
}

/** The context that a `traceparent` from outside names; the current one when there is none. */
export function contextOf(traceparent: string | undefined): Context {
  if (!traceparent) return context.active()
  return propagation.extract(context.active(), { traceparent })
}

export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal'
  attributes?: Record<string, string | number | boolean>
  /** W3C trace context of the parent; default: the current span. */
  traceparent?: string
}

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}

/** Runs `work` in a span of this name; an error is recorded and thrown on. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const tracer = trace.getTracer('onus')
  const { kind = 'internal', attributes, traceparent } = options
  return tracer.startActiveSpan(
    name,
    { kind: KINDS[kind], attributes },
    contextOf(traceparent),
    async (span) => {
      try {
        return await work(span)
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
        throw error
      } finally {
        span.end()
      }
    },
  )
}
