import type { DirectoryView } from '@onus/kit/directory'
import { stableId } from '@onus/kit/ids'
import { Problem } from '@onus/kit/problems'
import type { Agent } from '@onus/proto/onus/v1/directory'
import type { GetMailContextResponse } from '@onus/proto/onus/v1/ticket'
import type { Mailer } from '../channels/mailer.ts'
import type { Slack } from '../channels/slack.ts'
import { bounceAddress } from '../domain/bounce.ts'
import { DeliveryFailure } from '../domain/failure.ts'
import type { Notice } from '../domain/notice.ts'
import type { Target } from '../domain/plan.ts'
import type { UnsubscribeTokens } from '../domain/unsubscribe.ts'
import { textsFor } from '../render/catalog.ts'
import type { NoticeSubject } from '../render/content.ts'
import { digestMail, digestPushMessage, digestSlackMessage } from '../render/digest.ts'
import { type Mail, noticeMail } from '../render/mail.ts'
import { noticePushMessage, type PushMessage } from '../render/push.ts'
import { noticeSlackMessage, type SlackMessage } from '../render/slack.ts'
import type { BreakerKey } from '../store/breakers.ts'
import type { Integrations } from '../store/integrations.ts'
import type { PushIntegrations } from '../store/push-integrations.ts'
import type { DeviceSender } from './device-sender.ts'
import type { Place } from './pace.ts'
import type { Provider } from './providers.ts'
import { maySee } from './sight.ts'
import type { World } from './world.ts'

/** How one notice gets to its recipient, as things are now. */
export interface Route {
  /** Who carries it; absent when nobody does. */
  provider?: Provider
  /** Whose rates it counts for. */
  places?: Place[]
  /** What would be broken if this does not work for others either. */
  breaker?: BreakerKey
  /** @throws DeliveryFailure */
  send(): Promise<void>
}

/** Finds the way of a notice. */
export interface Router {
  /** `not_visible` when the recipient may no longer see the ticket. */
  route(notice: Notice): Promise<Route | 'not_visible'>
  /** The way of one agent's notices on one channel as one message. No route when none is visible any more. */
  routeDigest(notices: readonly Notice[]): Promise<DigestRoute>
}

export interface DigestRoute {
  visible: Notice[]
  hidden: Notice[]
  route?: Route
}

export interface RouterDeps {
  world: Pick<World, 'directory' | 'tickets' | 'callerFor'>
  mailer: Mailer
  slack: Slack
  devices: DeviceSender
  push: Pick<PushIntegrations, 'connections'>
  integrations: Pick<Integrations, 'slackToken' | 'slackSecrets'>
  publicUrl: string
  mailDomain: string
  /** Sender of notice mails. */
  from: { name: string; address: string }
  /** Signs what turns a preference off without a key. */
  unsubscribe: UnsubscribeTokens
}

