import { rfc3339 } from '@onus/kit/clock'
import { readBounce } from '../domain/bounce.ts'
import { withoutAddresses } from '../domain/failure.ts'
import { advance, type Notice } from '../domain/notice.ts'
import type { Breakers } from '../store/breakers.ts'
import type { Ledger } from '../store/ledger.ts'
import type { ChangePublisher } from './changes.ts'
import { countChange } from './metrics.ts'
import type { World } from './world.ts'

export interface BouncerDeps {
  world: Pick<World, 'clock' | 'log' | 'directory'>
  ledger: Ledger
  breakers: Breakers
  changes: ChangePublisher
}

/** Takes in a mail that came back: the notice has failed after all, and its address is left alone for a while. */
export function createBouncer({ world, ledger, breakers, changes }: BouncerDeps) {
  async function addressOf({ accountId, recipient, target }: Notice) {
    if (target) return target.type === 'email' ? { value: target.address } : undefined
    const agent = (await world.directory.snapshot(accountId)).agent(recipient.agentId)
    return agent && { value: agent.email, agentId: agent.id }
  }

  /** Every line that went out in the mail: the digest's, where it was one. */
  async function linesOf(notice: Notice): Promise<Notice[]> {
    if (!notice.inDigest || !notice.sentAt) return [notice]
    const { accountId, recipient, sentAt } = notice
    const recent = await ledger.ofAgent(accountId, recipient.agentId, MOST_IN_DIGEST)
    return recent.filter((line) => line.inDigest && line.channel === 'email' && line.sentAt === sentAt)
  }

  return async (noticeId: string, mail: string): Promise<'hard' | 'soft' | 'delayed' | 'none'> => {
    const [notice] = await ledger.find([noticeId])
    const bounce = readBounce(mail)
    if (notice?.channel !== 'email') return 'none'
    if (!('error' in bounce)) return bounce.kind
    const error = withoutAddresses(`came back: ${bounce.error}`)
    const now = world.clock()
    const at = rfc3339(now)
    const lines = await linesOf(notice)
    const changed = await Promise.all(
      lines.map((line) =>
        ledger.change(line.accountId, line.id, (before) => advance(before, { type: 'bounced', error }, at)),
      ),
    )
    const news = changed.filter((line, index) => line !== null && line.changes > lines[index]!.changes)
    // The same mail again is no second bounce.
    if (!news.length) return bounce.kind
    for (const line of news) if (line?.state === 'failed') countChange(line)
    await changes.tryPublish(news.filter((line) => line !== null))
    const address = await addressOf(notice)
    if (address)
      await breakers.bounced(
        { accountId: notice.accountId, kind: 'address', ...address },
        bounce.kind,
        error,
        now,
      )
    world.log.info({ noticeId, kind: bounce.kind, error }, 'A notice came back')
    return bounce.kind
  }
}

const MOST_IN_DIGEST = 500
