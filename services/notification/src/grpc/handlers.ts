import type { Caller } from '@onus/kit/caller'
import { requireRole } from '@onus/kit/caller'
import { type Clock, rfc3339 } from '@onus/kit/clock'
import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import type { DirectoryReader } from '@onus/kit/directory'
import type { CallContext, Handlers } from '@onus/kit/grpc'
import { Problem, problems } from '@onus/kit/problems'
import type { Page } from '@onus/proto/onus/v1/common'
import type { ListNoticesResponse, NotificationServiceService } from '@onus/proto/onus/v1/notification'
import { NOTICE_CHANNELS } from '@onus/workflows-contract'
import PQueue from 'p-queue'
import { z } from 'zod'
import type { createBouncer } from '../delivery/bouncer.ts'
import type { ChangePublisher } from '../delivery/changes.ts'
import { type Providers, shownTo } from '../delivery/providers.ts'
import type { createUnsubscriber } from '../delivery/unsubscriber.ts'
import type { TicketClient } from '../delivery/world.ts'
import { advance, NOTICE_STATES, type Notice, type Outcome, viewOf } from '../domain/notice.ts'
import { slackChange } from '../domain/slack-change.ts'
import { textsFor } from '../render/catalog.ts'
import { preferenceUrl, whyOf } from '../render/content.ts'
import type { createSlackProbe } from '../slack/probe.ts'
import type { Breakers } from '../store/breakers.ts'
import type { Devices } from '../store/devices.ts'
import type { Integrations, SlackConnection } from '../store/integrations.ts'
import type { Ledger, Place } from '../store/ledger.ts'
import type { Digests } from '../temporal/digests.ts'

export interface HandlerDeps {
  clock: Clock
  ledger: Ledger
  integrations: Integrations
  changes: ChangePublisher
  tickets: Pick<TicketClient, 'checkAccess'>
  /** Starts the delivery of this round; the same round twice is one delivery. */
  startResend(notice: Notice, round: number): Promise<void>
  directory: DirectoryReader
  providers: Pick<Providers, 'states'>
  breakers: Pick<Breakers, 'ofAccount'>
  devices: Pick<Devices, 'pushServices'>
  digests: Pick<Digests, 'preferencesChanged'>
  /** Where people reach the console. */
  publicUrl: string
  probeSlack: ReturnType<typeof createSlackProbe>
  unsubscribe: ReturnType<typeof createUnsubscriber>
  bounce: ReturnType<typeof createBouncer>
}

const DEFAULT_LIMIT = 50
const MOST = 200
/** How many tickets of a page are asked for at the same time. */
const CHECKS_AT_ONCE = 16
const MOST_BROKEN = 200
const placeSchema = z.object({ at: z.string(), id: z.string() })

