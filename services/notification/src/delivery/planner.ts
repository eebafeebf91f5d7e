import { rfc3339 } from '@onus/kit/clock'
import type { DirectoryView } from '@onus/kit/directory'
import { stableId } from '@onus/kit/ids'
import type { Preferences } from '@onus/proto/onus/v1/directory'
import { type NoticeInput, noticeActors, noticeAudiences } from '@onus/workflows-contract'
import type { NoticePlan } from '@onus/workflows-notice'
import PQueue from 'p-queue'
import { isDue, type Notice, newNotice } from '../domain/notice.ts'
import { type Candidate, type PlannedNotice, planNotices } from '../domain/plan.ts'
import type { Devices } from '../store/devices.ts'
import type { Integrations } from '../store/integrations.ts'
import type { Ledger } from '../store/ledger.ts'
import type { ChangePublisher } from './changes.ts'
import { countChange } from './metrics.ts'
import { maySee } from './sight.ts'
import type { World } from './world.ts'

export interface PlannerDeps {
  world: World
  ledger: Ledger
  devices: Devices
  integrations: Pick<Integrations, 'slackToken'>
  changes: ChangePublisher
}

interface Gathered {
  plan: PlannedNotice[]
  localeOf(agentId: string): string | undefined
}

/** How many agents' preferences are asked for at the same time. */
const READS_AT_ONCE = 16
/** More lines than any ticket has. */
const MOST_LINES = 100_000

/**
 * Makes the plan of one command and writes it to the ledger. A second run finds the first one's lines and
 * keeps them: what somebody gets on a channel has one id, whatever the second run would have chosen.
 * `again` says that an earlier run may have left lines.
 */
export function createPlanner({ world, ledger, devices, integrations, changes }: PlannerDeps) {
  async function gather(input: NoticeInput): Promise<Gathered> {
    const view = await world.directory.snapshot(input.accountId)
    const membersOf = (departmentId: string) => view.membersOf(departmentId).map((agent) => agent.id)
    const ids = audienceIds(input, membersOf)
    const sighted = ids.filter((id) => maySee(view, id, input.after))
    const [preferences, tokens, slackToken] = await Promise.all([
      preferencesOf(input.accountId, sighted),
      devices.of(input.accountId, sighted),
      integrations.slackToken(input.accountId),
    ])
    const plan = planNotices(input, {
      now: world.clock(),
      membersOf,
      candidate: (id) => candidate(view, id, sighted.includes(id), preferences.get(id), tokens.has(id)),
      slack: slackToken !== undefined,
    })
    return { plan, localeOf: (id) => preferences.get(id)?.locale || view.agent(id)?.locale }
  }

  async function preferencesOf(accountId: string, ids: readonly string[]): Promise<Map<string, Preferences>> {
    const queue = new PQueue({ concurrency: READS_AT_ONCE })
    const caller = world.callerFor(accountId)
    const read = async (agentId: string) =>
      [agentId, await world.preferences.getPreferences({ agentId }, { caller })] as const
    return new Map(await queue.addAll(ids.map((id) => () => read(id))))
  }

  /** What the ledger has of this command, an earlier run's lines for people who have left meanwhile too. */
  async function kept(input: NoticeInput, lines: readonly Notice[], again: boolean): Promise<Notice[]> {
    const own = await ledger.find(lines.map(({ id }) => id).concat(deliverableIds(input, lines)))
    const earlier = again ? await ledger.ofTicket(input.accountId, input.ticketId, MOST_LINES) : []
    const ours = earlier.filter((line) => line.ticketSequence === input.sequence)
    return [...new Map([...own, ...ours].map((line) => [line.id, line])).values()]
  }

  return async (input: NoticeInput, again = false): Promise<NoticePlan> => {
    const at = rfc3339(world.clock())
    const { plan, localeOf } = await gather(input)
    const lines = plan.map((planned) => line(input, planned, localeOf(planned.agentId), at))
    await ledger.add(lines)
    const notices = await kept(input, lines, again)
    for (const notice of notices) if (notice.createdAt === at) countChange(notice)
    const published = await changes.tryPublish(notices)
    return {
      pending: notices
        .filter((notice) => isDue(notice, 0))
        .map((notice) => ({
          noticeId: notice.id,
          channel: notice.channel,
          agentId: notice.recipient.agentId,
          ...(notice.nextAttemptAt && { notBefore: notice.nextAttemptAt }),
        })),
      unpublished: published ? [] : notices.map(({ id }) => id),
    }
  }
}

/** Everybody the plan can name, without those it never tells. */
function audienceIds(input: NoticeInput, membersOf: (departmentId: string) => string[]): string[] {
  const actors = noticeActors(input)
  const ids = noticeAudiences(input).flatMap((audience) =>
    'agentId' in audience ? [audience.agentId] : membersOf(audience.departmentId),
  )
  return [...new Set(ids)].filter((id) => !actors.has(id))
}

function candidate(
  view: DirectoryView,
  agentId: string,
  canSee: boolean,
  preferences: Preferences | undefined,
  hasDevice: boolean,
): Candidate | undefined {
  const agent = view.agent(agentId)
  if (!agent) return undefined
  return {
    agentId,
    canSee,
    online: agent.presence === 'online',
    timeZone: preferences?.timeZone || agent.timeZone || view.settings.timeZone,
    quietHours: preferences?.quietHours,
    rules: preferences?.rules ?? [],
    hasDevice,
  }
}

/** The one id of what an agent gets on a channel for a command. */
const deliverableId = (input: NoticeInput, agentId: string, channel: string): string =>
  stableId(input.accountId, input.ticketId, String(input.sequence), agentId, channel)

const deliverableIds = (input: NoticeInput, lines: readonly Notice[]): string[] =>
  lines.map(({ recipient, channel }) => deliverableId(input, recipient.agentId, channel))

function line(input: NoticeInput, planned: PlannedNotice, locale: string | undefined, at: string): Notice {
  const { accountId, ticketId, sequence } = input
  const id = deliverableId(input, planned.agentId, planned.channel)
  const told = planned.state === 'planned'
  const inApp = told && planned.channel === 'in_app'
  const message = input.entries.findLast(
    (entry) => entry.type === 'message.added' && entry.details?.authorType === 'contact',
  )
  const actor = input.entries.find((entry) => entry.actor.type === 'agent' && entry.actor.name)
  const messageId = message?.details?.messageId
  return newNotice({
    id: told ? id : stableId(id, planned.event),
    accountId,
    ticketId,
    ticketSequence: sequence,
    departmentId: input.after.departmentId,
    event: planned.event,
    channel: planned.channel,
    recipient: { agentId: planned.agentId },
    // The feed shows the ledger: what is in it has arrived.
    state: inApp ? 'sent' : planned.state,
    ...(planned.reason && { reason: planned.reason }),
    attempts: inApp ? 1 : 0,
    ...(planned.notBefore && { nextAttemptAt: rfc3339(planned.notBefore) }),
    createdAt: at,
    ...(inApp && { sentAt: at }),
    ...(locale && { locale }),
    ...(actor?.actor.name && { actorName: actor.actor.name }),
    ...(typeof messageId === 'string' && { messageId }),
    doneRound: told && !inApp ? -1 : 0,
    listed: planned.reason !== 'not_visible',
  })
}
