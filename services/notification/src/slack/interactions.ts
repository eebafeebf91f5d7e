import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller } from '@onus/kit/caller'
import { detached } from '@onus/kit/grpc'
import { stableId } from '@onus/kit/ids'
import { Problem, problems } from '@onus/kit/problems'
import type { Agent } from '@onus/proto/onus/v1/directory'
import type { Role } from '@onus/workflows-contract'
import type { Posted, Slack } from '../channels/slack.ts'
import type { TicketClient, World } from '../delivery/world.ts'
import { isFresh, isSlackSignature } from '../domain/slack-signature.ts'
import { channelText } from '../render/channel-texts.ts'
import { escapeSlack } from '../render/escape.ts'
import type { Integrations, SlackSecrets } from '../store/integrations.ts'
import { type ButtonValue, CLAIM_ACTION, readButtonValue } from './button.ts'

export interface InteractionDeps {
  world: Pick<World, 'clock' | 'log' | 'directory'>
  tickets: Pick<TicketClient, 'execute'>
  integrations: Pick<Integrations, 'slackSecrets'>
  slack: Slack
}

/** What the gateway hands on. */
export interface SignedRequest {
  body: Uint8Array
  signature: string
  timestamp: string
}

/** Slack waits three seconds for an answer; what takes longer goes on after it. */
const ANSWER_WITHIN_MS = 2000
/** For a ticket that answers slowly. */
const CLAIM_DEADLINE_MS = 20_000

/** What became of a press. */
type Outcome =
  | { type: 'claimed'; agent: Agent }
  | { type: 'held'; holder?: string; since: string; mine: boolean }
  /** One of the texts that only the person who pressed sees. */
  | { type: 'told'; text: string }

/** Does what people press in Slack, as the agents whom their addresses belong to. */
export function createSlackInteractions({ world, tickets, integrations, slack }: InteractionDeps) {
  /** The payload, when Slack signed it for the account that its button names. */
  async function verified(request: SignedRequest): Promise<{ press: Press; secrets: SlackSecrets }> {
    if (!isFresh(request.timestamp, world.clock()))
      throw new Problem('unauthenticated', 'The request is too old, or says no time.')
    const press = readPress(request.body)
    const secrets = await integrations.slackSecrets(press.value.accountId)
    if (!secrets.signingSecret || !isSlackSignature(secrets.signingSecret, request, world.clock()))
      throw new Problem('unauthenticated', 'The signature is not that of the account’s Slack app.')
    return { press, secrets }
  }

  async function agentOf({ accountId }: ButtonValue, userId: string, token: string) {
    const [view, email] = await Promise.all([
      world.directory.snapshot(accountId),
      slack.emailOf(token, userId),
    ])
    const agent = view.agents.find(
      (each) => each.status === 'active' && each.email.toLowerCase() === email?.toLowerCase(),
    )
    return { view, agent: email ? agent : undefined }
  }

  async function claim({ value, userId, actionTs, posted }: Press, token: string): Promise<Outcome> {
    const { accountId, ticketId } = value
    const { view, agent } = await agentOf(value, userId, token)
    if (!agent) return { type: 'told', text: 'slack.no_agent' }
    // The same press, however often it arrives, is one command.
    const commandId = stableId('slack', accountId, ticketId, userId, posted.channel, posted.ts, actionTs)
    try {
      await tickets.execute(
        { ticketId, commandId, command: { $case: 'claim', value: {} } },
        { caller: callerOf(accountId, agent), retry: true, deadlineMs: CLAIM_DEADLINE_MS },
      )
      return { type: 'claimed', agent }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const { reason, current } = error
      if ((reason === 'already-claimed' || reason === 'not-unassigned') && current?.agentId)
        return {
          type: 'held',
          holder: view.agent(current.agentId)?.name,
          since: current.since,
          mine: current.agentId === agent.id,
        }
      if (reason === 'not-found') return { type: 'told', text: 'slack.gone' }
      if (reason === 'forbidden') return { type: 'told', text: 'slack.forbidden' }
      if (reason === 'wrong-status' || error.status === 409)
        return { type: 'told', text: 'slack.held_by_nobody' }
      throw error
    }
  }

  /** Says in Slack what became of it: in the message for all who read it, or to the one who pressed. */
  async function show(press: Press, outcome: Outcome, token: string): Promise<void> {
    const { locale } = press.value
    if (outcome.type === 'told' || (outcome.type === 'held' && outcome.mine)) {
      const id = outcome.type === 'told' ? outcome.text : 'slack.yours'
      await slack.respond(press.responseUrl, {
        replace_original: false,
        response_type: 'ephemeral',
        text: channelText(locale, id),
      })
      if (outcome.type === 'told') return
    }
    const line =
      outcome.type === 'claimed'
        ? channelText(locale, 'slack.claimed', { agent: escapeSlack(outcome.agent.name) })
        : channelText(locale, 'slack.held', {
            agent: escapeSlack(outcome.holder ?? '—'),
            when: slackTime(outcome.since),
          })
    const changed = { text: `${press.text} ${line}`.trim(), blocks: withoutClaim(press.blocks, line) }
    try {
      await slack.respond(press.responseUrl, { replace_original: true, ...changed })
    } catch (error) {
      // Such an address works five times, for half an hour; the token works longer.
      world.log.info({ err: error }, 'a message in Slack is changed by its token')
      await slack.update(token, press.posted, changed)
    }
  }

  async function act(press: Press, token: string): Promise<void> {
    const about = { accountId: press.value.accountId, ticketId: press.value.ticketId }
    try {
      await show(press, await claim(press, token), token)
    } catch (error) {
      world.log.warn({ err: error, ...about }, 'a claim by Slack did not work')
      await slack
        .respond(press.responseUrl, {
          replace_original: false,
          response_type: 'ephemeral',
          text: channelText(press.value.locale, 'slack.later'),
        })
        .catch((err) => world.log.warn({ err, ...about }, 'nor could Slack be told'))
    }
  }

  /** @throws Problem `unauthenticated` unless Slack sent it, lately, for an account that is here */
  return async (request: SignedRequest): Promise<void> => {
    const { press, secrets } = await verified(request)
    if (press.actionId !== CLAIM_ACTION || !secrets.botToken) return
    const { botToken } = secrets
    await Promise.race([
      detached(() => act(press, botToken)),
      sleep(ANSWER_WITHIN_MS, undefined, { ref: false }),
    ])
  }
}

