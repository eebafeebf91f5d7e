import type { Command } from 'commander'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { positive } from '../options.ts'
import { ago, table, time } from '../output/table.ts'
import type { Session } from '../session.ts'
import { confirmed } from './confirm.ts'
import type { Run } from './status.ts'
import { ticketIdOf } from './ticket-id.ts'

interface Notice {
  id: string
  ticketId: string
  event: string
  channel: string
  recipient: { agentId?: string }
  state: string
  reason?: string
  attempts: number
  nextAttemptAt?: string
  error?: string
  createdAt: string
}

interface Filter {
  state: string
  channel?: string
  agent?: string
  ticket?: string
  limit: number
}

const STATES = ['planned', 'suppressed', 'sent', 'retrying', 'failed', 'acknowledged']

export function noticeCommands(program: Command, run: Run): void {
  const notices = program.command('notices').description('the ledger of notices')
  const filtered = (command: Command, state: string) =>
    command
      .addOption(command.createOption('--state <state>', 'only in this state').choices(STATES).default(state))
      .option('--channel <channel>', 'email, slack, push or in_app')
      .option('--agent <id>', 'only to this agent')
      .option('--ticket <id>', 'only of this ticket: its id, its number, or the id of its workflow')
      .option('--limit <n>', 'at most so many', positive, 200)
  filtered(notices.command('list'), 'failed')
    .description('notices in a state, newest first')
    .action(run(list))
  filtered(notices.command('retry'), 'failed')
    .description('send notices again, under the identity that they had')
    .argument('[ids...]', 'these notices; without any: those that the options name')
    .option('--yes', 'do not ask')
    .action(run(retry))
}

async function find(session: Session, { state, channel, agent, ticket, limit }: Filter): Promise<Notice[]> {
  const api = session.account()
  if (ticket) {
    const ticketId = await ticketIdOf(api, ticket)
    const all = (await api.all(`/tickets/${encodeURIComponent(ticketId)}/notifications`, 2000)) as Notice[]
    return all
      .filter((one) => one.state === state && (!channel || one.channel === channel))
      .filter((one) => !agent || one.recipient.agentId === agent)
      .slice(0, limit)
  }
  const query = new URLSearchParams({ state, ...(channel && { channel }), ...(agent && { agentId: agent }) })
  return (await api.all(`/notifications?${query}`, limit)) as Notice[]
}

async function list(session: Session, filter: Filter): Promise<ExitCode> {
  const notices = await find(session, filter)
  return session.answer('notices.list', { notices }, () =>
    notices.length ? shown(notices) : 'There are none.',
  )
}

const shown = (notices: Notice[]): string =>
  table(
    ['ID', 'TICKET', 'EVENT', 'CHANNEL', 'AGENT', 'STATE', 'TRIES', 'PLANNED', 'NEXT', 'ERROR'],
    notices.map((one) => [
      one.id,
      one.ticketId,
      one.event,
      one.channel,
      one.recipient.agentId,
      one.state,
      one.attempts,
      ago(one.createdAt),
      time(one.nextAttemptAt),
      one.error ?? one.reason,
    ]),
  )

async function retry(
  session: Session,
  ids: string[],
  { yes, ...filter }: Filter & { yes?: boolean },
): Promise<ExitCode> {
  const api = session.account()
  const chosen = ids.length ? ids : (await find(session, filter)).map(({ id }) => id)
  if (chosen.length === 0) return session.answer('notices.retry', { retried: [] }, () => 'There are none.')
  if (ids.length === 0 && !yes)
    await confirmed(session, `Send ${chosen.length} ${filter.state} notices again?`)
  const retried: { id: string; ok: boolean; state?: string; error?: string }[] = []
  for (const id of chosen) {
    if (session.interrupted.aborted) break
    try {
      const { state } = await api.post(`/notifications/${encodeURIComponent(id)}/resend`)
      retried.push({ id, ok: true, state })
    } catch (error) {
      if (!(error instanceof Failure) || error.exit === EXIT.forbidden || error.exit === EXIT.unreachable)
        throw error
      retried.push({ id, ok: false, error: error.message })
    }
  }
  const failed = retried.filter(({ ok }) => !ok)
  return session.answer(
    'notices.retry',
    { retried },
    () =>
      [
        `${retried.length - failed.length} of ${chosen.length} notices are sent again.`,
        ...failed.map(({ id, error }) => `- ${id}: ${error}`),
      ].join('\n'),
    failed.length ? EXIT.found : EXIT.ok,
  )
}
