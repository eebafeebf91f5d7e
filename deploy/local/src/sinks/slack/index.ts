import { createHash, createHmac, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { keep, type Receiver } from '../behaviour.ts'
import { type HttpCall, type HttpReply, startHttpReceiver } from '../http.ts'
import { blocksFault } from './blocks.ts'

export interface SunkSlackMessage {
  ts: string
  receivedAt: string
  method: 'chat.postMessage' | 'webhook'
  channel: string
  /** Whom a direct message is for; null in a channel. */
  user: { id: string; email: string } | null
  text: string
  blocks: unknown[] | null
  /** The last characters of the token, to tell workspaces apart. */
  tokenHint: string
  /** All that was sent. */
  body: Record<string, unknown>
  /** What the message was changed to, newest last. */
  updates: { at: string; text: string; blocks: unknown[] | null }[]
  /** What was said to single people beside it, newest last. */
  whispers: { at: string; text: string; to: string }[]
}

export interface SlackReceiver extends Receiver<SunkSlackMessage> {
  /**
   * Presses a button of a message as the person with this address: calls the app's Request URL as Slack does.
   * @returns the app's answer
   */
  press(press: Press): Promise<{ status: number; body: string }>
}

const pressSchema = z.strictObject({
  /** The app's Request URL. */
  url: z.url(),
  /** The message. */
  ts: z.string(),
  actionId: z.string(),
  email: z.string(),
  /** Of another app than the receiver's. */
  signingSecret: z.string().optional(),
  /** The same press arrives again when this is given again. */
  actionTs: z.string().optional(),
})
export type Press = z.infer<typeof pressSchema>

export interface SlackSinkOptions {
  /** File that keeps the ids that were handed out, so that they hold after a restart. */
  memory?: string | undefined
  /** Signs what is pressed. */
  signingSecret?: string | undefined
}

type Fields = Record<string, unknown>
type Answer = { ok: true; [key: string]: unknown } | { ok: false; error: string; [key: string]: unknown }
type Method = (fields: Fields, token: string) => Answer

const LONGEST_TEXT = 40_000
const TEAM = 'T0000LOCAL'
const refuse = (error: string, more: object = {}): Answer => ({ ok: false, error, ...more })
const idOf = (prefix: string, text: string): string =>
  prefix + createHash('sha256').update(text).digest('hex').slice(0, 10).toUpperCase()

/** Methods that take no JSON body, as there. */
const FORM_ONLY: ReadonlySet<string> = new Set(['users.lookupByEmail', 'users.info'])

/**
 * A stand-in for Slack's Web API, its incoming webhooks (`/services/T…/B…/…`) and the addresses that answer a
 * press, which checks what it gets as Slack does and refuses with Slack's own words. It knows everybody, except
 * addresses that begin with `unknown`; any token that looks like a bot's is valid, except those with `revoked`
 * in them. Channels whose names begin with `archived` or `private` refuse what is written to them.
 */
export async function startSlackSink(port: number, options: SlackSinkOptions = {}): Promise<SlackReceiver> {
  const { memory, signingSecret } = options
  const items: SunkSlackMessage[] = []
  /** User ids and direct-message channels that were handed out, by id. */
  const people = new Map<string, string>(memory && existsSync(memory) ? readPeople(memory) : [])
  const remember = (id: string, address: string) => {
    if (people.has(id)) return
    people.set(id, address)
    if (memory) writeFileSync(memory, JSON.stringify([...people]), { mode: 0o600 })
  }
  /** Where an app may answer a press, and how often still. */
  const responses = new Map<string, { item: SunkSlackMessage; to: string; left: number }>()
  let last = 0

  const nextTs = (): string => {
    last = Math.max(last + 1, Date.now() * 1000)
    return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, '0')}`
  }

  function take(
    method: SunkSlackMessage['method'],
    channel: string,
    fields: Fields,
    content: Content,
    tokenHint: string,
  ): SunkSlackMessage {
    const email = people.get(channel) ?? null
    const item: SunkSlackMessage = {
      ts: nextTs(),
      receivedAt: new Date().toISOString(),
      method,
      channel,
      user: email === null ? null : { id: idOf('U', email), email },
      ...content,
      tokenHint,
      body: fields,
      updates: [],
      whispers: [],
    }
    keep(items, item)
    return item
  }

  const methods: Record<string, Method> = {
    'auth.test': () => ({
      ok: true,
      url: 'https://onus-local.slack.example/',
      team: 'Onus local',
      user: 'onus',
      team_id: TEAM,
      user_id: 'U0000LOCAL',
      bot_id: 'B0000LOCAL',
    }),
    'users.lookupByEmail': ({ email }) => {
      if (typeof email !== 'string' || email === '') return refuse('invalid_arguments')
      if (!email.includes('@')) return refuse('users_not_found')
      const address = email.toLowerCase()
      if (address.startsWith('unknown')) return refuse('users_not_found')
      const id = idOf('U', address)
      remember(id, address)
      return { ok: true, user: userOf(id, address) }
    },
    'users.info': ({ user }) => {
      const address = typeof user === 'string' && user.startsWith('U') ? people.get(user) : undefined
      return address === undefined
        ? refuse('user_not_found')
        : { ok: true, user: userOf(String(user), address) }
    },
    'conversations.open': ({ users, channel }) => {
      if (typeof users !== 'string' || users === '') {
        return refuse(typeof channel === 'string' ? 'channel_not_found' : 'users_list_not_supplied')
      }
      const ids = users.split(',')
      if (ids.length > 1) return refuse('not_enough_users')
      const address = people.get(users)
      if (address === undefined) return refuse('user_not_found')
      const id = idOf('D', address)
      remember(id, address)
      return { ok: true, channel: { id } }
    },
    'chat.postMessage': (fields, token) => {
      const { channel } = fields
      if (typeof channel !== 'string' || channel === '') return refuse('channel_not_found')
      if (!people.has(channel) && !/^(#[\w-]+|[CG][A-Z0-9]{2,})$/.test(channel))
        return refuse('channel_not_found')
      if (channel.startsWith('#archived')) return refuse('is_archived')
      if (channel.startsWith('#private')) return refuse('not_in_channel')
      const content = contentOf(fields)
      if ('error' in content) return content
      const fault = metadataFault(fields.metadata)
      if (fault) return refuse(fault)
      const { ts, text } = take('chat.postMessage', channel, fields, content, token.slice(-4))
      return { ok: true, channel, ts, message: { type: 'message', text, ts, bot_id: 'B0000LOCAL' } }
    },
    'chat.update': (fields, token) => {
      const { channel, ts } = fields
      if (typeof channel !== 'string' || channel === '') return refuse('channel_not_found')
      const item = items.find((each) => each.ts === ts && each.channel === channel)
      if (!item) return refuse('message_not_found')
      if (item.tokenHint !== token.slice(-4)) return refuse('cant_update_message')
      const content = contentOf(fields)
      if ('error' in content) return content
      item.updates.push({ at: new Date().toISOString(), ...content })
      return { ok: true, channel, ts: item.ts, text: content.text }
    },
  }

  /** An incoming webhook; it answers in plain words. */
  function webhook(call: HttpCall): HttpReply {
    const said = (status: number, body: string): HttpReply => ({
      status,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body,
    })
    if (call.method !== 'POST') return said(400, 'invalid_payload')
    const [, channel = '', secret = ''] = /^\/services\/T\w+\/B(\w+)\/(\w+)$/.exec(call.path) ?? []
    if (!channel || secret.includes('revoked')) return said(404, 'no_service')
    const fields = fieldsOf(call, 'webhook')
    if (typeof fields === 'string') return said(400, 'invalid_payload')
    const content = contentOf(fields)
    if ('error' in content) return said(400, content.error)
    take('webhook', `C${channel}`, fields, content, secret.slice(-4))
    return said(200, 'ok')
  }

  /** An address that answers one press: five times, within half an hour. */
  function response(call: HttpCall): HttpReply {
    const found = responses.get(call.path)
    if (!found || found.left === 0) return { status: 404, body: refuse('used_url') }
    const fields = fieldsOf(call, 'response')
    if (typeof fields === 'string') return { status: 400, body: refuse('invalid_payload') }
    const content = contentOf(fields)
    if ('error' in content) return { status: 400, body: content }
    found.left -= 1
    const at = new Date().toISOString()
    if (fields.replace_original === true) found.item.updates.push({ at, ...content })
    else found.item.whispers.push({ at, text: content.text, to: found.to })
    return { status: 200, body: { ok: true } }
  }

  async function press(given: Press): Promise<{ status: number; body: string }> {
    const item = items.find(({ ts }) => ts === given.ts)
    if (!item) throw new Error('no such message')
    const now = item.updates.at(-1)?.blocks ?? item.blocks ?? []
    const action = now
      .flatMap((block) => (block as { elements?: { action_id?: string; value?: string }[] }).elements ?? [])
      .find((element) => element.action_id === given.actionId)
    const pressed =
      action ??
      // Somebody may press what another has made vanish a moment ago.
      (item.blocks ?? [])
        .flatMap((block) => (block as { elements?: { action_id?: string; value?: string }[] }).elements ?? [])
        .find((element) => element.action_id === given.actionId)
    if (!pressed) throw new Error('no such button')
    const userId = idOf('U', given.email.toLowerCase())
    if (!given.email.startsWith('unknown')) remember(userId, given.email.toLowerCase())
    const path = `/actions/${TEAM}/${randomUUID()}`
    responses.set(path, { item, to: given.email, left: 5 })
    const actionTs = given.actionTs ?? nextTs()
    const payload = {
      type: 'block_actions',
      user: { id: userId, team_id: TEAM },
      api_app_id: 'A0000LOCAL',
      team: { id: TEAM, domain: 'onus-local' },
      container: { type: 'message', message_ts: item.ts, channel_id: item.channel, is_ephemeral: false },
      trigger_id: `${actionTs}.${randomUUID()}`,
      channel: { id: item.channel, name: 'directmessage' },
      message: { type: 'message', ts: item.ts, text: item.text, blocks: item.blocks },
      response_url: `http://127.0.0.1:${port}${path}`,
      actions: [{ type: 'button', block_id: 'b', ...pressed, action_ts: actionTs }],
    }
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
    const timestamp = String(Math.floor(Date.now() / 1000))
    const secret = given.signingSecret ?? signingSecret ?? ''
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
    const answer = await fetch(given.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
      },
      body,
      // Slack shows an error to whoever pressed.
      signal: AbortSignal.timeout(3000),
    })
    return { status: answer.status, body: await answer.text() }
  }

  const receiver = await startHttpReceiver(port, items, (call) => {
    if (call.path.startsWith('/services/')) return webhook(call)
    if (call.path.startsWith('/actions/')) return response(call)
    return answer(call, methods)
  })
  return Object.defineProperties(receiver, {
    press: { value: press },
    actions: { value: { presses: (body: unknown) => press(pressSchema.parse(body)) } },
  }) as SlackReceiver
}

