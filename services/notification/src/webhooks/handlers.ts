import type { Caller } from '@onus/kit/caller'
import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { assertPublicAddress, ForbiddenAddress } from '@onus/kit/net'
import { type FieldProblem, Problem, problems } from '@onus/kit/problems'
import type { Page } from '@onus/proto/onus/v1/common'
import type {
  ReplayWebhookRequest,
  UpdateWebhookRequest,
  WebhookServiceService,
} from '@onus/proto/onus/v1/webhooks'
import { z } from 'zod'
import type { TicketClient } from '../delivery/world.ts'
import type { SecretBox } from '../store/secrets.ts'
import { attempted, LIFETIME_MS } from './domain/attempt.ts'
import { ALL_EVENTS, type Catalog, isTicketEvent, TEST_EVENT } from './domain/events.ts'
import { DELIVERY_STATES, type Delivery, HEALTHY, isOpen, type Replay, type Webhook } from './domain/model.ts'
import { newSecret } from './domain/signature.ts'
import { newDelivery } from './intake.ts'
import { rotated, validSecrets } from './secrets.ts'
import type { Sender } from './sender.ts'
import type { DeliveryStore, WebhookStore } from './store.ts'
import { deliveryView, replayView, webhookView } from './views.ts'
import type { Wake } from './waker.ts'

export interface WebhookHandlerDeps {
  clock: () => Date
  catalog: Catalog
  webhooks: WebhookStore
  deliveries: DeliveryStore
  box: SecretBox
  sender: Sender
  directory: DirectoryReader
  tickets: Pick<TicketClient, 'getTicket'>
  wake: Wake
  allowLoopback: boolean
}

/** Webhooks of one account. */
const MOST_WEBHOOKS = 50
/** Unfinished replays of one webhook. */
const MOST_REPLAYS = 5
/** Finished replays that are still shown. */
const REPLAYS_KEPT = 10
const MOST_IDS = 500
const DEFAULT_LIMIT = 50
const MOST = 200
const MAX_URL = 2000
/** A test is answered to the one who asked, so it waits less than a delivery. */
const TEST_TIMEOUT_MS = 5_000
const RESOLVE_TIMEOUT_MS = 4_000
const ID = /^[A-Za-z0-9_-]{1,64}$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

const placeSchema = z.object({ at: z.string(), id: z.string() })
const rankSchema = z.object({ id: z.string() })

