import type { DirectoryView } from '@onus/kit/directory'
import type { GetMailContextResponse } from '@onus/proto/onus/v1/ticket'
import type { Mailer } from '../channels/mailer.ts'
import type { Push } from '../channels/push.ts'
import type { Slack } from '../channels/slack.ts'
import { DeliveryFailure } from '../domain/failure.ts'
import type { Notice } from '../domain/notice.ts'
import { textsFor } from '../render/catalog.ts'
import type { NoticeSubject } from '../render/content.ts'
import { noticeMail } from '../render/mail.ts'
import { noticePushMessage } from '../render/push.ts'
import { noticeSlackMessage } from '../render/slack.ts'
import type { BreakerKey } from '../store/breakers.ts'
import type { Devices } from '../store/devices.ts'
import type { Integrations } from '../store/integrations.ts'
import { maySee } from './sight.ts'
import type { World } from './world.ts'

/** How one notice gets to its recipient, as things are now. */
export interface Route {
  /** What would be broken if this does not work for others either. */
  breaker?: BreakerKey
  /** @throws DeliveryFailure */
  send(): Promise<void>
}

/** Finds the way of a notice. */
export interface Router {
  /** `not_visible` when the recipient may no longer see the ticket. */
  route(notice: Notice): Promise<Route | 'not_visible'>
}

export interface RouterDeps {
  world: Pick<World, 'directory' | 'tickets' | 'callerFor'>
  mailer: Mailer
  slack: Slack
  /** Absent: the installation has no push gateway. */
  push?: Push
  devices: Devices
  integrations: Integrations
  publicUrl: string
  mailDomain: string
  /** Sender of notice mails. */
  from: { name: string; address: string }
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

  return {
    async route(notice) {
      const { accountId } = notice
      const [view, context] = await facts(notice)
      const { ticket } = context
      const agent = view.agent(notice.recipient.agentId)
      if (!ticket) throw new DeliveryFailure('message', 'The ticket is gone.')
      const holder = { departmentId: ticket.departmentId, agentId: ticket.agentId ?? null }
      if (!agent || !maySee(view, agent.id, holder)) return 'not_visible'
      const texts = textsFor(notice.locale ?? agent.locale)
      const about = subjectOf(notice, context, view)
      switch (notice.channel) {
        case 'email': {
          const mail = noticeMail(about, texts, { publicUrl, mailDomain })
          const to = { name: agent.name, address: agent.email }
          return {
            breaker: { accountId, kind: 'address', value: agent.email },
            send: () => deps.mailer.send({ ...mail, from: deps.from, to }),
          }
        }
        case 'slack': {
          const token = await deps.integrations.slackToken(accountId)
          if (!token) throw new DeliveryFailure('recipient', 'The account has no Slack workspace any more.')
          const message = noticeSlackMessage(about, texts, publicUrl)
          return {
            breaker: { accountId, kind: 'token', value: token },
            send: () => deps.slack.send(token, agent.email, message),
          }
        }
        case 'push': {
          const tokens = (await deps.devices.of(accountId, [agent.id])).get(agent.id)
          const { push } = deps
          if (!push || !tokens) throw new DeliveryFailure('recipient', 'The agent has no device any more.')
          const message = noticePushMessage(about, texts, publicUrl)
          return { send: () => push.send(tokens, message) }
        }
        case 'in_app':
          return { send: async () => {} }
      }
    },
  }
}

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
  }
}
