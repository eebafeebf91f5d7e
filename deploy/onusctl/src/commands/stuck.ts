import type { Command } from 'commander'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { positive } from '../options.ts'
import { ago, span, table, time } from '../output/table.ts'
import type { Session } from '../session.ts'
import type { Found, Waiting } from '../temporal/look.ts'
import type { Run } from './status.ts'

export function stuckCommand(program: Command, run: Run): void {
  program
    .command('stuck')
    .description('which tickets, notices and operations wait for what, and since when')
    .option('--account <id>', 'only this account')
    .option('--limit <n>', 'most workflows of a kind that are looked into', positive, 500)
    .option('--deep', 'look into every running ticket, also for failing workflow tasks')
    .addHelpText(
      'after',
      '\nAsks Temporal for work that does not go on, and the API for notices that are tried again, webhooks that\nwere set inactive, broken mails and orphans. Exit 1 when something waits.',
    )
    .action(run(stuck))
}

async function stuck(
  session: Session,
  { account, limit, deep }: { account?: string; limit: number; deep?: boolean },
): Promise<ExitCode> {
  const { maybe } = session
  if (!session.hasTemporal && !maybe.account) await session.temporal()
  if (!session.hasTemporal) session.note('Temporal is not configured: only what the API knows is shown.')
  if (!maybe.account) session.note('No API key is configured: notices, webhooks and mails are not shown.')
  const [found, byApi, orphans] = await Promise.all([
    session.hasTemporal ? look(session, { accountId: account, limit, deep }) : undefined,
    maybe.account ? ifThere(session, askAccount(session)) : [],
    ifThere(session, askOrphans(session, account)),
  ])
  const waiting = [...(found?.waiting ?? []), ...byApi, ...orphans].filter(
    ({ accountId }) => !account || !accountId || accountId === account,
  )
  const result = { waiting, lookedAt: found?.lookedAt ?? 0, notLookedAt: found?.left ?? 0 }
  if (result.notLookedAt > 0)
    session.note(`${result.notLookedAt} workflows were not looked into; --limit raises their number.`)
  return session.answer('stuck', result, () => text(session, waiting), waiting.length ? EXIT.found : EXIT.ok)
}

async function look(
  session: Session,
  options: { accountId?: string; limit: number; deep?: boolean },
): Promise<Found> {
  const { lookForStuck } = await import('../temporal/look.ts')
  return await lookForStuck(await session.temporal(), options)
}

/** Temporal is worth asking also when the API is away; then that is said. */
async function ifThere(session: Session, work: Promise<Waiting[]>): Promise<Waiting[]> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Failure) || error.exit !== EXIT.unreachable || !session.hasTemporal) throw error
    session.note(`${error.message} What only the API knows is not shown.`)
    return []
  }
}

const nothing = { ticketId: null, since: null, attempts: null, nextAttemptAt: null, error: null }

/** What the account's own API knows; a part that refuses the key is left out, and said. */
async function askAccount(session: Session): Promise<Waiting[]> {
  const api = session.account()
  const [{ accountId }, retrying, webhooks, mails] = await Promise.all([
    api.get('/me'),
    api.all('/notifications?state=retrying', 500),
    api.all('/webhooks', 500),
    api.all('/inbound/unreadable', 500),
  ])
  return [
    ...retrying.map((notice) => ({
      kind: `notice by ${notice.channel}`,
      id: notice.id,
      accountId,
      ticketId: notice.ticketId,
      waitsFor: 'its provider to take it',
      since: notice.createdAt,
      attempts: notice.attempts,
      nextAttemptAt: notice.nextAttemptAt ?? null,
      error: notice.error ?? null,
      runbook: 'notices-do-not-arrive',
    })),
    ...webhooks
      .filter(({ disabledReason, failingSince }) => disabledReason || failingSince)
      .map((webhook) => ({
        ...{ ...nothing, kind: 'webhook', id: webhook.id, accountId },
        waitsFor: webhook.disabledReason
          ? 'somebody to set it active again'
          : 'its receiver to take deliveries',
        since: webhook.disabledAt ?? webhook.failingSince,
        nextAttemptAt: webhook.resumesAt ?? null,
        error: webhook.lastError ?? null,
        runbook: 'notices-do-not-arrive',
      })),
    ...mails.map((mail) => ({
      ...{ ...nothing, kind: 'broken mail', id: mail.id, accountId },
      waitsFor: 'somebody to read it',
      since: mail.receivedAt,
      error: mail.error,
      runbook: 'a-ticket-is-stuck',
    })),
  ]
}

async function askOrphans({ maybe }: Session, account: string | undefined): Promise<Waiting[]> {
  const api = maybe.operator ?? maybe.account
  if (!api) return []
  const { accounts } = await api.get('/operations/orphans')
  return (accounts as { accountId: string; ticketIds: string[] }[])
    .filter(({ accountId }) => !account || accountId === account)
    .flatMap(({ accountId, ticketIds }) =>
      ticketIds.map((ticketId) => ({
        ...{ ...nothing, kind: 'orphan', id: ticketId, ticketId, accountId },
        waitsFor: 'somebody who may see it',
        runbook: 'an-agent-leaves',
      })),
    )
}

function text({ paint }: Session, waiting: Waiting[]): string {
  if (waiting.length === 0) return paint.good('Nothing is stuck.')
  const rows = waiting.map((one) => [
    one.kind,
    one.id,
    one.waitsFor,
    ago(one.since),
    one.attempts,
    one.nextAttemptAt ? until(one.nextAttemptAt) : undefined,
    paint.bad(one.error ?? '-'),
  ])
  const pages = [...new Set(waiting.map(({ runbook }) => runbook))].map(
    (page) => `deploy/runbooks/${page}.md`,
  )
  return [
    table(['WHAT', 'ID', 'WAITS FOR', 'SINCE', 'TRIES', 'NEXT', 'LAST ERROR'], rows),
    '',
    `${waiting.length} wait. What helps: ${pages.join(', ')}`,
  ].join('\n')
}

const until = (at: string): string => {
  const ms = Date.parse(at) - Date.now()
  return ms > 0 ? `in ${span(ms)}` : `due ${time(at)}`
}
