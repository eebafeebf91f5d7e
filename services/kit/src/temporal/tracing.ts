import { createRequire } from 'node:module'
import type { ClientInterceptors } from '@temporalio/client'
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry-v2/lib/client/index.js'
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry-v2/lib/worker/index.js'
import type { WorkerOptions } from '@temporalio/worker'
import { identity } from '../telemetry/identity.ts'
import { currentTelemetry } from '../telemetry.ts'

/**
 * Traces through Temporal. The interceptors are always there, whether or not anybody collects traces: they
 * are part of what a history looks like, and a replay must meet the same ones.
 */

export const clientInterceptors = (): ClientInterceptors => ({
  workflow: [new OpenTelemetryWorkflowClientInterceptor()],
})

/**
 * Modules that every workflow bundle must contain, for `bundleWorkflowCode`, test workers and replays
 * (`interceptors.workflowModules`).
 */
export const workflowInterceptorModules = (): string[] => [
  createRequire(import.meta.url).resolve(
    '@temporalio/interceptors-opentelemetry-v2/lib/workflow-interceptors',
  ),
]

/**
 * Worker options for traces, to be spread into those of a worker.
 * @param _service says in the code whose worker it is; spans carry the name of the process
 * @param options.bundled true for a worker with a prebuilt `workflowBundle`, which has the workflow's
 * interceptors inside
 */
export async function workerTracing(
  _service: string,
  options: { bundled: boolean },
): Promise<Pick<WorkerOptions, 'interceptors' | 'sinks'>> {
  const telemetry = await currentTelemetry()
  const exporter = telemetry?.processor
    ? makeWorkflowExporter(telemetry.processor, identity)
    : // The workflow's side exports into this sink whatever we do with it.
      { export: { fn: () => {}, callDuringReplay: false } }
  return {
    interceptors: {
      activity: [
        (ctx) => ({
          inbound: new OpenTelemetryActivityInboundInterceptor(ctx),
          outbound: new OpenTelemetryActivityOutboundInterceptor(ctx),
        }),
      ],
      ...(!options.bundled && { workflowModules: workflowInterceptorModules() }),
    },
    sinks: { exporter },
  }
}
