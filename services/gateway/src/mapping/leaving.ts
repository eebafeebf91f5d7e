import type { z } from '@hono/zod-openapi'
import type { Delegation, Leave, Offboarding } from '@onus/proto/onus/v1/directory'
import type * as api from '../api/directory.ts'
import { actorJson, present } from './common.ts'

export const leaveProto = ({ from, until, note }: z.output<typeof api.newLeave>): Leave => ({
  from,
  until,
  ...(note && { note }),
})

export const delegationProto = (input: z.output<typeof api.newDelegation>): Delegation => ({
  id: '',
  toAgentId: input.toAgentId,
  from: input.from ?? '',
  until: input.until,
  mode: input.mode ?? '',
})

export const offboardingJson = (found: Offboarding) =>
  present({
    id: found.id,
    agentId: found.agentId,
    status: found.status,
    state: found.state,
    tickets: found.tickets,
    byDepartment: found.byDepartment.map(({ departmentId, tickets }) => ({ departmentId, tickets })),
    moved: found.moved,
    givenBack: found.givenBack,
    successors: found.successors.map((one) => present({ ...one })),
    startedBy: found.startedBy && actorJson(found.startedBy),
    startedAt: found.startedAt,
    finishedAt: found.finishedAt,
  })
