import type { Clock } from '@onus/kit/clock'
import type { CallContext, Handlers } from '@onus/kit/grpc'
import type { InsightServiceService } from '@onus/proto/onus/v1/insight'
import type { TicketAccess } from '../commands/access.ts'
import { listScope } from '../domain/visibility.ts'
import type { DayStore } from './days.ts'
import type { OpenWorkStore } from './open-work.ts'
import { readPeriod } from './period.ts'
import { reportClaims, reportFlows, reportWork, type Sight } from './report.ts'

export interface InsightDeps {
  access: Pick<TicketAccess, 'directory'>
  work: Pick<OpenWorkStore, 'groups'>
  days: Pick<DayStore, 'read'>
  clock: Clock
}

/** The RPCs of figures. */
export function insightHandlers(deps: InsightDeps): Handlers<typeof InsightServiceService> {
  const { access, work, days, clock } = deps

  /** What the caller sees; permission comes before anything that is said about the request. */
  async function seen({ caller }: CallContext) {
    const directory = await access.directory(caller)
    const scope = listScope(caller, directory)
    const departmentIds = scope.kind === 'all' ? undefined : scope.departmentIds
    const sight: Sight = departmentIds === undefined ? null : new Set(departmentIds)
    return { accountId: caller.accountId, directory, departmentIds, sight }
  }

  async function counted(request: { since?: string; until?: string }, ctx: CallContext) {
    const { accountId, directory, sight } = await seen(ctx)
    const { timeZone } = directory.settings
    const now = clock()
    const period = readPeriod(request, timeZone, now)
    const tallies = await days.read(accountId, timeZone, period, now)
    return [tallies, directory, sight, { timeZone, ...period }] as const
  }

  return {
    async getOpenWork(_, ctx) {
      const { accountId, directory, departmentIds, sight } = await seen(ctx)
      const now = clock()
      const groups = departmentIds?.length === 0 ? [] : await work.groups(accountId, departmentIds, now)
      return reportWork(groups, directory, sight, now)
    },

    async getClaims(request, ctx) {
      return reportClaims(...(await counted(request, ctx)))
    },

    async getFlows(request, ctx) {
      return reportFlows(...(await counted(request, ctx)))
    },
  }
}
