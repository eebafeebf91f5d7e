import { Command, InvalidArgumentError } from 'commander'
import type { Api } from '../api.ts'
import { EXIT, type ExitCode, Failure } from '../exit.ts'
import { collect } from '../options.ts'
import { ago, table } from '../output/table.ts'
import type { Session } from '../session.ts'
import { confirmed } from './confirm.ts'
import type { Run } from './status.ts'
import { namesOf } from './ticket.ts'

interface Successor {
  department: string
  to: string
}

interface Offboarding {
  id: string
  agentId: string
  status: string
  state: string
  tickets: number
  byDepartment: { departmentId: string; tickets: number }[]
  moved: number
  givenBack: number
  startedAt?: string
  successors: { departmentId: string; agentId?: string; policy?: string }[]
}

const POLICIES = ['nobody', 'redistribute']
const AT_WORK = ['running', 'undoing']

export function offboardCommands(program: Command, run: Run): void {
  const offboard = program
    .command('offboard')
    .description('an agent leaves: their tickets move, visibly and resumably')
  const agent = ['<agent>', 'id or e-mail address of the agent'] as const
  offboard
    .command('start')
    .description('count first, ask, then mark the agent and move their tickets')
    .argument(...agent)
    .addOption(
      new Command()
        .createOption('--status <status>', 'what becomes of the agent')
        .choices(['removed', 'suspended'])
        .default('removed'),
    )
    .option(
      '--to <department=agent>',
      'where a department’s tickets go: an agent, or the policy nobody (default) or redistribute; several times',
      successor,
    )
    .option('--dry-run', 'only count')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'do not follow its progress')
    .action(run(start))
  offboard
    .command('status')
    .description('how far the latest off-boarding of an agent is')
    .argument(...agent)
    .option('--wait', 'follow it until it ends or is paused')
    .action(run(status))
  for (const [verb, description] of [
    ['pause', 'let it wait; the agent stays marked'],
    ['resume', 'let it go on where it stopped'],
    ['undo', 'take it back: the agent is active again and gets back what nobody has moved since'],
  ] as const) {
    const command = offboard
      .command(verb)
      .description(description)
      .argument(...agent)
    if (verb === 'undo') command.option('--yes', 'do not ask')
    if (verb !== 'pause') command.option('--wait', 'follow it until it ends or is paused')
    command.action(
      run((session: Session, who: string, options: { yes?: boolean; wait?: boolean }) =>
        control(session, verb, who, options),
      ),
    )
  }
}

function successor(text: string, before: Successor[] | undefined): Successor[] {
  const [department, to, ...rest] = text.split('=')
  if (!department || !to || rest.length > 0)
    throw new InvalidArgumentError(
      'It must be <department>=<agent>, or <department>=nobody or =redistribute.',
    )
  return collect({ department, to }, before)
}

/** The id of what a name, an address or an id names. */
async function idOf(api: Api, list: '/agents' | '/departments', wanted: string): Promise<string> {
  const all = (await api.all(list, 5000)) as { id: string; name: string; email?: string }[]
  const same = (text: string | undefined) => text?.toLowerCase() === wanted.toLowerCase()
  const found = all.filter(({ id, name, email }) => id === wanted || same(email) || same(name))
  const what = list === '/agents' ? 'agent' : 'department'
  if (found.length > 1)
    throw new Failure(EXIT.refused, `${found.length} ${what}s are called "${wanted}".`, 'Name the id.')
  if (!found[0]) throw new Failure(EXIT.notFound, `There is no ${what} "${wanted}".`, `Look at GET ${list}.`)
  return found[0].id
}

async function start(
  session: Session,
  who: string,
  options: { status: string; to?: Successor[]; dryRun?: boolean; yes?: boolean; wait: boolean },
): Promise<ExitCode> {
  const api = session.account()
  const agentId = await idOf(api, '/agents', who)
  const successors = await Promise.all(
    (options.to ?? []).map(async ({ department, to }) => ({
      departmentId: await idOf(api, '/departments', department),
      ...(POLICIES.includes(to) ? { policy: to } : { agentId: await idOf(api, '/agents', to) }),
    })),
  )
  const path = `/agents/${agentId}/offboarding`
  const asked = { status: options.status, successors }
  const preview = (await api.post(path, { ...asked, dryRun: true })) as Offboarding
  if (options.dryRun) return await told(session, preview)
  session.say(await describe(session, preview))
  if (!options.yes)
    await confirmed(session, `Make the agent ${options.status} and move ${preview.tickets} tickets?`)
  const begun = (await api.post(path, { ...asked, dryRun: false })) as Offboarding
  return options.wait ? await follow(session, agentId, begun) : await told(session, begun)
}

async function status(session: Session, who: string, { wait }: { wait?: boolean }): Promise<ExitCode> {
  const api = session.account()
  const agentId = await idOf(api, '/agents', who)
  const now = (await api.get(`/agents/${agentId}/offboarding`)) as Offboarding
  return wait ? await follow(session, agentId, now) : await told(session, now)
}

async function control(
  session: Session,
  verb: 'pause' | 'resume' | 'undo',
  who: string,
  { yes, wait }: { yes?: boolean; wait?: boolean },
): Promise<ExitCode> {
  const api = session.account()
  const agentId = await idOf(api, '/agents', who)
  if (verb === 'undo' && !yes)
    await confirmed(session, 'Make the agent active again, and give back what is still where it was put?')
  const now = (await api.post(`/agents/${agentId}/offboarding/${verb}`)) as Offboarding
  return wait ? await follow(session, agentId, now) : await told(session, now)
}

/** Ctrl-C stops the looking, not the off-boarding. */
async function follow(session: Session, agentId: string, begun: Offboarding): Promise<ExitCode> {
  let now = begun
  let said = ''
  while (AT_WORK.includes(now.state) && !session.interrupted.aborted) {
    await session.sleep(1000)
    now = (await session.account().get(`/agents/${agentId}/offboarding`)) as Offboarding
    const text = `${now.state}: ${progress(now)}`
    if (text !== said) session.note(text)
    said = text
  }
  return await told(session, now)
}

const progress = ({ state, moved, givenBack, tickets }: Offboarding): string =>
  state.startsWith('und') ? `${givenBack} given back` : `${moved} of ${tickets} moved`

/** Paused and stopped are worth somebody's attention. */
async function told(session: Session, offboarding: Offboarding): Promise<ExitCode> {
  const text = session.json ? '' : await describe(session, offboarding)
  const found = ['paused', 'stopped'].includes(offboarding.state)
  return session.answer('offboarding', { offboarding }, () => text, found ? EXIT.found : EXIT.ok)
}

async function describe(session: Session, offboarding: Offboarding): Promise<string> {
  const { agentId, state, tickets, byDepartment, successors, startedAt, status } = offboarding
  const names = await namesOf(session.account())
  const to = (departmentId: string) => {
    const found = successors.find((one) => one.departmentId === departmentId)
    return found?.agentId ? names.agent(found.agentId) : (found?.policy ?? 'nobody')
  }
  const head = `${names.agent(agentId)} (${status}): ${session.paint.bold(state)}, ${tickets} tickets${
    state === 'preview' ? '' : `, ${progress(offboarding)}`
  }${startedAt ? `, started ${ago(startedAt)}` : ''}`
  if (byDepartment.length === 0) return head
  const rows = byDepartment.map(({ departmentId, tickets }) => [
    names.department(departmentId),
    tickets,
    to(departmentId),
  ])
  return [head, '', table(['DEPARTMENT', 'TICKETS', 'GO TO'], rows)].join('\n')
}
