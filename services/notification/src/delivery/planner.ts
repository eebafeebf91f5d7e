import { rfc3339 } from '@onus/kit/clock'
import type { DirectoryView } from '@onus/kit/directory'
import { stableId } from '@onus/kit/ids'
import type { Preferences } from '@onus/proto/onus/v1/directory'
import { type NoticeInput, noticeActors, noticeDelegateOf } from '@onus/workflows-contract'
import type { NoticePlan } from '@onus/workflows-notice'
import { type Because, isDue, type Notice, newNotice } from '../domain/notice.ts'
import {
  type Candidate,
  type PlanFacts,
  type PlannedNotice,
  planNotices,
  wishesByAgent,
} from '../domain/plan.ts'
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
  devices: Pick<Devices, 'of'>
  integrations: Pick<Integrations, 'slackSecrets'>
  changes: ChangePublisher
  /** Tells the digests of these agents what waits for them; the same twice is told once. */
  holdForDigest(held: HeldNotices[]): Promise<void>
}

/** What waits for one agent's digest on one channel. */
export interface HeldNotices {
  accountId: string
  agentId: string
  channel: string
  noticeIds: string[]
  /** When the first of them was planned, and when they are due as things are. */
  since: string
  dueAt: string
}

interface Gathered {
  plan: PlannedNotice[]
  view: DirectoryView
  localeOf(agentId: string): string | undefined
}

/** More lines than any ticket has. */
const MOST_LINES = 100_000

/**
 * Makes the plan of one command and writes it to the ledger. A second run finds the first one's lines and
 * keeps them: what somebody gets on a channel has one id, whatever the second run would have chosen.
 * `again` says that an earlier run may have left lines.
 */
export function createPlanner(deps: PlannerDeps) {
  const { world, ledger, devices, integrations, changes } = deps

  async function gather(input: NoticeInput): Promise<Gathered> {
    const view = await world.directory.snapshot(input.accountId)
    const people = peopleOf(view, world.clock())
    const actors = noticeActors(input)
    const ids = [...wishesByAgent(input, people).keys()].filter((id) => !actors.has(id))
    const sighted = ids.filter((id) => maySee(view, id, input.after))
    const [preferences, tokens, { botToken, webhookUrl }] = await Promise.all([
      preferencesOf(input.accountId, sighted),
      devices.of(input.accountId, sighted),
      integrations.slackSecrets(input.accountId),
    ])
    const plan = planNotices(input, {
      ...people,
      now: world.clock(),
      candidate: (id) => candidate(view, id, sighted.includes(id), preferences.get(id), tokens.has(id)),
      slack: botToken !== undefined,
      slackChannels: botToken !== undefined || webhookUrl !== undefined,
    })
    return { plan, view, localeOf: (id) => preferences.get(id)?.locale || view.agent(id)?.locale }
  }

  async function preferencesOf(accountId: string, agentIds: string[]): Promise<Map<string, Preferences>> {
    if (!agentIds.length) return new Map()
    const caller = world.callerFor(accountId)
    const { preferences } = await world.preferences.getPreferencesOf({ agentIds }, { caller })
    return new Map(Object.entries(preferences))
  }

  /**
   * The command's lines as they are in the ledger. A first run finds its own; a second looks for what the
   * first left too, for people who have left meanwhile, or who would be told of something else now.
   */
  async function written(input: NoticeInput, lines: readonly Notice[], again: boolean): Promise<Notice[]> {
    const allNew = await ledger.add(lines)
    if (allNew && !again) return [...lines]
    const own = await ledger.find(lines.map(({ id }) => id).concat(deliverableIds(input, lines)))
    const earlier = await ledger.ofTicket(input.accountId, input.ticketId, MOST_LINES)
    const ours = earlier.filter((line) => line.ticketSequence === input.sequence)
    return [...new Map([...own, ...ours].map((line) => [line.id, line])).values()]
  }

  return async (input: NoticeInput, again = false): Promise<NoticePlan> => {
    const at = rfc3339(world.clock())
    const { plan, view, localeOf } = await gather(input)
    const lines = plan.map((planned) => line(input, planned, view, localeOf(planned.agentId), at))
    const notices = await written(input, lines, again)
    for (const notice of notices) if (notice.createdAt === at) countChange(notice)
    const waiting = notices.filter((notice) => isDue(notice, 0))
    const [published] = await Promise.all([
      changes.tryPublish(notices),
      deps.holdForDigest(heldOf(waiting.filter(({ inDigest }) => inDigest))),
    ])
    return {
      pending: waiting
        .filter(({ inDigest }) => !inDigest)
        .map((notice) => ({
          noticeId: notice.id,
          channel: notice.channel,
          agentId: notice.recipient.agentId,
        })),
      unpublished: published ? [] : notices.map(({ id }) => id),
    }
  }
}

