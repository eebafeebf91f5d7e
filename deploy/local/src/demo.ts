import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createSubscriber, TOPICS } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { ticketWorkflowId } from '@onus/workflows-contract'
import nodemailer, { type SendMailOptions } from 'nodemailer'
import { stackDir } from './paths.ts'
import type { SunkMail } from './sinks/mail.ts'
import { Api, Refused } from './stack/api.ts'
import { type DemoAgent, type Local, localFile } from './stack/local.ts'

interface Holder {
  departmentId: string
  agentId: string | null
}
interface Ticket extends Holder {
  id: string
  number: string
  subject: string
  status: string
  responsibility: Holder & { revision: number; since: string; cause: { type: string } }
}
interface Entry {
  sequence: number
  at: string
  type: string
  text: string
}
interface Notice {
  event: string
  channel: string
  state: string
  reason?: string
  recipient: { agentId: string }
}
interface Page<T> {
  items: T[]
}

const CONTACT = { name: 'Renée Carla', email: 'renee@contact.example' }
const subject = `Facture n° ${Math.floor(Math.random() * 90_000 + 10_000)} : montant erroné`

let chapter = 0
const title = (text: string) => console.log(`\n${++chapter}. ${text}`)
const say = (text: string) => console.log(`   ${text}`)

/** Asks until there is an answer. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(150)
  }
  throw new Error(`waited a minute for ${what}`)
}

/** Plays the main job on the running stack: from a contact's mail to a reopened ticket, and what each was told. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { dir: { type: 'string' } } })
  const local = readLocal(stackDir(values.dir))
  const { demo } = local
  const owner = demo.agents.find(({ role }) => role === 'owner')
  if (!owner) throw new Error('the demo account has no owner')
  const api = new Api(local.baseUrl, owner.apiKey)
  const support = departmentNamed(local, 'Support')
  const billing = departmentNamed(local, 'Billing')
  const names = new Map([...demo.agents, ...demo.departments].map(({ id, name }) => [id, name]))
  const whose = ({ departmentId, agentId }: Holder) =>
    `${names.get(departmentId)} / ${agentId === null ? 'nobody' : names.get(agentId)}`
  const ticketNow = (id: string) => api.ask<Ticket>('GET', `/tickets/${id}`)
  const { addresses } = await api.ask<{ addresses: string[] }>('GET', `/departments/${support.id}`)
  const address = addresses[0] ?? ''

  title(`${CONTACT.name} writes to ${address}`)
  const firstId = `<${randomUUID()}@contact.example>`
  await mail(local, address, {
    messageId: firstId,
    subject,
    text: 'Bonjour,\n\nla facture dit 12 € au lieu de 10 €.\n\nRenée',
    html: '<p>Bonjour,</p><p>la facture dit <b>12 €</b> au lieu de 10 €.</p><p>Renée</p>',
    attachments: [{ filename: 'facture.txt', content: 'Total : 12 €' }],
  })
  say('the SMTP port took the mail: it is kept, and its intake is certain')
  const ticket = await until('the ticket', async () => {
    const page = await api.ask<Page<Ticket>>('GET', `/tickets?departmentId=${support.id}&limit=20`)
    return page.items.find((item) => item.subject === subject)
  })
  say(`ticket ${ticket.number} "${ticket.subject}" is ${ticket.status}; responsible: ${whose(ticket)}`)

  title('Two agents of Support claim it at the same moment')
  const [sam, sara] = ['Sam', 'Sara'].map((name) => agentNamed(demo.agents, name))
  if (!sam || !sara) throw new Error('the demo account has no Sam or no Sara')
  const claims = await Promise.all([sam, sara].map((agent) => claim(api.as(agent.apiKey), ticket.id, agent)))
  const winner = claims.find(({ refused }) => refused === null)?.agent
  for (const { agent, refused } of claims) {
    say(refused ? `${agent.name} is refused (${refused.status}): ${refused.detail}` : `${agent.name} has it`)
  }
  if (!winner) throw new Error('nobody won the claim')

  title(`${winner.name} answers`)
  await api.as(winner.apiKey).ask('POST', `/tickets/${ticket.id}/messages`, {
    author: 'agent',
    kind: 'public',
    body: 'Bonjour Renée, vous avez raison. Je transmets à la comptabilité.',
  })
  const answer = await until('the answer in the mail sink', async () =>
    (await sunk(local)).find(
      ({ to, headers }) => to === CONTACT.email && headers['in-reply-to']?.includes(firstId.slice(1, -1)),
    ),
  )
  say(`a mail went to ${answer.to} from ${answer.headers.from}`)
  say(`In-Reply-To: ${answer.headers['in-reply-to']}  (her own mail, so it shows as one conversation)`)

  title('It is transferred to Billing, and nobody there is assigned by that')
  const transferred = await api.as(winner.apiKey).ask<Ticket>('POST', `/tickets/${ticket.id}/transfer`, {
    departmentId: billing.id,
    note: 'Please check the amount.',
  })
  say(`responsible: ${whose(transferred)}, revision ${transferred.responsibility.revision}`)

  title('Ben of Billing claims and resolves it')
  const ben = agentNamed(demo.agents, 'Ben')
  if (!ben) throw new Error('the demo account has no Ben')
  await api.as(ben.apiKey).ask('POST', `/tickets/${ticket.id}/claim`, {})
  const resolved = await api.as(ben.apiKey).ask<Ticket>('POST', `/tickets/${ticket.id}/resolve`, {})
  say(`status ${resolved.status}; responsible: ${whose(resolved)}`)

  title(`${CONTACT.name} replies to the answer, which opens it again`)
  const answerId = answer.headers['message-id'] ?? ''
  await mail(local, answer.from, {
    messageId: `<${randomUUID()}@contact.example>`,
    inReplyTo: answerId,
    references: `${answer.headers.references ?? firstId} ${answerId}`,
    subject: `Re: ${answer.subject.replace(/^(Re: )+/i, '')}`,
    text: 'Merci, mais le remboursement manque encore.\n\nRenée',
  })
  const reopened = await until('the ticket to be open again', async () => {
    const now = await ticketNow(ticket.id)
    return now.status === 'open' ? now : undefined
  })
  say(`status ${reopened.status}; responsible: ${whose(reopened)} (by the department's reopen policy)`)

  title('Who was told')
  const notices = await until('the notices to be delivered', async () => {
    const page = await api.ask<Page<Notice>>('GET', `/tickets/${ticket.id}/notifications?limit=200`)
    const told = page.items.some(
      ({ event }) => event === 'contact_replied' || event.startsWith('ticket_reopened'),
    )
    const waiting = page.items.some(({ state }) => state === 'planned' || state === 'retrying')
    return told && !waiting ? page.items : undefined
  })
  for (const { event, channel, state, recipient } of notices.filter(
    (notice) => notice.state !== 'suppressed',
  )) {
    say(
      `${event.padEnd(26)} ${channel.padEnd(7)} ${(names.get(recipient.agentId) ?? '').padEnd(14)} ${state}`,
    )
  }
  const suppressed = Map.groupBy(
    notices.filter(({ state }) => state === 'suppressed'),
    ({ reason }) => reason,
  )
  for (const [reason, { length }] of suppressed) say(`${length} more were suppressed: ${reason}`)
  say(`the mails: ${local.mailSinkUrl}   the Slack messages: ${local.slackSinkUrl}`)

  title(`What every other system reads from Kafka (${TOPICS.ticketEvents})`)
  const timeline = await api.ask<Page<Entry>>('GET', `/tickets/${ticket.id}/timeline?limit=200`)
  const last = timeline.items.at(-1)?.sequence ?? 0
  for (const line of await events(local, ticket.id, last)) say(line)

  for (const [language, heading] of [
    ['en', 'The timeline, in English'],
    ['fr', 'The same timeline, in French'],
  ] as const) {
    title(heading)
    const page = await api.ask<Page<Entry>>('GET', `/tickets/${ticket.id}/timeline?limit=200`, undefined, {
      language,
    })
    for (const { sequence, at, text } of page.items) {
      say(`${String(sequence).padStart(2)}  ${at.slice(11, 19)}  ${text}`)
    }
  }

  console.log('')
  if (local.temporalUiUrl) {
    const id = encodeURIComponent(ticketWorkflowId(demo.accountId, ticket.id))
    console.log(`Its workflow: ${local.temporalUiUrl}/namespaces/${local.temporalNamespace}/workflows/${id}`)
  }
}

function readLocal(dir: string): Local {
  const file = localFile(dir)
  if (!existsSync(file))
    throw new Error(`Nothing runs here (${file} is missing); run "npm start" in another terminal`)
  return JSON.parse(readFileSync(file, 'utf8')) as Local
}

function departmentNamed(local: Local, name: string) {
  const found = local.demo.departments.find((department) => department.name === name)
  if (!found) throw new Error(`the demo account has no department ${name}`)
  return found
}

const agentNamed = (agents: DemoAgent[], name: string) =>
  agents.find((agent) => agent.name.startsWith(`${name} `))

async function claim(api: Api, ticketId: string, agent: DemoAgent) {
  try {
    await api.ask('POST', `/tickets/${ticketId}/claim`, {})
    return { agent, refused: null }
  } catch (error) {
    if (error instanceof Refused && error.status === 409) return { agent, refused: error }
    throw error
  }
}

/** Sends as a mail program would: over SMTP, to the port that takes mail from outside. */
async function mail(local: Local, to: string, message: SendMailOptions): Promise<void> {
  const [host = '127.0.0.1', port] = local.inboundSmtp.split(':')
  const transport = nodemailer.createTransport({ host, port: Number(port), ignoreTLS: true })
  await transport.sendMail({ ...message, from: { name: CONTACT.name, address: CONTACT.email }, to })
  transport.close()
}