const userOf = (id: string, email: string) => ({
  id,
  team_id: TEAM,
  deleted: false,
  is_bot: false,
  profile: { email },
})

function answer(call: HttpCall, methods: Record<string, Method>): HttpReply {
  const name = call.path.replace(/^\/api\//, '')
  const method = call.path.startsWith('/api/') && Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return { status: 200, body: refuse('unknown_method') }
  const fields = fieldsOf(call, FORM_ONLY.has(name) ? 'form' : 'any')
  if (typeof fields === 'string') return { status: 200, body: refuse(fields) }
  const token = /^Bearer (.+)$/i.exec(call.headers.authorization ?? '')?.[1] ?? fields.token
  if (typeof token !== 'string' || token === '') return { status: 200, body: refuse('not_authed') }
  if (token.includes('revoked')) return { status: 200, body: refuse('token_revoked') }
  if (!/^xox[bp]-[\w-]{4,}$/.test(token)) return { status: 200, body: refuse('invalid_auth') }
  return { status: 200, body: method(fields, token) }
}

function readPeople(file: string): [string, string][] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as [string, string][]
  } catch {
    return []
  }
}

/**
 * The fields of a call, from a JSON or form body, or from the query; or Slack's word for what is wrong. A method
 * that takes forms only sees nothing of a JSON body.
 */
