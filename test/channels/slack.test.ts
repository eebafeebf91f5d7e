import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Sinks, startSinks } from '@onus/deploy-local/sinks/index'
import type { SunkSlackMessage } from '@onus/deploy-local/sinks/slack/index'
import type { Caller } from '@onus/kit/caller'
import { directoryView } from '@onus/kit/directory'
import { createLogger } from '@onus/kit/logging'
import { createGuardedFetch } from '@onus/kit/net'
import { Problem, problems } from '@onus/kit/problems'
import { createSlack, type Slack } from '@onus/notification/channels/slack'
import type { DeliveryFailure } from '@onus/notification/domain/failure'
import { slackSignature } from '@onus/notification/domain/slack-signature'
import { textsFor } from '@onus/notification/render/catalog'
import type { NoticeSubject } from '@onus/notification/render/content'
import { noticeSlackMessage } from '@onus/notification/render/slack'
import { createSlackInteractions, type SignedRequest } from '@onus/notification/slack/interactions'
import type { Agent } from '@onus/proto/onus/v1/directory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Our client of Slack, and what is pressed there, against a receiver that checks calls as Slack does. */

const TOKEN = 'xoxb-local-token'
const SECRET = 'f'.repeat(32)
const guarded = createGuardedFetch({ allowLoopback: true })

let sinks: Sinks
let slack: Slack

beforeEach(async () => {
  sinks = await startSinks({ slackSigningSecret: SECRET })
  slack = createSlack({ apiUrl: sinks.slackApiUrl, fetch: guarded, timeoutMs: 1000 })
})
afterEach(() => sinks.close())

const about = (
  over: Partial<NoticeSubject['ticket']> = {},
  more: Partial<NoticeSubject> = {},
): NoticeSubject => ({
  noticeId: '0123456789abcdef0123456789abcdef',
  accountId: 'acc',
  event: 'ticket_new',
  departmentId: 'support',
  because: 'department',
  ticket: {
    id: 't1',
    number: '42',
    subject: 'Toaster <on> fire & more | of it',
    status: 'new',
    priority: 'high',
    departmentName: 'Support',
    contactName: 'Joe',
    ...over,
  },
  message: 'It burns.\nStill.',
  ...more,
})
const messageOf = (subject = about(), claimable = true) =>
  noticeSlackMessage(subject, textsFor('en'), 'https://help.example', claimable)
const failure = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    (error) => error as DeliveryFailure,
  )
const received = () => sinks.slack.items

describe('a message', () => {
  it('reaches a person, with its buttons', async () => {
    await slack.send(TOKEN, 'Ann@acme.example', messageOf())
    expect(received()).toMatchObject([{ user: { email: 'ann@acme.example' }, tokenHint: 'oken' }])
    const buttons = received()[0]?.blocks?.flatMap(
      (block) => (block as { elements?: object[] }).elements ?? [],
    )
    expect(buttons).toMatchObject([
      { action_id: 'claim_ticket', text: { text: 'Claim' } },
      { action_id: 'open_ticket', url: 'https://help.example/tickets/t1' },
      {},
    ])
  })

  it.each(['en', 'pt', 'nl', 'ru', 'fr', 'ar'])(
    'is within Slack’s limits in %s, whatever a ticket says',
    async (locale) => {
      const long = '&<>'.repeat(1000)
      const subject = about(
        { subject: long, departmentName: long, contactName: long, agentName: long },
        { message: long, ruleText: long, actorName: long },
      )
      const message = noticeSlackMessage(subject, textsFor(locale), 'https://help.example', true)
      await slack.send(TOKEN, 'ann@acme.example', message)
      expect(received()).toHaveLength(1)
    },
  )

  it('reaches a channel by its name', async () => {
    await slack.post(TOKEN, '#urgent', messageOf())
    expect(received()).toMatchObject([{ channel: '#urgent', user: null }])
  })

  it('reaches the channel of a webhook', async () => {
    const base = sinks.slackApiUrl.replace('/api', '')
    await slack.webhook(`${base}/services/T1/B1HELP/secret`, messageOf())
    expect(received()).toMatchObject([{ method: 'webhook', channel: 'C1HELP' }])
    expect(await failure(slack.webhook(`${base}/services/T1/B1HELP/revoked`, messageOf()))).toMatchObject({
      kind: 'temporary',
      broken: 'token',
      message: 'Slack webhook: no_service',
    })
    const strict = createSlack({ apiUrl: sinks.slackApiUrl, fetch: createGuardedFetch(), timeoutMs: 1000 })
    expect(await failure(strict.webhook(`${base}/services/T1/B1HELP/secret`, messageOf()))).toMatchObject({
      kind: 'recipient',
    })
  })

  it.each([
    ['unknown@acme.example', TOKEN, 'recipient', undefined],
    ['ann@acme.example', 'xoxb-revoked-1', 'temporary', 'token'],
    ['ann@acme.example', 'rubbish', 'temporary', 'token'],
  ])('to %s with %s fails as %s', async (email, token, kind, broken) => {
    expect(await failure(slack.send(token, email, messageOf()))).toMatchObject({ kind, broken })
  })

  it.each(['#archived-team', '#private-team', 'nowhere'])(
    'to the channel %s fails at once',
    async (channel) => {
      expect(await failure(slack.post(TOKEN, channel, messageOf()))).toMatchObject({ kind: 'recipient' })
    },
  )

  it('waits as long as Slack asks', async () => {
    await sinks.slack.behave({ mode: 'rate_limit', retryAfter: 17 })
    expect(await failure(slack.send(TOKEN, 'ann@acme.example', messageOf()))).toMatchObject({
      kind: 'temporary',
      retryAfterMs: 17_000,
      broken: 'token',
    })
  })

  it.each(['refuse', 'hang', 'down'] as const)('to a Slack that does %s is tried again', async (mode) => {
    await sinks.slack.behave({ mode })
    expect(await failure(slack.send(TOKEN, 'ann@acme.example', messageOf()))).toMatchObject({
      kind: 'temporary',
    })
  })
})