function heldOf(notices: readonly Notice[]): HeldNotices[] {
  const byPlace = Map.groupBy(notices, ({ recipient, channel }) => `${recipient.agentId} ${channel}`)
  return [...byPlace.values()].map((same) => {
    const first = same[0]!
    return {
      accountId: first.accountId,
      agentId: first.recipient.agentId,
      channel: first.channel,
      noticeIds: same.map(({ id }) => id),
      since: first.createdAt,
      dueAt: first.nextAttemptAt ?? first.createdAt,
    }
  })
}

function peopleOf(
  view: DirectoryView,
  now: Date,
): Pick<PlanFacts, 'membersOf' | 'admins' | 'agentByEmail' | 'standsInFor'> {
  return {
    membersOf: (departmentId) => view.membersOf(departmentId).map((agent) => agent.id),
    standsInFor: (agentId) => noticeDelegateOf((id) => view.agent(id), agentId, now),
    admins: () =>
      view.agents
        .filter(({ status, role }) => status === 'active' && (role === 'owner' || role === 'admin'))
        .map(({ id }) => id),
    agentByEmail: (email) =>
      view.agents.find((agent) => agent.email.toLowerCase() === email.trim().toLowerCase())?.id,
  }
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
    digest: preferences?.digest,
    rules: preferences?.rules ?? [],
    hasDevice,
  }
}

/** The one id of what somebody gets on a channel for a command. */
const deliverableId = (
  input: NoticeInput,
  { agentId, target }: Pick<PlannedNotice, 'agentId' | 'target'>,
  channel: string,
): string => {
  const whom = target ? [target.type, target.address.toLowerCase()] : [agentId]
  return stableId(input.accountId, input.ticketId, String(input.sequence), ...whom, channel)
}

const deliverableIds = (input: NoticeInput, lines: readonly Notice[]): string[] =>
  lines.map(({ recipient: { agentId }, target, channel }) =>
    deliverableId(input, target ? { agentId, target } : { agentId }, channel),
  )

function line(
  input: NoticeInput,
  planned: PlannedNotice,
  view: DirectoryView,
  locale: string | undefined,
  at: string,
): Notice {
  const { accountId, ticketId, sequence } = input
  const id = deliverableId(input, planned, planned.channel)
  const told = planned.state === 'planned'
  const inApp = told && planned.channel === 'in_app'
  const message = input.entries.findLast(
    (entry) => entry.type === 'message.added' && entry.details?.authorType === 'contact',
  )
  const actor = input.entries.find((entry) => entry.actor.type === 'agent' && entry.actor.name)
  const messageId = message?.details?.messageId
  const tickets = summarized(input)
  return newNotice({
    id: told ? id : stableId(id, planned.event),
    accountId,
    ticketId,
    ticketSequence: sequence,
    departmentId: input.after.departmentId,
    event: planned.event,
    channel: planned.channel,
    recipient: { agentId: planned.agentId },
    because: becauseOf(input, planned, view),
    ...(planned.target && { target: planned.target }),
    ...(planned.text && { text: planned.text }),
    ...(tickets !== undefined && { tickets }),
    // The feed shows the ledger: what is in it has arrived.
    state: inApp ? 'sent' : planned.state,
    ...(planned.reason && { reason: planned.reason }),
    attempts: inApp ? 1 : 0,
    ...(planned.digestAt && { nextAttemptAt: rfc3339(planned.digestAt), inDigest: true }),
    createdAt: at,
    ...(inApp && { sentAt: at }),
    ...(locale && { locale }),
    ...(actor?.actor.name && { actorName: actor.actor.name }),
    ...(typeof messageId === 'string' && { messageId }),
    doneRound: told && !inApp ? -1 : 0,
    listed: planned.agentId !== '' && planned.reason !== 'not_visible',
  })
}

/** How many tickets a summary is about: what somebody got by one operation is told once. */
function summarized({ entries }: NoticeInput): number | undefined {
  const summary = entries[0]?.details?.summary as { tickets?: unknown } | undefined
  return typeof summary?.tickets === 'number' ? summary.tickets : undefined
}

function becauseOf({ after }: NoticeInput, { event, agentId }: PlannedNotice, view: DirectoryView): Because {
  if (event === 'rule') return 'rule'
  const forDepartment = event === 'ticket_new' || event === 'ticket_reopened_department'
  if (after.agentId === agentId && !forDepartment) return 'mine'
  return view.isMember(agentId, after.departmentId) ? 'department' : 'admin'
}
