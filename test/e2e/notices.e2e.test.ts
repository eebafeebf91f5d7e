import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { mailArrives, recipients, type SunkMail, sendRaw, sunkMails } from '../support/mail.ts'
import { createWorld, expectStatus, type TestAgent, type World } from '../support/world.ts'

/** Notices by mail from the command to the mailbox, and the ways back: one click, and the mail itself. */

let world: World
let ann: TestAgent
let bob: TestAgent

beforeAll(async () => {
  world = await createWorld({ agents: { ann: { in: ['Support'] }, bob: { in: ['Support'] } } })
  ann = world.agents.ann!
  bob = world.agents.bob!
})

const assign = async (agent: TestAgent, subject: string): Promise<string> => {
  const { id } = await world.createTicket({ subject })
  expectStatus(await world.owner.api.post(`/tickets/${id}/assign`, { agentId: agent.id }), 200)
  return id
}
const isOf = (agent: TestAgent, ticketId: string) => (mail: SunkMail) =>
  recipients(mail).includes(agent.email) &&
  mail.headers['x-onus-ticket'] === ticketId &&
  mail.headers['x-onus-event'] === 'ticket_assigned'
const mailTo = (agent: TestAgent, ticketId: string) =>
  mailArrives(`the mail to ${agent.name}`, world.local.mailSinkUrl, isOf(agent, ticketId), 60_000)
const isLine = (agent: TestAgent) => (line: any) =>
  line.event === 'ticket_assigned' && line.channel === 'email' && line.recipient.agentId === agent.id
/** The ledger's line of an assignment by mail, once it is as wanted. */
const lineOf = (agent: TestAgent, ticketId: string, wanted: (line: any) => boolean) =>
  eventually(
    `the line of ${agent.name}`,
    async () => {
      const page = expectStatus(
        await world.owner.api.get(`/tickets/${ticketId}/notifications?limit=200`),
        200,
      )
      return (page.items as any[]).find((line) => isLine(agent)(line) && wanted(line))
    },
    60_000,
  )

describe('a mail', () => {
  it('says what it is of, keeps its identity when it is sent again, and is in all three ledgers', async () => {
    const ticketId = await assign(ann, 'Who may see this')
    const { headers } = await mailTo(ann, ticketId)
    expect(headers).toMatchObject({
      'auto-submitted': 'auto-generated',
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    })
    const { id } = await lineOf(ann, ticketId, ({ state }) => state === 'sent')
    for (const [api, path] of [
      [ann.api, '/me/notifications?limit=200'],
      [ann.api, `/tickets/${ticketId}/notifications?limit=200`],
      [world.owner.api, `/notifications?agentId=${ann.id}&channel=email&limit=200`],
    ] as const) {
      const ids = expectStatus(await api.get(path), 200).items.map((line: any) => line.id)
      // The feed shows what is for the app; the others show every channel.
      if (!path.startsWith('/me')) expect(ids).toContain(id)
      else expect(ids.length).toBeGreaterThan(0)
    }
    expect((await bob.api.get('/notifications')).status).toBe(403)
    const answer = await ann.api.post(`/notifications/${id}/resend`)
    expect(answer.status).toBeLessThan(300)
    const both = await eventually(
      'the second mail',
      async () => {
        const mails = await sunkMails(world.local.mailSinkUrl, isOf(ann, ticketId))
        return mails.length === 2 && mails
      },
      60_000,
    )
    expect(new Set(both.map((mail) => mail.headers['message-id'])).size).toBe(1)
  })

  it('is turned off by one click without a login, and by nothing that only looks', async () => {
    const { headers } = await mailTo(ann, await assign(ann, 'Once'))
    const url = /<(https?:[^>]+)>/.exec(headers['list-unsubscribe'] ?? '')![1]!
    const rules = async () => {
      const found = expectStatus(await ann.api.get('/me/preferences'), 200).rules as any[]
      return found.filter(({ departmentId }) => departmentId)
    }
    expect((await fetch(url)).status).toBe(200)
    expect(await rules()).toEqual([])
    const click = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
      redirect: 'error',
    })
    expect(click.status).toBe(200)
    expect(await rules()).toEqual([
      {
        event: 'ticket_assigned',
        channel: 'email',
        departmentId: world.departments.Support!.id,
        when: 'never',
      },
    ])
    const next = await assign(ann, 'Twice')
    const line = await lineOf(ann, next, ({ state }) => state === 'suppressed')
    expect(line.reason).toBe('preference')
    const forged = await fetch(`${url.slice(0, -4)}AAAA`, { method: 'POST' })
    expect(forged.status).toBe(400)
  })

  it('that comes back is failed in the ledger, and its address is left alone', async () => {
    const ticketId = await assign(bob, 'Nobody lives here')
    const mail = await mailTo(bob, ticketId)
    const sent = await lineOf(bob, ticketId, ({ state }) => state === 'sent')
    // The envelope's sender, which the sink does not list.
    const sender = `bounce+${sent.id}@${mail.from.split('@')[1]}`
    const report = `From: MAILER-DAEMON@mx.example
To: ${sender}
Subject: Undelivered Mail Returned to Sender
Message-ID: <${crypto.randomUUID()}@mx.example>
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ${bob.email}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b--
`
    await sendRaw(world.local.inboundSmtp, { from: '', to: sender }, report)
    const line = await lineOf(bob, ticketId, ({ state }) => state === 'failed')
    expect(line.error).toContain('550 5.1.1')
    const { broken } = expectStatus(await world.owner.api.get('/notifications/health'), 200)
    expect(broken).toMatchObject([{ kind: 'address', agentId: bob.id }])
    const next = await assign(bob, 'Still nobody')
    expect(await lineOf(bob, next, ({ state }) => state === 'failed')).toMatchObject({ attempts: 0 })
    const other = await assign(ann, 'Somebody else')
    await lineOf(ann, other, ({ state }) => state !== 'planned')
  })
})