const agent = (id: string, status = 'active'): Agent =>
  ({
    id,
    name: id.toUpperCase(),
    email: `${id}@acme.example`,
    role: 'agent',
    locale: 'en',
    timeZone: 'UTC',
    skills: [],
    memberships: [{ departmentId: 'support' }],
    status,
    presence: 'online',
    createdAt: '2026-03-02T10:00:00.000Z',
    leave: [],
  }) as unknown as Agent

describe('a button', () => {
  let http: Server
  let url: string
  let now: () => Date
  let holder: string | null
  let claims: { commandId: string; caller: Caller }[]
  let refusal: Problem | undefined
  let ticketIsAway: boolean
  let requests: SignedRequest[]
  let handle: (request: SignedRequest) => Promise<void>

  beforeEach(async () => {
    now = () => new Date()
    holder = null
    claims = []
    refusal = undefined
    ticketIsAway = false
    requests = []
    const answers = new Map<string, true | Problem>()
    handle = createSlackInteractions({
      world: {
        clock: () => now(),
        log: createLogger('test', 'silent'),
        directory: {
          snapshot: async (accountId: string) =>
            directoryView({
              accountId,
              version: 1,
              settings: {} as never,
              departments: [],
              agents: [agent('ann'), agent('bob'), agent('gus', 'suspended')],
              offboardings: [],
            } as never),
        },
      },
      tickets: {
        // As the ticket service: a command is decided once, whoever asks again.
        execute: (async ({ commandId }: { commandId: string }, { caller }: { caller: Caller }) => {
          if (ticketIsAway) throw problems.unavailable()
          claims.push({ commandId, caller })
          const decided = answers.get(commandId) ?? refusal ?? (holder === null || alreadyClaimed(holder))
          answers.set(commandId, decided)
          if (decided !== true) throw decided
          holder = caller.id
          return {}
        }) as never,
      },
      integrations: {
        slackSecrets: async (accountId: string) =>
          accountId === 'acc' ? { botToken: TOKEN, signingSecret: SECRET } : {},
      },
      slack,
    })
    http = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const signed = {
        body: Buffer.concat(chunks),
        signature: String(request.headers['x-slack-signature'] ?? ''),
        timestamp: String(request.headers['x-slack-request-timestamp'] ?? ''),
      }
      requests.push(signed)
      await handle(signed).then(
        () => response.writeHead(200).end(),
        (error) => response.writeHead(error.status ?? 500).end(),
      )
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
    await slack.send(TOKEN, 'ann@acme.example', messageOf())
    await slack.send(TOKEN, 'bob@acme.example', messageOf())
  })
  afterEach(() => {
    http.close()
    http.closeAllConnections()
  })

  const alreadyClaimed = (by: string): Problem =>
    new Problem('already-claimed', `${by} has it`, {
      current: {
        departmentId: 'support',
        agentId: by,
        revision: 2,
        since: '2026-03-02T10:00:00.000Z',
        actor: { type: 'agent', id: by },
        cause: { type: 'claim' },
      } as never,
    })
  const of = (email: string): SunkSlackMessage => received().find(({ user }) => user?.email === email)!
  const press = (
    email: string,
    over: { actionId?: string; signingSecret?: string; actionTs?: string; from?: string } = {},
  ) => {
    const { from = email, actionId = 'claim_ticket', ...more } = over
    return sinks.slack.press({ url, ts: of(from).ts, actionId, email, ...more })
  }

  it('claims for the agent whose address it is, and the message says so', async () => {
    expect(await press('ann@acme.example')).toEqual({ status: 200, body: '' })
    expect(claims).toMatchObject([{ caller: { type: 'agent', id: 'ann', accountId: 'acc', role: 'agent' } }])
    const [update] = of('ann@acme.example').updates
    expect(JSON.stringify(update?.blocks)).toContain('ANN claimed this ticket.')
    expect(JSON.stringify(update?.blocks)).not.toContain('claim_ticket')
    expect(JSON.stringify(update?.blocks)).toContain('open_ticket')
  })

  it('has one winner, and tells the other who it was and since when', async () => {
    await Promise.all([press('ann@acme.example'), press('bob@acme.example')])
    const texts = ['ann', 'bob'].map((who) =>
      JSON.stringify(of(`${who}@acme.example`).updates.at(-1)?.blocks),
    )
    const won = texts.findIndex((text) => text?.includes('claimed this ticket'))
    expect(texts[won]).toContain(`${holder?.toUpperCase()} claimed this ticket.`)
    expect(texts[1 - won]).toContain(`${holder?.toUpperCase()} has had this ticket since <!date^`)
    expect(texts.filter((text) => text?.includes('claimed this ticket'))).toHaveLength(1)
  })

  it('that is pressed once and arrives twice is one command', async () => {
    await press('ann@acme.example', { actionTs: '1.1' })
    const [first] = requests
    await handle(first!)
    expect(new Set(claims.map(({ commandId }) => commandId)).size).toBe(1)
    expect(holder).toBe('ann')
    await press('ann@acme.example', { actionTs: '2.2' })
    expect(new Set(claims.map(({ commandId }) => commandId)).size).toBe(2)
    expect(of('ann@acme.example').whispers.at(-1)?.text).toBe('This ticket is yours already.')
  })

  it.each([
    ['nobody@acme.example', 'belongs to no active agent'],
    ['gus@acme.example', 'belongs to no active agent'],
  ])('tells %s that it is of no use to them', async (email, text) => {
    await press(email, { from: 'ann@acme.example' })
    expect(claims).toEqual([])
    expect(of('ann@acme.example').whispers).toMatchObject([
      { to: email, text: expect.stringContaining(text) },
    ])
  })

  it.each([
    [problems.notFound('ticket', 't1'), 'no such ticket'],
    [problems.forbidden('claim it'), 'may not claim'],
    [new Problem('wrong-status', 'closed'), 'cannot be claimed'],
  ])('tells of a refusal: %s', async (problem, text) => {
    refusal = problem
    await press('ann@acme.example')
    expect(of('ann@acme.example').updates).toEqual([])
    expect(of('ann@acme.example').whispers).toMatchObject([{ text: expect.stringContaining(text) }])
  })

  it('says when Onus could not do it', async () => {
    ticketIsAway = true
    expect((await press('ann@acme.example')).status).toBe(200)
    expect(of('ann@acme.example').whispers).toMatchObject([{ text: expect.stringContaining('press again') }])
  })

  it('changes the message by the token when its own address has ended', async () => {
    const body = Buffer.from(
      new URLSearchParams({
        payload: JSON.stringify({
          type: 'block_actions',
          user: { id: (received()[0]?.user ?? { id: '' }).id },
          container: { channel_id: received()[0]?.channel, message_ts: received()[0]?.ts },
          message: { text: 'x', blocks: received()[0]?.blocks },
          response_url: sinks.slackApiUrl.replace('/api', '/actions/T1/gone'),
          actions: [
            {
              action_id: 'claim_ticket',
              action_ts: '1.1',
              value: JSON.stringify({ a: 'acc', t: 't1', l: 'fr' }),
            },
          ],
        }),
      }).toString(),
    )
    const timestamp = String(Math.floor(Date.now() / 1000))
    await handle({ body, timestamp, signature: slackSignature(SECRET, body, timestamp) })
    expect(JSON.stringify(received()[0]?.updates)).toContain('ANN a pris ce ticket en charge.')
  })

  it('that only opens the ticket does nothing here', async () => {
    expect((await press('ann@acme.example', { actionId: 'open_ticket' })).status).toBe(200)
    expect(claims).toEqual([])
  })

  it('is taken from nobody but Slack', async () => {
    expect((await press('ann@acme.example', { signingSecret: 'a'.repeat(32) })).status).toBe(401)
    await press('ann@acme.example')
    const [, good] = requests
    const refused = async (over: Partial<SignedRequest>) =>
      (await failure(handle({ ...good!, ...over })))?.message ?? 'taken'
    expect(await refused({ signature: '' })).toContain('signature')
    expect(await refused({ signature: good!.signature.replace('v0=', 'v1=') })).toContain('signature')
    expect(await refused({ body: Buffer.concat([good!.body, Buffer.from('&x=1')]) })).toContain('signature')
    expect(await refused({ timestamp: String(Number(good!.timestamp) + 1) })).toContain('signature')
    expect(await refused({ timestamp: 'soon' })).toContain('too old')
    now = () => new Date(Date.now() + 6 * 60_000)
    expect(await refused({})).toContain('too old')
    now = () => new Date(Date.now() - 6 * 60_000)
    expect(await refused({})).toContain('too old')
    expect(claims).toHaveLength(1)
  })

  it.each([
    '',
    'payload=',
    'payload=7',
    'payload={}',
    `payload=${encodeURIComponent('{"type":"block_actions"}')}`,
  ])('is none in %j', async (text) => {
    const body = Buffer.from(text)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const refused = handle({ body, timestamp, signature: slackSignature(SECRET, body, timestamp) })
    await expect(refused).rejects.toMatchObject({ reason: 'invalid-request' })
  })
})
