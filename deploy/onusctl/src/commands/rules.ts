import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { moment, positive } from '../options.ts'
import { table } from '../output/table.ts'
import type { Session } from '../session.ts'
import type { Run } from './status.ts'
import { namesOf } from './ticket.ts'

interface DryRun {
  id: string
  state: string
  progress: number
  ticketsRead: number
  wouldDiffer: { ticketId: string; ruleId: string; to: Holder; actual: Holder }[]
  wouldDifferTotal: number
  notices: {
    event: string
    agentId?: string
    departmentId?: string
    slackChannel?: string
    email?: string
    count: number
  }[]
  loops: { ticketId: string; ruleId: string }[]
  loopsTotal: number
  load: { agentId: string; before: number; after: number }[]
  unknown: { ruleId: string; field: string; reason: string; tickets: number }[]
}
interface Holder {
  departmentId: string
  agentId: string | null
}

/** Lines of a table for people; `--json` has all. */
const SHOWN = 20

export function ruleCommands(program: Command, run: Run): void {
  program
    .command('rules')
    .description('rules')
    .command('dry-run')
    .description('try a draft set of rules on past tickets; nothing changes, nobody is told')
    .argument(
      '<file>',
      'a JSON file: a list of rules as GET /rules gives them, or {"rules": [...]}; - for standard input',
    )
    .option('--since <moment>', 'tickets created from then on; default 30 days ago', moment)
    .option('--until <moment>', 'and before then; default now', moment)
    .option('--limit <n>', 'at most so many tickets, the newest first', positive)
    .addHelpText(
      'after',
      '\nCtrl-C cancels it. Exit 1 when the draft runs in a loop or names something that is gone.',
    )
    .action(run(dryRun))
}

function readDraft(file: string): unknown[] {
  if (file !== '-' && !existsSync(file)) throw new Failure(EXIT.usage, `There is no file ${file}.`)
  let draft: unknown
  try {
    draft = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} is not JSON: ${(error as Error).message}`)
  }
  const rules = Array.isArray(draft)
    ? draft
    : ((draft as { rules?: unknown; items?: unknown } | null)?.rules ??
      (draft as { items?: unknown } | null)?.items)
  if (Array.isArray(rules)) return rules
  throw new Failure(
    EXIT.usage,
    `${file} has no rules.`,
    'It must be a list, or an object with a list "rules".',
  )
}

async function dryRun(
  session: Session,
  file: string,
  { since, until, limit }: { since?: string; until?: string; limit?: number },
): Promise<ExitCode> {
  const api = session.account()
  const rules = readDraft(file)
  let now = (await api.post('/rules/dry-run', {
    rules,
    ...(since && { since }),
    ...(until && { until }),
    ...(limit && { limit }),
  })) as DryRun
  const path = `/rules/dry-run/${now.id}`
  while (now.state === 'running') {
    await session.sleep(1000)
    if (session.interrupted.aborted) await api.delete(path)
    now = (await patient(session, () => api.get(path))) as DryRun
    session.note(
      `${Math.round(now.progress * 100)} %, ${now.ticketsRead} tickets, ${now.wouldDifferTotal} would differ`,
    )
    if (session.interrupted.aborted) break
  }
  const found = now.state !== 'completed' || now.loopsTotal > 0
  const text = session.json ? '' : await describe(session, now)
  return session.answer('rules.dry-run', { dryRun: now }, () => text, found ? EXIT.found : EXIT.ok)
}

/** A question for the progress that is not answered in time is asked again: the dry run goes on meanwhile. */
async function patient<T>(session: Session, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Failure) || error.exit !== EXIT.unreachable || attempt >= 10) throw error
      await session.sleep(2000)
      if (session.interrupted.aborted) throw error
    }
  }
}

async function describe(session: Session, run: DryRun): Promise<string> {
  const { paint } = session
  const names = await namesOf(session.account())
  const who = ({ departmentId, agentId }: Holder) =>
    `${names.department(departmentId)} / ${names.agent(agentId)}`
  const blocks = [
    `${paint.bold(run.state)}: ${run.ticketsRead} tickets read, the responsibility of ${run.wouldDifferTotal} would differ, ${run.loopsTotal} loops.`,
  ]
  if (run.wouldDiffer.length)
    blocks.push(
      table(
        ['TICKET', 'WAS', 'WOULD BE', 'BY RULE'],
        run.wouldDiffer
          .slice(0, SHOWN)
          .map(({ ticketId, actual, to, ruleId }) => [ticketId, who(actual), who(to), ruleId]),
      ) + more(run.wouldDifferTotal),
    )
  if (run.load.length)
    blocks.push(
      table(
        ['AGENT', 'HOLDS', 'WOULD HOLD'],
        run.load.slice(0, SHOWN).map(({ agentId, before, after }) => [names.agent(agentId), before, after]),
      ) + more(run.load.length),
    )
  if (run.notices.length)
    blocks.push(
      table(
        ['NOTICE', 'TO', 'COUNT'],
        run.notices
          .slice(0, SHOWN)
          .map(({ event, agentId, departmentId, slackChannel, email, count }) => [
            event,
            agentId
              ? names.agent(agentId)
              : departmentId
                ? names.department(departmentId)
                : (slackChannel ?? email),
            count,
          ]),
      ) + more(run.notices.length),
    )
  for (const { ticketId, ruleId } of run.loops.slice(0, SHOWN))
    blocks.push(paint.bad(`Loop: ticket ${ticketId}, stopped at rule ${ruleId}`))
  for (const { ruleId, field, reason, tickets } of run.unknown)
    blocks.push(
      paint.warn(
        `Not known of ${tickets} tickets: ${field} of rule ${ruleId} (${reason}); it counts as not fulfilled.`,
      ),
    )
  return blocks.join('\n\n')
}

const more = (total: number): string =>
  total > SHOWN ? `\n… and ${total - SHOWN} more; --json has them.` : ''
