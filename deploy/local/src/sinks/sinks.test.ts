import { get } from 'node:http'
import { connect } from 'node:net'
import nodemailer from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sinks, startSinks } from './index.ts'

let sinks: Sinks
beforeEach(async () => {
  sinks = await startSinks()
})
afterEach(() => sinks.close())

/** What the sinks answer, as far as the tests look into it. */
interface Listed {
  id: string
  subject: string
  html: string
}
interface SlackAnswer {
  ok: boolean
  ts: string
  user: { id: string }
  channel: { id: string }
}

const list = async (url: string) => (await fetch(url)).json() as Promise<Listed[]>
const behave = (url: string, mode: string, more = {}) =>
  fetch(`${url}/behaviour`, { method: 'POST', body: JSON.stringify({ mode, ...more }) })

function send(subject = 'Hello'): Promise<unknown> {
  const { hostname, port } = new URL(sinks.smtpUrl)
  const transport = nodemailer.createTransport({
    host: hostname,
    port: Number(port),
    greetingTimeout: 400,
    socketTimeout: 400,
    connectionTimeout: 400,
  })
  return transport.sendMail({
    from: 'Support <support@demo.example>',
    to: 'Carla <carla@contact.example>',
    subject,
    text: 'Bonjour à tous',
    html: '<p>Bonjour</p><script>alert(1)</script>',
    headers: { 'X-Onus-Event': 'ticket_new', References: '<a@x> <b@x>' },
  })
}

function canConnect(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })
}

describe('the mail sink', () => {
  it('lists what it took, newest last, with lower-case header names', async () => {
    await send('Première')
    await send('Second')
    const mails = await list(sinks.mailSinkUrl)
    expect(mails.map((mail) => mail.subject)).toEqual(['Première', 'Second'])
    expect(mails[0]).toMatchObject({
      from: 'support@demo.example',
      to: 'carla@contact.example',
      text: 'Bonjour à tous',
      headers: { 'x-onus-event': 'ticket_new', references: '<a@x> <b@x>', subject: 'Première' },
    })
    expect(mails[0]?.html).toContain('<p>Bonjour</p>')
    await fetch(sinks.mailSinkUrl, { method: 'DELETE' })
    expect(await list(sinks.mailSinkUrl)).toEqual([])
  })

  it('shows a page whose mails can run no script', async () => {
    await send('<b>bold</b>')
    const page = await fetch(sinks.mailSinkUrl, { headers: { accept: 'text/html' } })
    const text = await page.text()
    expect(text).toContain('&lt;b&gt;bold&lt;/b&gt;')
    const [mail] = await list(sinks.mailSinkUrl)
    const html = await fetch(`${sinks.mailSinkUrl}/${mail?.id}/html`)
    expect(html.headers.get('content-security-policy')).toContain('sandbox')
    const missing = await fetch(`${sinks.mailSinkUrl}/nothing`, { headers: { accept: 'text/html' } })
    expect(missing.status).toBe(404)
  })

  it('refuses for the moment, hangs, and closes its port', async () => {
    await behave(sinks.mailSinkUrl, 'refuse')
    await expect(send()).rejects.toMatchObject({ responseCode: 451 })
    await behave(sinks.mailSinkUrl, 'hang')
    await expect(send()).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    await behave(sinks.mailSinkUrl, 'down')
    expect(await canConnect(sinks.smtpUrl)).toBe(false)
    await behave(sinks.mailSinkUrl, 'ok')
    await send('at last')
    expect((await list(sinks.mailSinkUrl)).map((mail) => mail.subject)).toEqual(['at last'])
  })
})