/** The gRPC methods: who may read and touch which line of the ledger is decided here. */
export function createHandlers(deps: HandlerDeps): Handlers<typeof NotificationServiceService> {
  const { ledger, integrations, changes, publicUrl } = deps
  /** Lines as this caller reads them. */
  async function reader(caller: Caller): Promise<Shown> {
    const view = await deps.directory.snapshot(caller.accountId)
    const texts = textsFor(caller.locale || view.agent(caller.id)?.locale)
    return (notice) => {
      const ticket = { departmentName: view.department(notice.departmentId)?.name ?? '' }
      return { ...shownAt(notice, publicUrl), why: whyOf({ ...notice, ticket }, texts) }
    }
  }
  const now = () => rfc3339(deps.clock())

  async function seesTicket(caller: Caller, ticketId: string): Promise<boolean> {
    try {
      await deps.tickets.checkAccess({ ticketId, verb: 'see' }, { caller })
      return true
    } catch (error) {
      if (error instanceof Problem && (error.reason === 'not-found' || error.reason === 'forbidden'))
        return false
      throw error
    }
  }

  /** Without what is about tickets that have left the caller's sight since. */
  async function stillVisible<T extends { ticketId: string }>(caller: Caller, items: T[]): Promise<T[]> {
    const queue = new PQueue({ concurrency: CHECKS_AT_ONCE })
    const ids = [...new Set(items.map((item) => item.ticketId))]
    const seen = await queue.addAll(
      ids.map((id) => async () => ((await seesTicket(caller, id)) ? id : undefined)),
    )
    const visible = new Set(seen)
    return items.filter((item) => visible.has(item.ticketId))
  }

  /** The line, if the caller may know of it: its ticket is one that they see. */
  async function visible(caller: Caller, noticeId: string): Promise<Notice> {
    requireAccount(caller)
    const notice = await ledger.get(caller.accountId, noticeId)
    if (!notice) throw problems.notFound('notice', noticeId)
    if (!(await seesTicket(caller, notice.ticketId))) throw problems.notFound('notice', noticeId)
    return notice
  }

  async function change(notice: Notice, outcome: Outcome): Promise<Notice> {
    const at = now()
    const after = await ledger.change(notice.accountId, notice.id, (line) => advance(line, outcome, at))
    if (!after) throw problems.notFound('notice', notice.id)
    return after
  }

  return {
    async listMyNotices({ page, agentId }, { caller }) {
      requireAccount(caller)
      if (agentId && agentId !== agentOf(caller)) requireRole(caller, 'owner', 'admin')
      const whose = agentId ?? agentOf(caller)
      if (!whose) throw problems.forbidden('read a feed with a key that acts for no agent')
      const found = await paged(page, await reader(caller), (limit, after) =>
        ledger.ofAgent(caller.accountId, whose, limit, after),
      )
      return { ...found, items: await stillVisible(caller, found.items) }
    },

    async listTicketNotices({ ticketId, page }, { caller }) {
      requireAccount(caller)
      await deps.tickets.checkAccess({ ticketId, verb: 'see' }, { caller })
      return paged(page, await reader(caller), (limit, after) =>
        ledger.ofTicket(caller.accountId, ticketId, limit, after),
      )
    },

    async getNotice({ noticeId }, { caller }) {
      const notice = await visible(caller, noticeId)
      return (await reader(caller))(notice)
    },

    async acknowledgeNotice({ noticeId }, { caller }) {
      const notice = await visible(caller, noticeId)
      if (!isOwn(caller, notice)) throw problems.forbidden('acknowledge somebody else’s notice')
      requireDelivered(notice)
      const after = await change(notice, { type: 'acknowledged' })
      await changes.tryPublish([after])
      return (await reader(caller))(after)
    },

    async resendNotice({ noticeId }, { caller }) {
      const notice = await visible(caller, noticeId)
      if (!isOwn(caller, notice)) requireRole(caller, 'owner', 'admin')
      requireDelivered(notice)
      // The delivery first: it opens the round itself, and publishes it, should we not get to it.
      const round = notice.round + 1
      await deps.startResend(notice, round)
      return (await reader(caller))(await change(notice, { type: 'resend', round }))
    },

    async listNotices({ page, state, channel, agentId }, { caller }) {
      requireAdmin(caller)
      const errors = [
        ...(state && !NOTICE_STATES.some((known) => known === state)
          ? [{ field: 'state', message: `must be one of ${NOTICE_STATES.join(', ')}` }]
          : []),
        ...(channel && !NOTICE_CHANNELS.some((known) => known === channel)
          ? [{ field: 'channel', message: `must be one of ${NOTICE_CHANNELS.join(', ')}` }]
          : []),
      ]
      if (errors.length) throw problems.invalid(errors)
      return paged(page, await reader(caller), (limit, after) =>
        ledger.ofAccount(caller.accountId, { state, channel, agentId }, limit, after),
      )
    },

    async getDeliveryHealth(_request, { caller }) {
      requireAdmin(caller)
      const [places, { webhookUrl }, pushServices, states] = await Promise.all([
        deps.breakers.ofAccount(caller.accountId, MOST_BROKEN),
        integrations.slackSecrets(caller.accountId),
        deps.devices.pushServices(caller.accountId),
        deps.providers.states(),
      ])
      const slack = new Set(webhookUrl === undefined ? [] : [new URL(webhookUrl).host])
      return {
        providers: shownTo({ slack, web_push: pushServices }, states),
        broken: places.map(({ kind, agentId, failures, bounces = 0, hard = false, openUntil, error }) => ({
          kind,
          ...(agentId && { agentId }),
          failures: failures + bounces,
          dead: hard,
          nextTryAt: openUntil,
          ...(error && { error }),
        })),
      }
    },

    async preferencesChanged({ agentId }, { caller }) {
      requireAccount(caller)
      const whose = agentId ?? agentOf(caller)
      if (!whose) throw problems.forbidden('move the digests of a key that acts for no agent')
      if (caller.type !== 'system' && whose !== agentOf(caller)) requireRole(caller, 'owner', 'admin')
      await deps.digests.preferencesChanged(caller.accountId, whose)
      return {}
    },

    unsubscribe: ({ token, look }) => deps.unsubscribe(token, look),

    async acceptBounce({ noticeId, mail }, { caller }) {
      if (caller.type !== 'system') throw problems.forbidden('hand in what came back')
      return { kind: await deps.bounce(noticeId, Buffer.from(mail).toString('utf8')) }
    },

    async getSlackIntegration(_request, { caller }) {
      requireAdmin(caller)
      const connection = await integrations.slack(caller.accountId)
      if (!connection) throw new Problem('not-found', 'The account has not connected a Slack workspace.')
      return slackView(connection)
    },

    async setSlackIntegration(request, { caller }) {
      requireAdmin(caller)
      const change = slackChange(request)
      const connection = await integrations.setSlack(caller.accountId, change, now())
      if (connection) return slackView(connection)
      throw problems.invalid([
        { field: 'botToken', message: 'Give a bot token, an incoming webhook (webhookUrl), or both.' },
      ])
    },

    async testSlackIntegration({ channel, webhook }, { caller }) {
      requireAdmin(caller)
      const { accountId, id, name, locale } = caller
      return await deps.probeSlack({ accountId, by: { id, name, locale }, channel, webhook })
    },

    async deleteSlackIntegration(_request, { caller }) {
      requireAdmin(caller)
      if (!(await integrations.deleteSlack(caller.accountId)))
        throw new Problem('not-found', 'The account has not connected a Slack workspace.')
      return {}
    },
  }
}