/** The gRPC methods. Webhooks are set up by owners, admins and keys for setting up, and seen by nobody else. */
export function createWebhookHandlers(deps: WebhookHandlerDeps): Handlers<typeof WebhookServiceService> {
  const { clock, webhooks, deliveries, box } = deps
  const now = () => clock().toISOString()

  async function existing(accountId: string, webhookId: string): Promise<Webhook> {
    const webhook = ID.test(webhookId) ? await webhooks.get(accountId, webhookId) : null
    if (!webhook) throw problems.notFound('webhook', webhookId)
    return webhook
  }

  async function existingDelivery(webhook: Webhook, deliveryId: string): Promise<Delivery> {
    const delivery = ID.test(deliveryId) ? await deliveries.get(webhook.id, deliveryId) : null
    if (!delivery) throw problems.notFound('delivery', deliveryId)
    return delivery
  }

  function checkEvents(events: string[], departmentId: string | undefined): FieldProblem[] {
    if (events.length === 0) return [{ field: 'events', message: 'Must name at least one type, or "*".' }]
    return events.flatMap((type, at) => {
      if (type === ALL_EVENTS) return []
      const field = `events[${at}]`
      if (!deps.catalog.all.has(type))
        return [{ field, message: 'Is no type of event; see /api/v1/asyncapi.json, or use "*".' }]
      if (departmentId !== undefined && !isTicketEvent(type))
        return [{ field, message: 'Only events of tickets can be limited to a department.' }]
      return []
    })
  }

  const checkUrl = (url: string): FieldProblem[] => {
    const parsed = URL.canParse(url) ? new URL(url) : null
    const isHttp = parsed?.protocol === 'https:' || parsed?.protocol === 'http:'
    return isHttp && url.length <= MAX_URL
      ? []
      : [{ field: 'url', message: `Must be an http(s) address of at most ${MAX_URL} characters.` }]
  }

  /** What is well-formed and still cannot be: an address that we do not call, a department that is not there. */
  async function checkReferences(accountId: string, url?: string, departmentId?: string): Promise<void> {
    const errors: FieldProblem[] = []
    if (url !== undefined) {
      const refused = await refusedAddress(url, deps.allowLoopback)
      if (refused) errors.push({ field: 'url', message: refused })
    }
    if (departmentId !== undefined) {
      const directory = await deps.directory.snapshot(accountId)
      if (!directory.department(departmentId))
        errors.push({ field: 'departmentId', message: 'There is no such department.' })
    }
    if (errors.length > 0) throw problems.unknownReference(errors)
  }

  return {
    async createWebhook(request, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const { url, events, departmentId, active = true } = request
      refuse([...checkUrl(url), ...checkEvents(events, departmentId)])
      await checkReferences(accountId, url, departmentId)
      const at = now()
      const id = stableId('webhook', accountId, request.commandId || newId())
      const before = await webhooks.of(accountId)
      if (before.length >= MOST_WEBHOOKS && !before.some((webhook) => webhook.id === id))
        throw new Problem('in-use', `An account has at most ${MOST_WEBHOOKS} webhooks. Delete one first.`)
      const webhook = await webhooks.add({
        id,
        accountId,
        url,
        events: [...new Set(events)],
        ...(departmentId !== undefined && { departmentId }),
        active,
        createdAt: at,
        updatedAt: at,
        activeSince: at,
        secrets: [{ sealed: box.seal(newSecret(), id) }],
        health: HEALTHY,
        replays: {},
      })
      return { webhook: webhookView(webhook), secret: validSecrets(webhook, box, clock())[0] ?? '' }
    },

    async getWebhook({ webhookId }, { caller }) {
      return webhookView(await existing(requireSetup(caller, 'read'), webhookId))
    },

    async listWebhooks({ page }, { caller }) {
      const accountId = requireSetup(caller, 'read')
      const limit = limitOf(page)
      const after = page?.cursor ? decodeCursor(page.cursor, rankSchema) : undefined
      const all = await webhooks.of(accountId)
      const from = after ? all.findIndex(({ id }) => id === after.id) + 1 : 0
      const items = all.slice(from, from + limit)
      const last = items.at(-1)
      return {
        items: items.map(webhookView),
        ...(all.length > from + limit && last && { nextCursor: encodeCursor({ id: last.id }) }),
      }
    },

    async updateWebhook(request, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const webhook = await existing(accountId, request.webhookId)
      const { url, active } = request
      const events = request.events?.types
      const departmentId = departmentAfter(webhook, request)
      refuse([
        ...(url === undefined ? [] : checkUrl(url)),
        ...(events === undefined && request.departmentId === undefined
          ? []
          : checkEvents(events ?? webhook.events, departmentId)),
      ])
      await checkReferences(accountId, url, request.departmentId || undefined)
      const at = now()
      const begins = active === true && !webhook.active
      const changed = await webhooks.change(accountId, webhook.id, {
        updatedAt: at,
        ...(url !== undefined && { url }),
        ...(events !== undefined && { events: [...new Set(events)] }),
        ...(request.departmentId !== undefined && { departmentId }),
        ...(active !== undefined && { active }),
        ...(begins && { activeSince: at, disabled: undefined }),
        // What was changed may be what the receiver lacked: it is asked again at once.
        ...((begins || url !== undefined) && { health: HEALTHY }),
      })
      if (!changed) throw problems.notFound('webhook', webhook.id)
      if (begins || url !== undefined) await deliveries.hasten(webhook.id, at)
      if (changed.active) await deps.wake(accountId, webhook.id)
      return webhookView(changed)
    },

    async deleteWebhook({ webhookId }, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const webhook = await existing(accountId, webhookId)
      await webhooks.remove(accountId, webhook.id)
      return {}
    },

    async rotateWebhookSecret({ webhookId, commandId }, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const webhook = await existing(accountId, webhookId)
      const repeated = commandId !== '' && webhook.secretBy === commandId
      const changed = repeated
        ? webhook
        : await webhooks.change(accountId, webhook.id, {
            secrets: rotated(webhook.secrets, box.seal(newSecret(), webhook.id), clock()),
            updatedAt: now(),
            secretBy: commandId,
          })
      if (!changed) throw problems.notFound('webhook', webhook.id)
      const previousUntil = changed.secrets[1]?.expiresAt
      return {
        webhook: webhookView(changed),
        secret: validSecrets(changed, box, clock())[0] ?? '',
        ...(previousUntil !== undefined && { previousUntil }),
      }
    },

    async testWebhook({ webhookId, commandId }, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const webhook = await existing(accountId, webhookId)
      const at = clock()
      const id = stableId('test', webhook.id, commandId || newId())
      const event = {
        id,
        source: `/accounts/${accountId}/webhooks`,
        subject: webhook.id,
        type: TEST_EVENT,
        time: at.toISOString(),
        dataschema: `https://onus.dev/schemas/${TEST_EVENT}.json`,
        data: { accountId, webhookId: webhook.id, at: at.toISOString(), message: 'This is a test.' },
      }
      const { nextAttemptAt: _never, ...delivery } = newDelivery(webhook, event, at)
      // Its deadline is now, so that it is tried this once; until it was, it counts as not delivered.
      const tried: Delivery & { body: string } = {
        ...delivery,
        deadline: at.toISOString(),
        state: 'dead_letter',
      }
      const added = await deliveries.add([tried])
      const known = added === 0 ? await deliveries.get(webhook.id, tried.id) : null
      if (known && known.attempts > 0) return deliveryView(known)
      const outcome = await deps.sender.send(
        { url: webhook.url, id, body: tried.body, secrets: validSecrets(webhook, box, at) },
        { timeoutMs: TEST_TIMEOUT_MS },
      )
      const { body: _body, ...rest } = tried
      const after = attempted(rest, outcome, at)
      await deliveries.save(after)
      return deliveryView(after)
    },

    async listDeliveries({ webhookId, page, state }, { caller }) {
      const webhook = await existing(requireSetup(caller, 'read'), webhookId)
      if (state !== undefined && !(DELIVERY_STATES as readonly string[]).includes(state))
        refuse([{ field: 'state', message: `Must be one of ${DELIVERY_STATES.join(', ')}.` }])
      const limit = limitOf(page)
      const after = page?.cursor ? decodeCursor(page.cursor, placeSchema) : undefined
      const found = await deliveries.list(webhook.id, limit + 1, { after, state })
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(deliveryView),
        ...(found.length > limit &&
          last && { nextCursor: encodeCursor({ at: last.createdAt, id: last.id }) }),
      }
    },

    async getDelivery({ webhookId, deliveryId }, { caller }) {
      const webhook = await existing(requireSetup(caller, 'read'), webhookId)
      const delivery = await existingDelivery(webhook, deliveryId)
      return { delivery: deliveryView(delivery), payload: (await deliveries.body(delivery.id)) ?? '' }
    },

    async resendDelivery({ webhookId, deliveryId, commandId }, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const webhook = await existing(accountId, webhookId)
      const delivery = await existingDelivery(webhook, deliveryId)
      const repeated = commandId !== '' && delivery.resentBy === commandId
      if (!repeated) {
        if (delivery.type === TEST_EVENT)
          throw new Problem('wrong-status', 'A test is not sent again. Make another one.')
        const at = clock()
        const { error: _error, deliveredAt: _delivered, ...rest } = delivery
        Object.assign(delivery, {
          ...rest,
          state: isOpen(delivery) ? delivery.state : ('pending' as const),
          nextAttemptAt: at.toISOString(),
          deadline: new Date(at.getTime() + LIFETIME_MS).toISOString(),
          resentBy: commandId,
          deliveredAt: undefined,
        })
        await deliveries.save(delivery)
      }
      await deps.wake(accountId, webhook.id)
      return deliveryView(delivery)
    },

    async replayWebhook(request, { caller }) {
      const accountId = requireSetup(caller, 'write')
      const webhook = await existing(accountId, request.webhookId)
      const wish = readReplay(request, webhook, clock())
      if (wish.ticketId !== undefined) await requireTicket(wish.ticketId, caller)
      const id = stableId('replay', webhook.id, request.commandId || newId())
      const known = webhook.replays[id]
      if (known) {
        await deps.wake(accountId, webhook.id)
        return replayView(known)
      }
      const replays = Object.values(webhook.replays)
      if (replays.filter(({ state }) => state === 'running').length >= MOST_REPLAYS)
        throw new Problem('in-use', `At most ${MOST_REPLAYS} replays run at a time. Wait until one is done.`)
      const replay: Replay = { id, ...wish, deliveries: 0, state: 'running' }
      const done = replays.filter(({ state }) => state === 'done').map((each) => each.id)
      await webhooks.forgetReplays(accountId, webhook.id, done.slice(0, -REPLAYS_KEPT))
      await webhooks.setReplay(accountId, webhook.id, replay)
      await deps.wake(accountId, webhook.id)
      return replayView(replay)
    },

    async checkWebhooks({ webhookIds }, { caller }) {
      const accountId = requireSetup(caller, 'read')
      if (webhookIds.length > MOST_IDS)
        refuse([{ field: 'webhookIds', message: `Must be at most ${MOST_IDS}.` }])
      const known = new Set((await webhooks.of(accountId)).map(({ id }) => id))
      return { missing: webhookIds.filter((id) => !known.has(id)) }
    },
  }

  async function requireTicket(ticketId: string, caller: Caller): Promise<void> {
    const gone = problems.unknownReference([{ field: 'ticketId', message: 'There is no such ticket.' }])
    if (!ID.test(ticketId)) throw gone
    try {
      // In the account's name: a key that only sets up sees no tickets, and its webhook does.
      const system: Caller = {
        ...caller,
        type: 'system',
        id: 'notification',
        name: 'notification',
        scopes: [],
      }
      await deps.tickets.getTicket({ ticketId }, { caller: system })
    } catch (error) {
      throw error instanceof Problem && error.reason === 'not-found' ? gone : error
    }
  }
}