describe('the Slack sink', () => {
  const slack = async (method: string, body: object, token: string | null = 'xoxb-local-token') => {
    const response = await fetch(`${sinks.slackApiUrl}/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify(body),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as SlackAnswer,
    }
  }

  it('finds a person, opens the conversation and takes the message', async () => {
    const form = await fetch(`${sinks.slackApiUrl}/users.lookupByEmail`, {
      method: 'POST',
      headers: { authorization: 'Bearer xoxb-local-token' },
      body: new URLSearchParams({ email: 'Sonia@Demo.example' }),
    })
    const found = (await form.json()) as SlackAnswer
    expect(found.ok).toBe(true)
    const opened = await slack('conversations.open', { users: found.user.id })
    const posted = await slack('chat.postMessage', { channel: opened.body.channel.id, text: 'A ticket' })
    expect(posted.body).toMatchObject({ ok: true, channel: opened.body.channel.id })
    expect(await list(sinks.slackSinkUrl)).toMatchObject([
      { text: 'A ticket', user: { email: 'sonia@demo.example', id: found.user.id }, ts: posted.body.ts },
    ])
  })

  it.each([
    ['chat.postMessage', { channel: '#help', text: 'x' }, null, 'not_authed'],
    ['chat.postMessage', { channel: '#help', text: 'x' }, 'rubbish', 'invalid_auth'],
    ['chat.postMessage', { channel: '#help', text: 'x' }, 'xoxb-revoked-1', 'token_revoked'],
    ['chat.postMessage', { text: 'x' }, 'xoxb-local-token', 'channel_not_found'],
    ['chat.postMessage', { channel: 'D0UNKNOWN', text: 'x' }, 'xoxb-local-token', 'channel_not_found'],
    ['chat.postMessage', { channel: '#help' }, 'xoxb-local-token', 'no_text'],
    [
      'chat.postMessage',
      { channel: '#help', text: 'x', blocks: 'no' },
      'xoxb-local-token',
      'invalid_blocks_format',
    ],
    ['chat.postMessage', { channel: '#archived', text: 'x' }, 'xoxb-local-token', 'is_archived'],
    ['users.lookupByEmail', { email: 'a form is needed' }, 'xoxb-local-token', 'invalid_arguments'],
    ['conversations.open', { users: 'U0NOBODY' }, 'xoxb-local-token', 'user_not_found'],
    ['chat.nothing', {}, 'xoxb-local-token', 'unknown_method'],
  ])('%s %j refuses as Slack does', async (method, body, token, error) => {
    const answer = await slack(method, body, token)
    expect(answer).toMatchObject({ status: 200, body: { ok: false, error } })
    expect(await list(sinks.slackSinkUrl)).toEqual([])
  })

  it('limits the rate and refuses when it is told to', async () => {
    await behave(sinks.slackSinkUrl, 'rate_limit', { retryAfter: 7 })
    const limited = await slack('auth.test', {})
    expect(limited.status).toBe(429)
    expect(limited.headers.get('retry-after')).toBe('7')
    await behave(sinks.slackSinkUrl, 'refuse')
    expect((await slack('auth.test', {})).status).toBe(503)
    await behave(sinks.slackSinkUrl, 'down')
    expect(await canConnect(sinks.slackApiUrl)).toBe(false)
    await behave(sinks.slackSinkUrl, 'ok')
    expect((await slack('auth.test', {})).body.ok).toBe(true)
  })

  it('hangs until it is told otherwise', async () => {
    await behave(sinks.slackSinkUrl, 'hang')
    const call = fetch(`${sinks.slackApiUrl}/auth.test`, { method: 'POST', signal: AbortSignal.timeout(300) })
    await expect(call).rejects.toThrow('timeout')
  })
})

describe('the control port', () => {
  it('refuses an unknown mode and a foreign host name', async () => {
    expect((await behave(sinks.mailSinkUrl, 'party')).status).toBe(400)
    expect((await fetch(`${sinks.mailSinkUrl}/behaviour`, { method: 'POST', body: 'x' })).status).toBe(400)
    expect((await fetch(sinks.mailSinkUrl.replace('/mail', '/fax'))).status).toBe(404)
    const status = await new Promise((resolve) =>
      get(sinks.mailSinkUrl, { headers: { host: 'rebound.example' } }, (response) =>
        resolve(response.statusCode),
      ),
    )
    expect(status).toBe(403)
  })
})
