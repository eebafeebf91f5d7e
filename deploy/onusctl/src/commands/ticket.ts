import type { Command } from 'commander'
import type { Api } from '../api.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { moment } from '../options.ts'
import { ago, table, time } from '../output/table.ts'
import type { Session } from '../session.ts'
import type { Run } from './status.ts'
import { ticketIdOf } from './ticket-id.ts'

interface Holder {
  departmentId: string
  agentId: string | null
}
interface Cause {
  type: string
  ruleId?: string
  version?: number
  [more: string]: unknown
}
interface Actor {
  type: string
  id?: string
  name?: string
}
interface Entry {
  sequence: number
  at: string
  type: string
  actor: Actor
  cause: Cause
  from?: Holder
  to?: Holder
  reason?: string
  revision?: number
  details?: { candidates?: { agentId: string; outcome: string; reason: string }[] }
  text: string
}

export function ticketCommands(program: Command, run: Run): void {
  const ticket = program.command('ticket').description('who is responsible for a ticket, since when and why')
  const id = ['<id>', 'the ticket’s id, its number, or the id of its workflow'] as const
  ticket
    .command('explain')
    .description('why it is whose it is, what it waits for, and who was told')
    .argument(...id)
    .action(run(explain))
  ticket
    .command('timeline')
    .description('everything that happened to it, in order')
    .argument(...id)
    .option('--type <type>', 'only entries of this type, for example responsibility.changed')
    .option('--locale <tag>', 'language of the texts', 'en')
    .action(run(timeline))
  ticket
    .command('responsibility')
    .description('who was responsible at a moment; without one: all of its intervals')
    .argument(...id)
    .option('--at <moment>', 'RFC 3339, or 90m, 12h, 7d ago', moment)
    .action(run(responsibility))
}

/** Names of agents and departments by id; what is gone keeps its id. */
export async function namesOf(
  api: Api,
): Promise<{ agent(id: string | null | undefined): string; department(id: string): string }> {
  const [agents, departments] = await Promise.all([api.all('/agents', 5000), api.all('/departments', 5000)])
  const called = new Map([...agents, ...departments].map(({ id, name }) => [id as string, name as string]))
  return {
    agent: (id) => (id ? (called.get(id) ?? id) : 'nobody'),
    department: (id) => called.get(id) ?? id,
  }
}

const path = (id: string): string => `/tickets/${encodeURIComponent(id)}`

async function explain(session: Session, named: string): Promise<ExitCode> {
  const api = session.account()
  const id = await ticketIdOf(api, named)
  const ticket = await api.get(path(id))
  const [entries, notices, names] = await Promise.all([
    api.all(`${path(id)}/timeline`, 10_000) as Promise<Entry[]>,
    api.all(`${path(id)}/notifications`, 500),
    namesOf(api),
  ])
  const changes = entries.filter(({ type }) => type === 'responsibility.changed')
  const last = changes.at(-1)
  const rule = last?.cause.ruleId ? await api.get(`/rules/${last.cause.ruleId}`).catch(() => null) : null
  const candidates = last?.details?.candidates ?? []
  const told = countBy(notices, ({ state }) => state)
  const waitsFor = waits(ticket)
  const result = {
    ticket,
    why: last ?? null,
    rule: rule ? { id: rule.id, name: rule.name, version: last?.cause.version ?? null } : null,
    candidates,
    waitsFor,
    notices: told,
    changes: changes.length,
  }
  return session.answer('ticket.explain', result, () => {
    const { paint } = session
    const { departmentId, agentId, revision, since } = ticket.responsibility
    const lines = [
      `${paint.bold(`Ticket ${ticket.number}`)}  ${ticket.status}, priority ${ticket.priority}, by ${ticket.channel}`,
      `Responsible: ${paint.bold(names.agent(agentId))} in ${paint.bold(names.department(departmentId))} since ${time(since)} (${ago(since)}), revision ${revision}`,
    ]
    if (last) {
      const by = last.actor.name ?? last.actor.id ?? last.actor.type
      lines.push(`Why: ${last.text}`)
      lines.push(`     ${last.cause.type} by ${by}${last.reason ? `, because: ${last.reason}` : ''}`)
      if (rule) lines.push(`     rule "${rule.name}", version ${last.cause.version}`)
    }
    lines.push(...waitsFor.map((one) => `Waits: ${one}`))
    const counts = Object.entries(told).map(([state, count]) => `${count} ${state}`)
    lines.push(`Told: ${counts.length ? `${counts.join(', ')} notices` : 'nobody'}`)
    if (candidates.length)
      lines.push(
        '',
        table(
          ['CANDIDATE', 'OUTCOME', 'REASON'],
          candidates.map(({ agentId, outcome, reason }) => [names.agent(agentId), outcome, reason]),
        ),
      )
    lines.push('', intervalTable(changes, names))
    return lines.join('\n')
  })
}