/** The operator key works on accounts and on nothing inside them. */
function requireAccount(caller: Caller): void {
  if (!caller.accountId || caller.type === 'operator')
    throw problems.forbidden('do this with an operator key')
}

function requireAdmin(caller: CallContext['caller']): void {
  requireAccount(caller)
  requireRole(caller, 'owner', 'admin')
}

const agentOf = (caller: Caller): string | undefined => (caller.type === 'agent' ? caller.id : undefined)

const isOwn = (caller: Caller, notice: Notice): boolean => agentOf(caller) === notice.recipient.agentId

function requireDelivered(notice: Notice): void {
  if (notice.state === 'suppressed')
    throw new Problem(
      'wrong-status',
      `The notice was suppressed (${notice.reason}): there is nothing to do with it.`,
    )
}

const slackView = ({ hint, ...connection }: SlackConnection) => ({ ...connection, botTokenHint: hint })

/** A line in the form that its readers get. */
type Shown = (notice: Notice) => ListNoticesResponse['items'][number]

/** A line for its readers: with why its recipient is told, and where they can change that. */
function shownAt(notice: Notice, publicUrl: string) {
  const { departmentId, because, text, inDigest = false, target } = notice
  return {
    ...viewOf(notice),
    devices: notice.devices ?? [],
    departmentId,
    because,
    inDigest,
    ...(text && { text }),
    ...(!target && notice.event !== 'rule' && { preferenceUrl: preferenceUrl(publicUrl, notice) }),
  }
}

/** One page: reads one more than it shows, to know whether there is a next. */
async function paged(
  page: Page | undefined,
  shown: Shown,
  read: (limit: number, after: Place | undefined) => Promise<Notice[]>,
): Promise<ListNoticesResponse> {
  const limit = page?.limit || DEFAULT_LIMIT
  if (limit < 1 || limit > MOST) throw problems.invalid([{ field: 'limit', message: `must be 1 to ${MOST}` }])
  const after = page?.cursor ? decodeCursor(page.cursor, placeSchema) : undefined
  const notices = await read(limit + 1, after)
  const items = notices.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(shown),
    ...(notices.length > limit && last && { nextCursor: encodeCursor({ at: last.createdAt, id: last.id }) }),
  }
}
