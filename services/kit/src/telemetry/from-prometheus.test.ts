import { DataPointType } from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import { metricsOf, producerOf } from './from-prometheus.ts'

const TEXT = `# HELP temporal_sticky_cache_size Workflows in the cache
# TYPE temporal_sticky_cache_size gauge
temporal_sticky_cache_size{namespace="default",task_queue="tickets"} 7
# TYPE temporal_workflow_task_execution_failed counter
temporal_workflow_task_execution_failed{reason="say \\"no\\""} 2
temporal_workflow_task_execution_failed{reason="other"} 1
# TYPE temporal_request_latency_seconds histogram
temporal_request_latency_seconds_bucket{operation="Poll",le="0.1"} 3
temporal_request_latency_seconds_bucket{operation="Poll",le="1"} 4
temporal_request_latency_seconds_bucket{operation="Poll",le="+Inf"} 5
temporal_request_latency_seconds_sum{operation="Poll"} 9.5
temporal_request_latency_seconds_count{operation="Poll"} 5
nobody_knows_what 1
`

describe('metrics in the text of Prometheus', () => {
  const [gauge, counter, histogram, ...others] = metricsOf(TEXT)

  it('are gauges, counters and histograms under the same names', () => {
    expect(others).toEqual([])
    expect(gauge).toMatchObject({
      dataPointType: DataPointType.GAUGE,
      descriptor: { name: 'temporal_sticky_cache_size', description: 'Workflows in the cache' },
      dataPoints: [{ value: 7, attributes: { namespace: 'default', task_queue: 'tickets' } }],
    })
    expect(counter).toMatchObject({
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [
        { value: 2, attributes: { reason: 'say "no"' } },
        { value: 1, attributes: { reason: 'other' } },
      ],
    })
    expect(histogram?.dataPoints).toMatchObject([
      {
        attributes: { operation: 'Poll' },
        value: { sum: 9.5, count: 5, buckets: { boundaries: [0.1, 1], counts: [3, 1, 1] } },
      },
    ])
    expect(histogram?.descriptor.unit).toBe('s')
  })

  it('begin with the process and end now', () => {
    const { startTime, endTime } = gauge!.dataPoints[0]!
    expect(startTime[0]).toBeLessThanOrEqual(endTime[0])
    expect(endTime[0]).toBeCloseTo(Date.now() / 1000, -1)
  })

  it('are none when their source fails, and others leave all the same', async () => {
    const producer = producerOf(async () => {
      throw new Error('it is away')
    }, 'temporal')
    const { resourceMetrics, errors } = await producer.collect()
    expect(resourceMetrics.scopeMetrics).toEqual([])
    expect(errors).toEqual([])
  })
})
