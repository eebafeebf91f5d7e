import { asFailure, DeliveryFailure, type FailureKind } from '../domain/failure.ts'
import type { SlackMessage } from '../render/slack.ts'
import { post, retryAfterMs } from './http.ts'

/** Writes to people in a Slack workspace. */
export interface Slack {
  /** @throws DeliveryFailure */
  send(token: string, email: string, message: SlackMessage): Promise<void>
}

export interface SlackOptions {
  apiUrl: string
  /** Default 10 s. */
  timeoutMs?: number
}

/** People change their address rarely; a wrong guess is put right by Slack's refusal. */
const USER_TTL_MS = 60 * 60_000
const MOST_USERS = 10_000

/** The person, not the workspace, is the trouble. */
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
])
const MESSAGE_ERRORS: ReadonlySet<string> = new Set([
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_arguments',
  'metadata_too_large',
])
/** Every message with this token has to wait; an admin may mend it within the day. */
const TOKEN_ERRORS: ReadonlySet<string> = new Set([
  'ratelimited',
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
])

/** A client of the two methods of the Web API that a notice needs. */
export function createSlack({ apiUrl, timeoutMs = 10_000 }: SlackOptions): Slack {
  const users = new Map<string, { id: string; until: number }>()

  async function call(method: string, token: string, body: string, type: string): Promise<SlackAnswer> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': `${type}; charset=utf-8` }
    const response = await post(`${apiUrl}/${method}`, { headers, body, timeoutMs })
    const answer = await readAnswer(response)
    if (response.ok && answer.ok) return answer
    const error = answer.error ?? (response.status === 429 ? 'ratelimited' : `HTTP ${response.status}`)
    throw new DeliveryFailure(kindOf(error), `Slack ${method}: ${error}`, {
      retryAfterMs: retryAfterMs(response),
      ...(TOKEN_ERRORS.has(error) && { broken: 'token' as const }),
    })
  }

  async function userId(token: string, email: string): Promise<string> {
    const key = `${token} ${email.toLowerCase()}`
    const known = users.get(key)
    if (known && known.until > Date.now()) return known.id
    const form = new URLSearchParams({ email }).toString()
    const answer = await call('users.lookupByEmail', token, form, 'application/x-www-form-urlencoded')
    const id = answer.user?.id
    if (!id) throw new DeliveryFailure('temporary', 'Slack users.lookupByEmail: an answer without a user')
    if (users.size >= MOST_USERS) users.clear()
    users.set(key, { id, until: Date.now() + USER_TTL_MS })
    return id
  }

  return {
    async send(token, email, message) {
      const channel = await userId(token, email)
      try {
        await call('chat.postMessage', token, JSON.stringify({ channel, ...message }), 'application/json')
      } catch (error) {
        if (asFailure(error).kind === 'recipient') users.delete(`${token} ${email.toLowerCase()}`)
        throw error
      }
    },
  }
}

interface SlackAnswer {
  ok: boolean
  error?: string
  user?: { id?: string }
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