function fieldsOf(call: HttpCall, takes: 'any' | 'form' | 'webhook' | 'response'): Fields | string {
  const query = Object.fromEntries(call.query)
  if (call.method === 'GET' || call.body === '') return query
  const type = (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') {
    const form = Object.fromEntries(new URLSearchParams(call.body))
    if (takes === 'webhook' || takes === 'response') return jsonObject(form.payload ?? '')
    return { ...query, ...form }
  }
  if (type !== 'application/json') return 'invalid_form_data'
  const parsed = jsonObject(call.body)
  if (typeof parsed === 'string' || takes === 'form') return typeof parsed === 'string' ? parsed : query
  // Slack takes no token from a JSON body.
  const { token: _, ...fields } = parsed
  return { ...query, ...fields }
}

function jsonObject(text: string): Fields | string {
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) return 'json_not_object'
    return parsed as Fields
  } catch {
    return 'invalid_json'
  }
}

interface Content {
  text: string
  blocks: unknown[] | null
}

/** Text and blocks of a message, or Slack's refusal of them. */
function contentOf(fields: Fields): Content | { ok: false; error: string } {
  const { text } = fields
  const blocks = listOf(fields.blocks)
  if (blocks === 'malformed') return { ok: false, error: 'invalid_blocks_format' }
  const fault = blocks && blocksFault(blocks)
  if (fault) return refuse('invalid_blocks', { response_metadata: { messages: fault } }) as never
  const attachments = listOf(fields.attachments)
  if (attachments === 'malformed') return { ok: false, error: 'invalid_attachments' }
  if (text !== undefined && typeof text !== 'string') return { ok: false, error: 'invalid_arguments' }
  if (!text && !blocks?.length && !attachments?.length) return { ok: false, error: 'no_text' }
  if ((text ?? '').length > LONGEST_TEXT) return { ok: false, error: 'msg_too_long' }
  return { text: text ?? '', blocks: blocks ?? null }
}

function metadataFault(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const { event_type, event_payload } = (typeof value === 'string' ? jsonObject(value) : value) as Fields
  if (typeof event_type !== 'string' || typeof event_payload !== 'object' || event_payload === null)
    return 'invalid_metadata_format'
  return Buffer.byteLength(JSON.stringify(event_payload)) > 16_000 ? 'metadata_too_large' : undefined
}

/** A list that may come as JSON text, as in a form body. */
function listOf(value: unknown): unknown[] | undefined | 'malformed' {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value
  if (typeof value !== 'string') return 'malformed'
  try {
    const parsed: unknown = JSON.parse(value)
    return Array.isArray(parsed) ? parsed : 'malformed'
  } catch {
    return 'malformed'
  }
}
