import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { identity } from './identity.ts'

/** Gives to OTLP what somebody else in this process measures and shows in Prometheus' text format. */
export function producerOf(source: () => Promise<string>, scope: string): MetricProducer {
  return {
    async collect(): Promise<CollectionResult> {
      const text = await source().catch(() => '')
      const metrics = metricsOf(text)
      const scopeMetrics: ScopeMetrics[] = metrics.length === 0 ? [] : [{ scope: { name: scope }, metrics }]
      return { resourceMetrics: { resource: identity, scopeMetrics }, errors: [] }
    },
  }
}

type Kind = 'counter' | 'gauge' | 'histogram'

interface Family {
  kind: Kind
  description: string
  /** Samples by their labels, without `le`. */
  series: Map<string, Series>
}

interface Series {
  attributes: Attributes
  value: number
  sum: number
  count: number
  /** How many are at most so large, in the order of the text, which is ascending. */
  buckets: [bound: number, atMost: number][]
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g
/** The parts that a histogram consists of. */
const PART = /_(bucket|sum|count)$/

/** The metrics in a text that Prometheus would scrape; what has no type is left out. */
export function metricsOf(text: string, now = Date.now()): MetricData[] {
  const start = millisToHrTime(now - process.uptime() * 1000)
  const end = millisToHrTime(now)
  return [...familiesOf(text)].flatMap(([name, family]) => metricOf(name, family, start, end) ?? [])
}

function familiesOf(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  const descriptions = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, what, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? []
    if (what === 'HELP') descriptions.set(name, rest)
    if (what === 'TYPE' && (rest === 'counter' || rest === 'gauge' || rest === 'histogram'))
      families.set(name, { kind: rest, description: descriptions.get(name) ?? '', series: new Map() })
    const sample = what === undefined ? LINE.exec(line) : null
    if (sample) addSample(families, sample[1]!, labelsOf(sample[2]), numberOf(sample[3]!))
  }
  return families
}

function addSample(families: Map<string, Family>, name: string, labels: Attributes, value: number): void {
  const part = PART.exec(name)?.[1]
  const own = families.get(name)
  const family = own ?? families.get(name.replace(PART, ''))
  if (!family || (own === undefined && family.kind !== 'histogram')) return
  const { le, ...attributes } = labels
  const key = JSON.stringify(attributes)
  const series = family.series.get(key) ?? { attributes, value: 0, sum: 0, count: 0, buckets: [] }
  family.series.set(key, series)
  if (own) series.value = value
  else if (part === 'bucket') series.buckets.push([numberOf(String(le)), value])
  else if (part === 'sum') series.sum = value
  else series.count = value
}

function labelsOf(text = ''): Attributes {
  const escapes: Record<string, string> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, name, value]) => [
      name!,
      value!.replace(/\\[n"\\]/g, (found) => escapes[found]!),
    ]),
  )
}

const numberOf = (text: string): number => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text))

function metricOf(name: string, family: Family, startTime: HrTime, endTime: HrTime): MetricData | null {
  const series = [...family.series.values()]
  if (series.length === 0) return null
  const descriptor = {
    name,
    description: family.description,
    unit: name.endsWith('_seconds') ? 's' : '',
    valueType: ValueType.DOUBLE,
  }
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE }
  if (family.kind === 'histogram')
    return {
      ...common,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: series.map(({ attributes, sum, count, buckets }) => ({
        startTime,
        endTime,
        attributes,
        value: {
          sum,
          count,
          buckets: {
            boundaries: buckets.map(([bound]) => bound).filter(Number.isFinite),
            counts: buckets.map(([, atMost], index) => atMost - (buckets[index - 1]?.[1] ?? 0)),
          },
        },
      })),
    }
  const dataPoints = series.map(({ attributes, value }) => ({ startTime, endTime, attributes, value }))
  return family.kind === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
}
