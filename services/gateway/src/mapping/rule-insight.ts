import type { z } from '@hono/zod-openapi'
import type { DryRun, ExplainResponse, Template } from '@onus/proto/onus/v1/rules'
import type * as api from '../api/rule-insight.ts'
import { actorJson, present } from './common.ts'

export const templateJson = ({ updatedBy, ...template }: Template) =>
  present({ ...template, updatedBy: updatedBy && actorJson(updatedBy) })

export const explanationJson = ({ conditions, ...explanation }: ExplainResponse) =>
  present({
    ...explanation,
    conditions: conditions ?? [],
  }) as unknown as z.input<typeof api.explanation>

export const dryRunJson = (run: DryRun) =>
  present({
    ...run,
    wouldDiffer: run.wouldDiffer ?? [],
    notices: run.notices ?? [],
    loops: run.loops ?? [],
    load: run.load ?? [],
    unknown: run.unknown ?? [],
    startedBy: run.startedBy && actorJson(run.startedBy),
  }) as unknown as z.input<typeof api.dryRun>