async function sunk(local: Local): Promise<SunkMail[]> {
  const response = await fetch(local.mailSinkUrl)
  return (await response.json()) as SunkMail[]
}

/** The ticket's events up to a sequence, as a consumer that starts from the beginning sees them. */
async function events(local: Local, ticketId: string, last: number): Promise<string[]> {
  const group = {
    groupId: `demo-${randomUUID()}`,
    topics: [TOPICS.ticketEvents],
    fromBeginning: true,
    onPoison: 'skip' as const,
  }
  const subscriber = createSubscriber(
    { KAFKA_BROKERS: local.kafkaBrokers.split(',') },
    group,
    createLogger('demo', 'silent'),
  )
  const seen = new Map<number, string>()
  try {
    await new Promise<void>((resolve, reject) => {
      setTimeout(() => reject(new Error('waited a minute for the events')), 60_000).unref()
      subscriber
        .run(async ({ key, headers }) => {
          if (key !== ticketId) return
          const sequence = Number(headers.ce_sequence)
          seen.set(sequence, `${headers.ce_sequence}  ${headers.ce_type}`)
          if (sequence >= last) resolve()
        })
        .catch(reject)
    })
  } finally {
    await subscriber.close()
  }
  return [...seen].toSorted(([a], [b]) => a - b).map(([, line]) => line)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