/** Routes read the ticket and the recipient at the time of the attempt. */
export function createRouter(deps: RouterDeps): Router {
  const { world, publicUrl, mailDomain } = deps

  /** What is asked for at this moment: notices of one command that are tried together share the answer. */
  const asked = new Map<string, Promise<[DirectoryView, GetMailContextResponse]>>()

  function facts({ accountId, ticketId, messageId }: Notice) {
    const key = JSON.stringify([accountId, ticketId, messageId])
    const now = asked.get(key)
    if (now !== undefined) return now
    const answer = Promise.all([
      world.directory.snapshot(accountId),
      world.tickets.getMailContext(
        { ticketId, messageIds: messageId ? [messageId] : [] },
        { caller: world.callerFor(accountId) },
      ),
    ]).finally(() => asked.delete(key))
    asked.set(key, answer)
    return answer
  }

  const wherever = { publicUrl, mailDomain }

  /** The person a notice is for, if they may still see its ticket. */
  function recipientOf(notice: Notice, view: DirectoryView, { ticket }: GetMailContextResponse) {
    if (!ticket) throw new DeliveryFailure('message', 'The ticket is gone.')
    const agent = view.agent(notice.recipient.agentId)
    const holder = { departmentId: ticket.departmentId, agentId: ticket.agentId ?? null }
    return agent && maySee(view, agent.id, holder) ? agent : undefined
  }

  /** The link that turns off what these notices follow from; nothing turns off what a rule says. */
  function unsubscribeUrl(notices: readonly Notice[]): string | undefined {
    const { accountId, recipient, channel } = notices[0]!
    const preferences = notices
      .filter(({ event }) => event !== 'rule')
      .map(({ event, departmentId }) => ({ event, departmentId }))
    if (!preferences.length) return undefined
    const token = deps.unsubscribe.sign({ accountId, agentId: recipient.agentId, channel, preferences })
    return `${publicUrl}/api/v1/unsubscribe?token=${token}`
  }

  function byMail(notices: readonly Notice[], { name, email, id }: Agent, mail: Mail): Route {
    return {
      provider: { name: 'email' },
      places: [{ of: 'email' }],
      breaker: { accountId: notices[0]!.accountId, kind: 'address', value: email, agentId: id },
      send: () =>
        deps.mailer.send({
          ...mail,
          from: deps.from,
          to: { name, address: email },
          returnTo: bounceAddress(notices[0]!.id, mailDomain),
        }),
    }
  }

  async function bySlack(
    accountId: string,
    channel: string,
    write: (token: string) => Promise<void>,
  ): Promise<Route> {
    const token = await deps.integrations.slackToken(accountId)
    if (!token) throw new DeliveryFailure('recipient', 'The account has no Slack workspace any more.')
    return {
      provider: { name: 'slack' },
      places: [
        { of: 'slack_channel', token, channel: channel.toLowerCase() },
        { of: 'slack_workspace', token },
      ],
      breaker: { accountId, kind: 'token', value: token },
      send: () => write(token),
    }
  }

  /** To a channel by the bot, or to the one channel of the account's incoming webhook. */
  async function bySlackChannel(accountId: string, channel: string, message: SlackMessage): Promise<Route> {
    const { botToken, webhookUrl } = await deps.integrations.slackSecrets(accountId)
    if (botToken || !webhookUrl)
      return bySlack(accountId, channel, (token) => deps.slack.post(token, channel, message))
    return {
      provider: { name: 'slack', host: new URL(webhookUrl).host },
      places: [{ of: 'slack_channel', token: webhookUrl, channel: '' }],
      breaker: { accountId, kind: 'token', value: webhookUrl },
      send: () => deps.slack.webhook(webhookUrl, message),
    }
  }

  /** Providers and their keys have breakers by device there: one that is away holds up no other. */
  async function byPush(
    notices: readonly Notice[],
    message: (showsText: boolean) => PushMessage,
  ): Promise<Route> {
    const connections = await deps.push.connections(notices[0]!.accountId)
    return { send: () => deps.devices.send(notices, connections, message(connections.showsText)) }
  }

  /** What a rule writes to somebody who is no agent: no text of the conversation goes there. */
  async function toTarget(notice: Notice, target: Target): Promise<Route> {
    const [view, context] = await facts(notice)
    if (!context.ticket) throw new DeliveryFailure('message', 'The ticket is gone.')
    const { accountId } = notice
    const texts = textsFor(notice.locale ?? view.settings.locale)
    const about = { ...subjectOf(notice, context, view), message: undefined }
    if (target.type === 'slack_channel')
      return bySlackChannel(accountId, target.address, noticeSlackMessage(about, texts, publicUrl))
    const mail = noticeMail(about, texts, wherever)
    return {
      provider: { name: 'email' },
      places: [{ of: 'email' }],
      breaker: { accountId, kind: 'address', value: target.address },
      send: () =>
        deps.mailer.send({
          ...mail,
          from: deps.from,
          to: { name: '', address: target.address },
          returnTo: bounceAddress(notice.id, mailDomain),
        }),
    }
  }

  return {
    async route(notice) {
      if (notice.target) return await toTarget(notice, notice.target)
      const { accountId } = notice
      const [view, context] = await facts(notice)
      const agent = recipientOf(notice, view, context)
      if (!agent) return 'not_visible'
      const texts = textsFor(notice.locale ?? agent.locale)
      const about = subjectOf(notice, context, view)
      switch (notice.channel) {
        case 'email': {
          const mail = noticeMail(about, texts, { ...wherever, unsubscribeUrl: unsubscribeUrl([notice]) })
          return byMail([notice], agent, mail)
        }
        case 'slack': {
          const { signingSecret } = await deps.integrations.slackSecrets(accountId)
          const claimable = signingSecret !== undefined && isClaimable(context.ticket)
          const message = noticeSlackMessage(about, texts, publicUrl, claimable)
          return bySlack(accountId, agent.email, (token) => deps.slack.send(token, agent.email, message))
        }
        case 'push':
          return byPush([notice], (showsText) => noticePushMessage(about, texts, publicUrl, showsText))
        case 'in_app':
          return { send: async () => {} }
      }
    },

    async routeDigest(notices) {
      const asked = await Promise.all(notices.map(async (notice) => ({ notice, facts: await known(notice) })))
      const seen = asked.flatMap(({ notice, facts: found }) => {
        const agent = found && recipientOf(notice, found[0], found[1])
        return agent && found ? { notice, agent, about: subjectOf(notice, found[1], found[0]) } : []
      })
      const visible = seen.map(({ notice }) => notice)
      const hidden = notices.filter((notice) => !visible.includes(notice))
      const first = seen[0]
      if (!first) return { visible, hidden }
      const { agent, notice } = first
      const { accountId, channel } = notice
      const digest = {
        id: digestId(accountId, agent.id, channel, visible),
        accountId,
        items: seen.map(({ about }) => about),
      }
      const texts = textsFor(notice.locale ?? agent.locale)
      const route = async (): Promise<Route> => {
        if (channel === 'slack') {
          const message = digestSlackMessage(digest, texts, publicUrl)
          return bySlack(accountId, agent.email, (token) => deps.slack.send(token, agent.email, message))
        }
        if (channel === 'push') return byPush(visible, () => digestPushMessage(digest, texts, publicUrl))
        const mail = digestMail(digest, texts, { ...wherever, unsubscribeUrl: unsubscribeUrl(visible) })
        return byMail(visible, agent, mail)
      }
      return { visible, hidden, route: await route() }
    },
  }

  /** Null for a ticket that is gone: a digest goes without it. */
  async function known(notice: Notice) {
    try {
      const found = await facts(notice)
      return found[1].ticket ? found : null
    } catch (error) {
      if (error instanceof Problem && error.reason === 'not-found') return null
      throw error
    }
  }
}

