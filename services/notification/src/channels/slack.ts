import { ForbiddenAddress, type GuardedFetch } from '@onus/kit/net'
import { asFailure, DeliveryFailure, type FailureKind } from '../domain/failure.ts'
import type { SlackMessage } from '../render/slack.ts'
import { post, retryAfterMs } from './http.ts'

/** Where a message is, for changing it. */
export interface Posted {
  channel: string
  ts: string
}

/** What replaces a message, or is said beside it. */
export type SlackResponse = { text: string; blocks?: object[] } & (
  | { replace_original: true }
  | { replace_original: false; response_type: 'ephemeral' }
)

/** Speaks with Slack workspaces. Every method throws DeliveryFailure. */
export interface Slack {
  /** Writes to the person who has this address there. */
  send(token: string, email: string, message: SlackMessage): Promise<void>
  /** Writes to a channel, by `#name` or id. */
  post(token: string, channel: string, message: SlackMessage): Promise<void>
  /** Writes to the channel of an incoming webhook. */
  webhook(url: string, message: Pick<SlackMessage, 'text' | 'blocks'>): Promise<void>
  update(token: string, posted: Posted, message: { text: string; blocks: object[] }): Promise<void>
  /** Undefined when there is no such person, or the workspace does not tell. */
  emailOf(token: string, userId: string): Promise<string | undefined>
  /** Answers to the address that Slack gave for it. */
  respond(responseUrl: string, response: SlackResponse): Promise<void>
}

export interface SlackOptions {
  apiUrl: string
  /** Webhooks' addresses come from admins: they must not lead into our own network. */
  fetch: GuardedFetch
  /** Default 10 s. */
  timeoutMs?: number
}

/** People change their address rarely; a wrong guess is put right by Slack's refusal. */
const USER_TTL_MS = 60 * 60_000
const MOST_USERS = 10_000