function waits(ticket: {
  status: string
  agentId: string | null
  postponedUntil?: string
  noEligibleAgent?: string
  claimClock?: { warnAt?: string; dueAt?: string; then: string }
  dueAt?: string
}): string[] {
  const { postponedUntil, noEligibleAgent, claimClock, agentId, status } = ticket
  const found: string[] = []
  if (postponedUntil) found.push(`until ${time(postponedUntil)}: it is postponed`)
  if (noEligibleAgent)
    found.push(`for somebody who can get it: the distribution found nobody (${noEligibleAgent})`)
  if (claimClock?.dueAt) found.push(`for a claim until ${time(claimClock.dueAt)}, then ${claimClock.then}`)
  else if (agentId === null && ['new', 'open'].includes(status)) found.push('for a claim, or to be assigned')
  return found
}

const countBy = <T>(items: T[], key: (item: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}

async function timeline(
  session: Session,
  named: string,
  { type, locale }: { type?: string; locale: string },
): Promise<ExitCode> {
  const api = session.account()
  const id = await ticketIdOf(api, named)
  const all = (await api.all(`${path(id)}/timeline`, 10_000)) as Entry[]
  const entries = type ? all.filter((entry) => entry.type === type) : all
  const names = session.json ? undefined : await namesOf(api)
  return session.answer('ticket.timeline', { ticketId: id, locale, entries }, () =>
    table(
      ['SEQ', 'AT (UTC)', 'TYPE', 'REV', 'BY', 'CAUSE', 'TEXT'],
      entries.map(({ sequence, at, type, revision, actor, cause, text }) => [
        sequence,
        time(at),
        type,
        revision,
        actor.name ?? (actor.type === 'agent' ? names?.agent(actor.id) : actor.type),
        cause.type,
        text,
      ]),
    ),
  )
}

async function responsibility(session: Session, named: string, { at }: { at?: string }): Promise<ExitCode> {
  const api = session.account()
  const id = await ticketIdOf(api, named)
  if (at) {
    const found = await api.get(`${path(id)}/responsibility?at=${encodeURIComponent(at)}`)
    const names = session.json ? undefined : await namesOf(api)
    return session.answer('ticket.responsibility', { ticketId: id, at, responsibility: found }, () =>
      [
        `${names?.agent(found.agentId)} in ${names?.department(found.departmentId)}`,
        `from ${time(found.since)} until ${time(found.until) ?? 'now'} (UTC), revision ${found.revision}, by ${found.cause.type}`,
      ].join('\n'),
    )
  }
  const entries = (await api.all(`${path(id)}/timeline`, 10_000)) as Entry[]
  const changes = entries.filter(({ type }) => type === 'responsibility.changed')
  const names = session.json ? undefined : await namesOf(api)
  const intervals = changes.map(({ at, to, revision, cause, actor }, index) => ({
    ...{ departmentId: to?.departmentId, agentId: to?.agentId ?? null, revision },
    ...{ since: at, until: changes[index + 1]?.at ?? null, cause, actor },
  }))
  return session.answer(
    'ticket.responsibility',
    { ticketId: id, intervals },
    () => (names ? intervalTable(changes, names) : ''),
    EXIT.ok,
  )
}

const intervalTable = (changes: Entry[], names: Awaited<ReturnType<typeof namesOf>>): string =>
  table(
    ['REV', 'FROM (UTC)', 'UNTIL (UTC)', 'DEPARTMENT', 'AGENT', 'CAUSE'],
    changes.map(({ at, to, revision, cause }, index) => [
      revision,
      time(at),
      time(changes[index + 1]?.at) ?? 'now',
      to && names.department(to.departmentId),
      names.agent(to?.agentId),
      cause.type,
    ]),
  )