/** A pressed button. */
interface Press {
  value: ButtonValue
  actionId: string
  /** When it was pressed; each press has its own. */
  actionTs: string
  userId: string
  responseUrl: string
  posted: Posted
  text: string
  blocks: Block[]
}

type Block = { type?: string; elements?: { action_id?: string }[] }

interface Payload {
  type?: string
  user?: { id?: string }
  response_url?: string
  container?: { channel_id?: string; message_ts?: string }
  channel?: { id?: string }
  message?: { ts?: string; text?: string; blocks?: Block[] }
  actions?: { action_id?: string; action_ts?: string; value?: string }[]
}

/** Reads what is not known to be Slack's yet. @throws Problem when it is no button of ours */
function readPress(body: Uint8Array): Press {
  const unknown = () => problems.invalid([{ field: 'payload', message: 'Is no press of a button of ours.' }])
  let payload: Payload | null
  try {
    payload = JSON.parse(new URLSearchParams(Buffer.from(body).toString('utf8')).get('payload') ?? 'null')
  } catch {
    throw unknown()
  }
  const action = payload?.actions?.[0]
  const value = readButtonValue(action?.value)
  if (payload?.type !== 'block_actions' || !action || !value || !payload.user?.id) throw unknown()
  return {
    value,
    actionId: String(action.action_id ?? ''),
    actionTs: String(action.action_ts ?? ''),
    userId: String(payload.user.id),
    responseUrl: String(payload.response_url ?? ''),
    posted: {
      channel: String(payload.container?.channel_id ?? payload.channel?.id ?? ''),
      ts: String(payload.container?.message_ts ?? payload.message?.ts ?? ''),
    },
    text: String(payload.message?.text ?? ''),
    blocks: Array.isArray(payload.message?.blocks) ? payload.message.blocks : [],
  }
}

const callerOf = (accountId: string, agent: Agent): Caller => ({
  type: 'agent',
  accountId,
  id: agent.id,
  name: agent.name,
  role: agent.role as Role,
  scopes: [],
  locale: agent.locale,
})

/** The message without the button, and with what became of the ticket. */
function withoutClaim(blocks: readonly Block[], line: string): object[] {
  const kept = blocks.flatMap((block) => {
    if (block.type !== 'actions') return [block]
    const elements = (block.elements ?? []).filter((element) => element.action_id !== CLAIM_ACTION)
    return elements.length ? [{ ...block, elements }] : []
  })
  return [...kept, { type: 'context', elements: [{ type: 'mrkdwn', text: line }] }]
}

/** A moment that Slack shows in its reader's own time. */
const slackTime = (at: string): string =>
  `<!date^${Math.floor(Date.parse(at) / 1000)}^{date_short_pretty} {time}|${at}>`