/** The person or channel, not the workspace, is the trouble. */
const RECIPIENT_ERRORS: ReadonlySet<string> = new Set([
  'users_not_found',
  'user_not_found',
  'channel_not_found',
  'user_disabled',
  'cannot_dm_bot',
  'is_bot',
  'messages_tab_disabled',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'channel_is_archived',
  'action_prohibited',
  'user_not_visible',
])
const MESSAGE_ERRORS: ReadonlySet<string> = new Set([
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_arguments',
  'invalid_payload',
  'metadata_too_large',
  'message_not_found',
  'cant_update_message',
])
/** Every message with this token has to wait; an admin may mend it within the day. */
const TOKEN_ERRORS: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'no_permission',
  'org_login_required',
  'ekm_access_denied',
  'team_access_not_granted',
  'invalid_token',
  'no_service',
  'no_service_id',
  'no_team',
  'no_active_hooks',
  'team_disabled',
])

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** A client of those methods of the Web API that notices need, and of incoming webhooks. */
export function createSlack({ apiUrl, fetch, timeoutMs = 10_000 }: SlackOptions): Slack {
  /** Direct messages by token and address. */
  const people = new Map<string, { channel: string; until: number }>()
  const personKey = (token: string, email: string) => `${token} ${email.toLowerCase()}`

  async function call(method: string, token: string, body: string, type: string): Promise<SlackAnswer> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': `${type}; charset=utf-8` }
    const response = await post(`${apiUrl}/${method}`, { headers, body, timeoutMs })
    const answer = await readAnswer(response)
    if (response.ok && answer.ok) return answer
    const error = answer.error ?? (response.status === 429 ? 'ratelimited' : `HTTP ${response.status}`)
    throw slackFailure(`Slack ${method}`, error, response)
  }

  const json = (method: string, token: string, body: object) =>
    call(method, token, JSON.stringify(body), JSON_TYPE)
  const form = (method: string, token: string, fields: Record<string, string>) =>
    call(method, token, new URLSearchParams(fields).toString(), FORM_TYPE)

  /** The channel of the direct messages with a person. */
  async function person(token: string, email: string): Promise<string> {
    const key = personKey(token, email)
    const known = people.get(key)
    if (known && known.until > Date.now()) return known.channel
    const { user } = await form('users.lookupByEmail', token, { email })
    if (!user?.id)
      throw new DeliveryFailure('temporary', 'Slack users.lookupByEmail: an answer without a user')
    const opened = await json('conversations.open', token, { users: user.id })
    const channel = typeof opened.channel === 'object' ? opened.channel.id : undefined
    if (!channel)
      throw new DeliveryFailure('temporary', 'Slack conversations.open: an answer without a channel')
    if (people.size >= MOST_USERS) people.clear()
    people.set(key, { channel, until: Date.now() + USER_TTL_MS })
    return channel
  }

  async function write(token: string, channel: string, message: SlackMessage): Promise<void> {
    await json('chat.postMessage', token, { channel, ...message })
  }

  /** To addresses that are secrets themselves; they answer in plain words. */
  async function tell(what: string, url: string, body: object): Promise<void> {
    let response: Awaited<ReturnType<GuardedFetch>>
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': JSON_TYPE },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause
      if (error instanceof ForbiddenAddress || cause instanceof ForbiddenAddress)
        throw new DeliveryFailure('recipient', `${what}: its address is not on the public internet`)
      const timedOut = (error as Error).name === 'TimeoutError'
      throw new DeliveryFailure('temporary', `${what}: ${timedOut ? 'no answer' : 'the connection failed'}`, {
        cause: error,
      })
    }
    if (response.ok) return await response.body?.cancel()
    const text = await beginningOf(response)
    const error =
      response.status === 429 ? 'ratelimited' : /^[a-z_]+$/.test(text) ? text : `HTTP ${response.status}`
    throw slackFailure(what, error, response)
  }

  return {
    async send(token, email, message) {
      const channel = await person(token, email)
      try {
        return await write(token, channel, message)
      } catch (error) {
        if (asFailure(error).kind === 'recipient') people.delete(personKey(token, email))
        throw error
      }
    },
    post: write,
    webhook: (url, { text, blocks }) => tell('Slack webhook', url, { text, blocks }),
    async update(token, { channel, ts }, message) {
      await json('chat.update', token, { channel, ts, ...message })
    },
    async emailOf(token, userId) {
      try {
        const { user } = await form('users.info', token, { user: userId })
        return user?.profile?.email
      } catch (error) {
        if (asFailure(error).kind === 'recipient') return undefined
        throw error
      }
    },
    respond: (url, response) => tell('Slack response', url, response),
  }
}

function slackFailure(
  what: string,
  error: string,
  response: { headers: { get(name: string): string | null } },
): DeliveryFailure {
  return new DeliveryFailure(kindOf(error), `${what}: ${error}`, {
    retryAfterMs: retryAfterMs(response),
    ...(TOKEN_ERRORS.has(error) && { broken: 'token' as const }),
  })
}

interface SlackAnswer {
  ok: boolean
  error?: string
  user?: { id?: string; profile?: { email?: string } }
  channel?: string | { id?: string }
}

const LONGEST_WORD = 100

/** What an address says that somebody gave us: it may never stop, and only Slack's short words count. */
async function beginningOf({ body }: Awaited<ReturnType<GuardedFetch>>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > LONGEST_WORD) break
    }
  } catch {
    // What came of it says enough.
  }
  return text.trim().slice(0, LONGEST_WORD)
}

async function readAnswer(response: Response): Promise<SlackAnswer> {
  try {
    return (await response.json()) as SlackAnswer
  } catch {
    return { ok: false }
  }
}

function kindOf(error: string): FailureKind {
  if (RECIPIENT_ERRORS.has(error)) return 'recipient'
  if (MESSAGE_ERRORS.has(error)) return 'message'
  return 'temporary'
}
