import type { IncomingMessage, ServerResponse } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Context,
  context,
  type Link,
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
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { AlwaysOffSampler, BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { forwardLines, type Logger } from './logging.ts'
import { complainTo, lostBatches } from './telemetry/delivery.ts'
import { producerOf } from './telemetry/from-prometheus.ts'
import { identity, nameProcess } from './telemetry/identity.ts'
import { isWanted, otherProtocol, SIGNALS } from './telemetry/wanted.ts'

/**
 * OpenTelemetry for every process. Metrics are always there, to be scraped. Traces have ids everywhere,
 * so that logs and events can be put together, and are recorded only when somebody collects them. With the
 * standard OTEL_EXPORTER_OTLP_* variables traces, metrics and logs leave by OTLP.
 */

/** Loaded only when it is used. */
const otlp = SIGNALS.some((signal) => isWanted(signal)) ? await import('./telemetry/otlp.ts') : undefined

const sources = new Set<() => Promise<string>>()

/** What the sources show now. One that fails is left out. */
const ofOthers = async (): Promise<string> =>
  (await Promise.all([...sources].map((source) => source().catch(() => '')))).join('')

const prometheus = new PrometheusExporter({ preventServerStart: true })
const scrape = new PrometheusSerializer(undefined, false, undefined, true, true)
const meterProvider = new MeterProvider({
  resource: identity,
  readers: [
    prometheus,
    ...(otlp && isWanted('metrics') ? [otlp.metricSender(producerOf(ofOthers, 'temporal'))] : []),
  ],
})
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

/** Adds what somebody else measures in this process, in Prometheus' text format, to /metrics and to OTLP. */
export const addMetrics = (source: () => Promise<string>): void => void sources.add(source)

/** All metrics of this process in Prometheus' text format. */
export async function metricsText(): Promise<string> {
  const { resourceMetrics } = await prometheus.collect()
  return scrape.serialize(resourceMetrics) + (await ofOthers())
}

/** Answers a scrape. */
export async function serveMetrics(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await metricsText()
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
}

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
 * Starts telemetry in this process; a second call gives the first one's. What leaves the process, and where to,
 * is told by the standard OTEL_* variables; while nothing does, spans carry ids and are never recorded, which
 * costs next to nothing.
 * @param log hears, once, of a collector that takes nothing
 */
export function startTelemetry(service: string, log?: Logger): Promise<Telemetry> {
  running ??= start(service, log)
  return running
}

/** The running telemetry, for who needs its processor; undefined before it was started. */
export const currentTelemetry = (): Promise<Telemetry> | undefined => running

async function start(service: string, log: Logger | undefined): Promise<Telemetry> {
  nameProcess(service)
  await identity.waitForAsyncAttributes?.()
  observeProcess()
  if (log) complainTo(log)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  if (!otlp) {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ resource: identity, sampler: new AlwaysOffSampler() }),
    )
    return { stop: async () => {} }
  }
  const protocol = otherProtocol()
  if (protocol) log?.warn({ protocol }, 'OTLP is sent as http/protobuf; the protocol asked for is not spoken')
  if (log) otlp.listenToSdk(log)
  const processor = isWanted('traces') ? otlp.spanSender() : undefined
  const provider = new BasicTracerProvider({
    resource: identity,
    ...(processor ? { spanProcessors: [processor] } : { sampler: new AlwaysOffSampler() }),
  })
  trace.setGlobalTracerProvider(provider)
  const logs = isWanted('logs') ? otlp.logSender() : undefined
  if (logs) forwardLines(logs.send)
  const stop = async () => {
    forwardLines(undefined)
    await Promise.all([provider.shutdown(), logs?.stop(), meterProvider.forceFlush()])
  }
  return { ...(processor && { processor }), stop: () => flush(stop()) }
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
  meter
    .createObservableCounter('process.cpu.seconds', { unit: 's', description: 'Processor time, by mode' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage()
      result.observe(user / 1e6, { mode: 'user' })
      result.observe(system / 1e6, { mode: 'system' })
    })
  meter
    .createObservableCounter('onus.telemetry.lost.batches', {
      description: 'Batches of telemetry that no collector took, by signal',
    })
    .addCallback((result) => {
      for (const [signal, batches] of lostBatches()) result.observe(batches, { signal })
    })
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
  /** W3C trace contexts of what else led to this, for work on many things at once. */
  links?: readonly string[]
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
  const { kind = 'internal', attributes, traceparent, links = [] } = options
  return tracer.startActiveSpan(
    name,
    { kind: KINDS[kind], attributes, ...(links.length > 0 && { links: links.flatMap(linkTo) }) },
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

function linkTo(traceparent: string): Link[] {
  const context = trace.getSpanContext(contextOf(traceparent))
  return context ? [{ context }] : []
}
