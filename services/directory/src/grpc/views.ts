import type { Handlers } from '@onus/kit/grpc'
import { Problem } from '@onus/kit/problems'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { checkViews } from '../domain/views.ts'
import { Entry, type Parts } from './entry.ts'

/** Lists that agents have put together; everybody sees and changes their own. */
export function viewHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, 'getViews' | 'setViews'> {
  const { views } = parts
  const entry = new Entry(parts)

  return {
    async getViews(_, { caller }) {
      const { state } = await entry.read(caller, 'own', 'have saved views')
      return views.find(state.accountId, caller.id)
    },

    async setViews({ items, version }, { caller }) {
      const { state } = await entry.read(caller, 'own', 'have saved views')
      const checked = checkViews(items)
      for (;;) {
        const now = await views.find(state.accountId, caller.id)
        if (version !== undefined && version !== now.version)
          throw new Problem('stale-revision', 'The saved views have been changed elsewhere; read them again.')
        if (await views.replace(state.accountId, caller.id, now.version, checked))
          return { items: checked, version: now.version + 1 }
      }
    },
  }
}
