import type { DirectoryView } from '@onus/kit/directory'
import type { Held, HolderStore } from '../store/holders.ts'

/** A ticket whose holder may not see it has been forgotten by everybody: there must be none. */
export interface Orphaned extends Held {
  /** An off-boarding that is at work has not come to it yet. */
  leaving: boolean
}

type Directory = (
  accountId: string,
) => Promise<Pick<DirectoryView, 'agent' | 'isMember' | 'offboarding'> | null>

/** Who holds tickets that they may not hold; of one account, or of all. */
export async function findOrphans(
  holders: Pick<HolderStore, 'all'>,
  directory: Directory,
  accountId?: string,
): Promise<Orphaned[]> {
  const orphaned: Orphaned[] = []
  const views = new Map<string, Awaited<ReturnType<Directory>>>()
  for (const held of await holders.all(accountId)) {
    if (!views.has(held.accountId)) views.set(held.accountId, await directory(held.accountId))
    const view = views.get(held.accountId)
    // Nobody sees the tickets of an account that is gone; they are deleted with it.
    if (!view) continue
    if (view.agent(held.agentId)?.status === 'active' && view.isMember(held.agentId, held.departmentId))
      continue
    const state = view.offboarding(held.agentId)?.state
    orphaned.push({ ...held, leaving: state === 'running' || state === 'paused' })
  }
  return orphaned
}

export const countOf = (orphaned: readonly Orphaned[], leaving: boolean): number =>
  orphaned.filter((one) => one.leaving === leaving).reduce((sum, { tickets }) => sum + tickets, 0)