/** Nobody has it, and somebody should. */
const isClaimable = (ticket: GetMailContextResponse['ticket']): boolean =>
  ticket !== undefined && !ticket.agentId && (ticket.status === 'new' || ticket.status === 'open')

/**
 * The same for the same lines that are shown, so that a digest that is sent again is the same mail. One that is
 * not shown any more has left the digest before it is sent, and is not there when it is sent again.
 */
const digestId = (accountId: string, agentId: string, channel: string, notices: readonly Notice[]): string =>
  stableId('digest', accountId, agentId, channel, notices[0]!.id)

function subjectOf(notice: Notice, context: GetMailContextResponse, view: DirectoryView): NoticeSubject {
  const ticket = context.ticket!
  const message = context.messages.find(({ id }) => id === notice.messageId)
  return {
    noticeId: notice.id,
    accountId: notice.accountId,
    event: notice.event,
    ticket: {
      id: ticket.id,
      number: ticket.number,
      subject: ticket.subject,
      status: ticket.status,
      priority: ticket.priority,
      departmentName: view.department(ticket.departmentId)?.name ?? '',
      agentName: ticket.agentId ? view.agent(ticket.agentId)?.name : undefined,
      contactName: ticket.contact?.name ?? ticket.contact?.email,
    },
    actorName: notice.actorName,
    message: message?.body,
    departmentId: notice.departmentId,
    because: notice.because,
    ruleText: notice.text,
    tickets: notice.tickets,
  }
}
