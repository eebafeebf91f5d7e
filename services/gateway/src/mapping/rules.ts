import type { z } from '@hono/zod-openapi'
import type { Rule } from '@onus/proto/onus/v1/rules'
import type * as api from '../api/rules.ts'
import { actorJson, present } from './common.ts'

export const ruleJson = (rule: Rule) =>
  present({
    id: rule.id,
    active: rule.active,
    name: rule.name,
    notes: rule.notes,
    position: rule.position,
    trigger: rule.trigger ?? {},
    conditions: rule.conditions ?? [],
    actions: rule.actions ?? [],
    version: rule.version,
    broken: rule.broken,
    updatedAt: rule.updatedAt,
    updatedBy: rule.updatedBy && actorJson(rule.updatedBy),
  })

/** A new rule (active unless it says otherwise), or the changed fields of one. */
export const ruleProto = (input: z.output<typeof api.ruleChange>): Rule => ({
  id: '',
  version: 0,
  updatedAt: '',
  active: input.active ?? true,
  name: input.name ?? '',
  notes: input.notes ?? '',
  position: input.position ?? 0,
  trigger: input.trigger && present({ ...input.trigger }),
  conditions: input.conditions ?? [],
  actions: (input.actions ?? []).map((action) => present({ ...action })),
})