/** Who sets up. @returns their account */
function requireSetup(caller: Caller, permission: 'read' | 'write'): string {
  if (caller.type === 'operator' || !caller.accountId)
    throw problems.forbidden('work with webhooks with an operator key')
  if (caller.type === 'system') return caller.accountId
  const byRole = caller.type === 'agent' && (caller.role === 'owner' || caller.role === 'admin')
  const byScope =
    caller.type === 'api_client' &&
    (caller.scopes.includes('setup:write') || (permission === 'read' && caller.scopes.includes('setup:read')))
  if (!byRole && !byScope)
    throw problems.forbidden('work with webhooks: it needs the role owner or admin, or the scope setup:write')
  return caller.accountId
}

function refuse(errors: FieldProblem[]): void {
  if (errors.length > 0) throw problems.invalid(errors)
}

function limitOf(page: Page | undefined): number {
  const limit = page?.limit || DEFAULT_LIMIT
  if (limit < 1 || limit > MOST) throw problems.invalid([{ field: 'limit', message: `must be 1 to ${MOST}` }])
  return limit
}

/** Why an address is not called; null when it may be. */
async function refusedAddress(url: string, allowLoopback: boolean): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ForbiddenAddress('The host does not resolve')), RESOLVE_TIMEOUT_MS)
  })
  try {
    await Promise.race([assertPublicAddress(url, { allowLoopback }), late])
    return null
  } catch (error) {
    if (error instanceof ForbiddenAddress) return `${error.message}.`
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** The department after a change; an empty id takes it away. */
const departmentAfter = (webhook: Webhook, { departmentId }: UpdateWebhookRequest): string | undefined =>
  departmentId === undefined ? webhook.departmentId : departmentId || undefined

function readReplay(
  request: ReplayWebhookRequest,
  webhook: Webhook,
  now: Date,
): Pick<Replay, 'ticketId' | 'subject' | 'fromSequence' | 'since' | 'until'> {
  const { ticketId, subject, fromSequence, since, until } = request
  const errors: FieldProblem[] = []
  const moment = (field: string, value: string | undefined): string | undefined => {
    if (value === undefined) return undefined
    const date = RFC3339.test(value) ? new Date(value) : undefined
    if (date && !Number.isNaN(date.getTime())) return date.toISOString()
    errors.push({ field, message: 'Must be an RFC 3339 time such as 2026-03-01T09:00:00Z.' })
    return undefined
  }
  const from = moment('since', since)
  const to = moment('until', until)
  const one = ticketId ?? subject
  if (one === undefined && since === undefined)
    errors.push({ field: 'since', message: 'Name a moment, a ticket with `ticketId`, or a `subject`.' })
  if (ticketId !== undefined && subject !== undefined)
    errors.push({ field: 'subject', message: 'Name a ticket or a subject, not both.' })
  if (subject !== undefined && !ID.test(subject))
    errors.push({ field: 'subject', message: 'Must be the id of a notice or of a thing of the directory.' })
  if (subject !== undefined && !webhook.events.some((type) => type === ALL_EVENTS || !isTicketEvent(type)))
    errors.push({ field: 'subject', message: 'The webhook subscribes to events of tickets alone.' })
  if (subject !== undefined && webhook.departmentId !== undefined)
    errors.push({ field: 'subject', message: 'A webhook of one department gets events of tickets alone.' })
  if (one !== undefined && (since !== undefined || until !== undefined))
    errors.push({
      field: ticketId === undefined ? 'subject' : 'ticketId',
      message: 'Name one thing or a period, not both.',
    })
  if (one === undefined && fromSequence !== undefined)
    errors.push({ field: 'fromSequence', message: 'Goes with `ticketId` or `subject`.' })
  if (fromSequence !== undefined && fromSequence < 1)
    errors.push({ field: 'fromSequence', message: 'Must be 1 or more.' })
  if (from !== undefined && to !== undefined && to <= from)
    errors.push({ field: 'until', message: 'Must be later than `since`.' })
  refuse(errors)
  const end = to !== undefined && to < now.toISOString() ? to : now.toISOString()
  return {
    until: end,
    ...(ticketId !== undefined && { ticketId, fromSequence: fromSequence ?? 1 }),
    ...(subject !== undefined && { subject, fromSequence: fromSequence ?? 1 }),
    ...(from !== undefined && { since: from }),
  }
}
