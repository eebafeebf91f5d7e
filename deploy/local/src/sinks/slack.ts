import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { keep, type Receiver } from './behaviour.ts'
import { type HttpCall, type HttpReply, startHttpReceiver } from './http.ts'

export interface SunkSlackMessage {
  ts: string
  receivedAt: string
  method: 'chat.postMessage'
  channel: string
  /** Whom a direct message is for; null in a channel. */
  user: { id: string; email: string } | null
  text: string
  blocks: unknown[] | null
  /** The last characters of the token, to tell workspaces apart. */
  tokenHint: string
  /** All that was sent. */
  body: Record<string, unknown>
}

type Fields = Record<string, unknown>
type Answer = { ok: true; [key: string]: unknown } | { ok: false; error: string }
type Method = (fields: Fields, token: string) => Answer

const MOST_BLOCKS = 50
const LONGEST_TEXT = 40_000
const refuse = (error: string): Answer => ({ ok: false, error })
const idOf = (prefix: string, text: string): string =>
  prefix + createHash('sha256').update(text).digest('hex').slice(0, 10).toUpperCase()

/**
 * A stand-in for Slack's Web API that checks what it gets as Slack does and refuses with Slack's own words.
 * It knows everybody, except addresses that begin with `unknown`; any token that looks like a bot's is valid,
 * except those with `revoked` in them.
 * @param memory file that keeps the ids that were handed out, so that they hold after a restart
 */
export async function startSlackSink(port: number, memory?: string): Promise<Receiver<SunkSlackMessage>> {
  const items: SunkSlackMessage[] = []
  /** User ids and direct-message channels that were handed out, by id. */
  const people = new Map<string, string>(memory && existsSync(memory) ? readPeople(memory) : [])
  const remember = (id: string, address: string) => {
    if (people.has(id)) return
    people.set(id, address)
    if (memory) writeFileSync(memory, JSON.stringify([...people]), { mode: 0o600 })
  }
  let last = 0

  const methods: Record<string, Method> = {
    'auth.test': () => ({
      ok: true,
      url: 'https://onus-local.slack.example/',
      team: 'Onus local',
      user: 'onus',
      team_id: 'T0000LOCAL',
      user_id: 'U0000LOCAL',
      bot_id: 'B0000LOCAL',
    }),
    'users.lookupByEmail': ({ email }) => {
      if (typeof email !== 'string' || !email.includes('@')) return refuse('users_not_found')
      const address = email.toLowerCase()
      if (address.startsWith('unknown')) return refuse('users_not_found')
      const id = idOf('U', address)
      remember(id, address)
      return { ok: true, user: { id, team_id: 'T0000LOCAL', profile: { email: address } } }
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
      const { channel, text } = fields
      if (typeof channel !== 'string' || channel === '') return refuse('channel_not_found')
      const email = people.get(channel) ?? null
      if (email === null && !/^(#[\w-]+|[CG][A-Z0-9]{2,})$/.test(channel)) return refuse('channel_not_found')
      const blocks = listOf(fields.blocks)
      if (blocks === 'malformed' || (blocks && blocks.length > MOST_BLOCKS)) return refuse('invalid_blocks')
      const attachments = listOf(fields.attachments)
      if (attachments === 'malformed') return refuse('invalid_attachments')
      const written = typeof text === 'string' ? text : ''
      if (written === '' && !blocks?.length && !attachments?.length) return refuse('no_text')
      if (written.length > LONGEST_TEXT) return refuse('msg_too_long')
      last = Math.max(last + 1, Date.now() * 1000)
      const ts = `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, '0')}`
      keep(items, {
        ts,
        receivedAt: new Date().toISOString(),
        method: 'chat.postMessage',
        channel,
        user: email === null ? null : { id: idOf('U', email), email },
        text: written,
        blocks: blocks ?? null,
        tokenHint: token.slice(-4),
        body: fields,
      })
      return { ok: true, channel, ts, message: { type: 'message', text: written, ts, bot_id: 'B0000LOCAL' } }
    },
  }

  return startHttpReceiver(port, items, (call) => answer(call, methods))
}

function answer(call: HttpCall, methods: Record<string, Method>): HttpReply {
  const method = methods[call.path.replace(/^\/api\//, '')]
  if (!method || !call.path.startsWith('/api/')) return { status: 200, body: refuse('unknown_method') }
  const fields = fieldsOf(call)
  if (fields === 'json_not_object' || fields === 'invalid_form_data') {
    return { status: 200, body: refuse(fields) }
  }
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

/** The fields of a call, from a JSON or form body, or from the query. */
function fieldsOf(call: HttpCall): Fields | 'json_not_object' | 'invalid_form_data' {
  const query = Object.fromEntries(call.query)
  if (call.method === 'GET' || call.body === '') return query
  const type = (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') {
    return { ...query, ...Object.fromEntries(new URLSearchParams(call.body)) }
  }
  if (type !== 'application/json') return 'invalid_form_data'
  try {
    const parsed: unknown = JSON.parse(call.body)
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) return 'json_not_object'
    // Slack takes no token from a JSON body.
    const { token: _, ...fields } = parsed as Fields
    return { ...query, ...fields }
  } catch {
    return 'json_not_object'
  }
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
