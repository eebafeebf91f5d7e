import { rfc3339 } from '@onus/kit/clock'
import { digestAt } from '../domain/digest.ts'
import type { World } from './world.ts'

/** When what is held since then is due, as the agent's preferences are now; at once for who has none. */
export const createDigestTime =
  (world: Pick<World, 'directory' | 'preferences' | 'callerFor'>) =>
  async ({ accountId, agentId, since }: { accountId: string; agentId: string; since: string }) => {
    const caller = world.callerFor(accountId)
    const [view, { preferences }] = await Promise.all([
      world.directory.snapshot(accountId),
      world.preferences.getPreferencesOf({ agentIds: [agentId] }, { caller }),
    ])
    const own = preferences[agentId]
    if (!own) return { at: since }
    const timeZone = own.timeZone || view.agent(agentId)?.timeZone || view.settings.timeZone
    return { at: rfc3339(digestAt(new Date(since), { ...own, timeZone })) }
  }
