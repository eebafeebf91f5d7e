import type { Command } from 'commander'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { moment, positive } from '../options.ts'
import type { Session } from '../session.ts'
import type { Run } from './status.ts'
import { ticketIdOf } from './ticket-id.ts'

interface ReplayOptions {
  webhook?: string
  ticket?: string
  from?: number
  since?: string
  until?: string
  wait: boolean
}

export function eventCommands(program: Command, run: Run): void {
  const events = program.command('events').description('events of the past')
  events
    .command('replay')
    .description('send events again: of a ticket to Kafka, or to one webhook')
    .option('--webhook <id>', 'to this webhook only; without it a ticket’s events go to Kafka again')
    .option('--ticket <id>', 'of this ticket: its id, its number, or the id of its workflow')
    .option('--from <sequence>', 'from this entry of the ticket on', positive)
    .option('--since <moment>', 'of all tickets from then on (webhooks only)', moment)
    .option('--until <moment>', 'and before then; default now', moment)
    .option('--no-wait', 'do not wait until a webhook’s replay is done')
    .addHelpText(
      'after',
      '\nEvents keep the ids that they had the first time, so that who deduplicates sees nothing new.',
    )
    .action(run(replay))
}

async function replay(session: Session, options: ReplayOptions): Promise<ExitCode> {
  const { webhook, ticket, from, since, until } = options
  if (ticket === undefined && since === undefined)
    throw new Failure(
      EXIT.usage,
      'Which events?',
      'Name a ticket (--ticket), or with --webhook a moment (--since).',
    )
  if (ticket !== undefined && since !== undefined)
    throw new Failure(EXIT.usage, '--ticket and --since exclude each other.')
  if (from !== undefined && ticket === undefined) throw new Failure(EXIT.usage, '--from needs --ticket.')
  if (webhook === undefined) {
    if (ticket === undefined || until !== undefined)
      throw new Failure(
        EXIT.usage,
        'To Kafka, the events of one ticket go again: --ticket.',
        'A whole period goes to one webhook: --webhook.',
      )
    return await republish(session, ticket, from)
  }
  const api = session.account()
  const path = `/webhooks/${encodeURIComponent(webhook)}`
  let found = await api.post(`${path}/replay`, {
    ...(ticket !== undefined && { ticketId: await ticketIdOf(api, ticket), fromSequence: from ?? 1 }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  })
  while (options.wait && found.state === 'running' && !session.interrupted.aborted) {
    await session.sleep(1000)
    const { replays } = await api.get(path)
    const now = (replays as { id: string }[]).find(({ id }) => id === found.id)
    // The webhook shows the replays that are not finished.
    found = now ?? { ...found, state: 'done' }
    session.note(`${found.deliveries} deliveries made`)
  }
  return session.answer('events.replay', { webhookId: webhook, replay: found }, () =>
    found.state === 'done'
      ? `All of it is on its way to the webhook; see what becomes of it in its deliveries.`
      : `The replay ${found.id} runs.`,
  )
}

async function republish(session: Session, named: string, from = 1): Promise<ExitCode> {
  const api = session.account()
  const ticketId = await ticketIdOf(api, named)
  const path = `/tickets/${encodeURIComponent(ticketId)}/events/republish`
  const done = await api.post(path, { fromSequence: from })
  return session.answer(
    'events.replay',
    { ticketId, fromSequence: from, ...done },
    () =>
      done.state === 'done'
        ? `${done.events} events were published again.`
        : 'They wait for Kafka, and go by themselves: onusctl stuck shows it.',
    done.state === 'done' ? EXIT.ok : EXIT.found,
  )
}
