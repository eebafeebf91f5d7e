import type {
  CommandEnvelope,
  HolderNames,
  LogDocument,
  Refusal,
  TicketState,
} from '@onus/workflows-contract'
import type { CommitInput, CommitResult, CommittedCommand } from '@onus/workflows-ticket/activities'
import { deadlines } from '@onus/workflows-ticket/domain/deadlines'
import { type Decision, decide } from '@onus/workflows-ticket/domain/decide'
import { applyCommit, type TicketKey } from '@onus/workflows-ticket/domain/evolve'
import type { DirectoryFacts, Facts } from '@onus/workflows-ticket/domain/facts'
import type { Choices, Distribution } from '../distribution/choices.ts'
import { type DayStore, LATE_MS } from '../insight/days.ts'
import { marksOf, measuresOf } from '../insight/measures.ts'
import { logKey, type TicketLog } from '../store/log.ts'
import type { MessageStore } from '../store/messages.ts'
import type { EntryPublisher } from './publisher.ts'
import { type RuleBook, type Rules, RulesAway } from './rules.ts'

export interface CommitDeps {
  log: TicketLog
  /** The account's directory as it is now. */
  directory(accountId: string): Promise<DirectoryFacts>
  rules: Rules
  /** Where messages that a decision writes itself are kept. */
  messages: Pick<MessageStore, 'keep'>
  events: EntryPublisher
  /** Absent: nobody is ever chosen. */
  distribution?: Distribution
  /** The figures of days, which are told of what comes late. Absent: nobody keeps any. */
  days?: Pick<DayStore, 'forget'>
  /** Told of each command that was appended. */
  onAppended?(document: LogDocument): void
  now?: () => Date
}

/**
 * The one thing between a command and its answer: decide by fresh facts, append to the log, derive the
 * summary and publish. Everything after the append can be done again, by a repeat of this or by the next
 * command, so a process may die anywhere.
 */
export function createCommit(deps: CommitDeps) {
  const { log, events, now = () => new Date() } = deps

  return async function commit(input: CommitInput): Promise<CommitResult> {
    const { accountId } = input
    const [directory, book] = await Promise.all([deps.directory(accountId), deps.rules.book(accountId)])
    const facts = { now: decisionTime(input, now()), directory }
    const choices = deps.distribution?.begin(accountId, input.ticketId, directory, facts.now)
    const appended = await append(deps, input, facts, book, choices).catch(unlessAway)
    if (appended === null) {
      await choices?.settle(input.state, input.state)
      return { commits: [], deadlines: input.deadlines, published: true, waits: 'undecided' }
    }
    const { state, commits, refusal, asked, missed } = appended
    const due = deadlines(state, directory, { times: book.times, asked })
    const names = state === null ? undefined : namesOf(state, directory)
    const changed = commits.length > 0 || JSON.stringify(due) !== JSON.stringify(input.deadlines)
    const [published] = await Promise.all([
      input.publish && state !== null ? events.tryPublish(state, outgoing(commits)) : commits.length === 0,
      state !== null && changed ? log.summarize(state, due, marksIn(commits)) : undefined,
      ...commits.filter(({ at }) => isLate(at, now())).map(({ at }) => deps.days?.forget(accountId, at)),
      choices?.settle(input.state, state),
    ])
    if (commits.length > 0) await choices?.follow(input.state, state)
    return {
      commits: commits.map(committed),
      deadlines: due,
      published,
      ...(refusal === undefined ? {} : { refusal }),
      ...(names === undefined ? {} : { names }),
      ...(missed ? { waits: 'rules_by_time' as const } : {}),
    }
  }
}

/** Without the rules service nothing is decided that rules wait for; whoever asked comes again. */
function unlessAway(error: unknown): null {
  if (error instanceof RulesAway) return null
  throw error
}

/** What lists find the ticket by from now on. */
export const marksIn = (commits: readonly LogDocument[]): string[] =>
  marksOf(commits.flatMap(({ measures = [] }) => measures))

/** So late that the figures of its day may have been counted without it. */
const isLate = (at: string, now: Date): boolean => now.getTime() - Date.parse(at) > LATE_MS

function decisionTime({ notBefore }: CommitInput, now: Date): Date {
  const workflowTime = new Date(notBefore)
  return now > workflowTime ? now : workflowTime
}

interface Appended {
  state: TicketState | null
  commits: LogDocument[]
  refusal?: Refusal
  /** Until when rules by time have been asked; null: not by this command. */
  asked: string | null
  /** Rules by time could not be asked. */
  missed?: boolean
}

/**
 * Decides and appends until both agree about what is in the log. Documents that the workflow does not know
 * are there when a worker died after its append and before its workflow task was recorded.
 */
async function append(
  deps: CommitDeps,
  input: CommitInput,
  facts: Facts,
  book: RuleBook,
  choices: Choices | undefined,
): Promise<Appended> {
  const { log } = deps
  const { accountId, ticketId, envelope } = input
  const key: TicketKey = { accountId, ticketId }
  const commits: LogDocument[] = []
  let state = input.state
  for (;;) {
    const { decision, missed } = await decideOnDemand(deps, state, envelope, facts, book, key, choices)
    const { entries, fields, messages = [], refusal } = decision
    const number = (state?.commandNumber ?? 0) + 1
    const at = entries.at(-1)?.at
    const asked = refusal === undefined && !missed ? (at ?? facts.now.toISOString()) : null
    if (at !== undefined) {
      const measures = measuresOf(state, entries, key, facts.directory.settings.timeZone)
      const document: LogDocument = {
        _id: logKey(accountId, ticketId, number),
        accountId,
        ticketId,
        commandNumber: number,
        commandId: envelope.commandId,
        commandType: envelope.command.type,
        at,
        entries,
        ...(fields === undefined ? {} : { fields }),
        ...(envelope.traceparent === undefined ? {} : { traceparent: envelope.traceparent }),
        ...(measures.length === 0 ? {} : { measures }),
      }
      await Promise.all(
        messages.map((message) => deps.messages.keep({ ...key, ...message, attachments: [], createdAt: at })),
      )
      if (await log.append(document)) {
        deps.onAppended?.(document)
        commits.push(document)
        return { state: applyCommit(state, document, key), commits, asked, missed }
      }
    }
    // Also after a refusal: it may be about a state that the log has left behind, or repeat what was done.
    const found = await log.readFrom(accountId, ticketId, number)
    if (found.length === 0 && at === undefined)
      return { state, commits, asked, missed, ...(refusal ? { refusal } : {}) }
    for (const document of found) {
      state = applyCommit(state, document, key)
      commits.push(document)
    }
    if (found.some(({ commandId }) => commandId === envelope.commandId))
      return { state, commits, asked: null }
  }
}

/**
 * Decides, and whenever the decision asked for something that is not known yet gets it and decides again.
 * The decision stays a pure function of its facts, whatever it turns out to need.
 */
async function decideOnDemand(
  { rules }: CommitDeps,
  state: TicketState | null,
  envelope: CommandEnvelope,
  facts: Facts,
  book: RuleBook,
  key: TicketKey,
  choices: Choices | undefined,
): Promise<{ decision: Decision; missed: boolean }> {
  const inquiry = rules.inquiry(key, book)
  for (;;) {
    const choose = choices?.on(state)
    const given = { ...facts, rules: inquiry.facts, ...(choose === undefined ? {} : { choose }) }
    const decision = decide(state, envelope, given, key)
    // Nobody's place is kept before it is known what rules want.
    const open = (await inquiry.settle()) || (await choices?.make())
    if (!open) return { decision, missed: inquiry.missed }
  }
}

const outgoing = (documents: LogDocument[]) =>
  documents.flatMap(({ entries, traceparent }) =>
    entries.map((entry) => (traceparent === undefined ? { entry } : { entry, traceparent })),
  )

const committed = ({
  commandId,
  commandNumber,
  commandType,
  entries,
  fields,
  traceparent,
}: LogDocument): CommittedCommand => ({
  commandId,
  commandNumber,
  commandType,
  entries,
  ...(fields === undefined ? {} : { fields }),
  ...(traceparent === undefined ? {} : { traceparent }),
})

/** Names for the Temporal UI: of the department, the agent, and where an unclaimed ticket goes next. */
export function namesOf(state: TicketState, directory: DirectoryFacts): HolderNames {
  const { departmentId, agentId } = state.responsibility
  const department = directory.department(departmentId)
  const next = department?.claimTimeout?.toDepartmentId
  const escalatesTo = next === undefined ? undefined : directory.department(next)?.name
  return {
    department: department?.name ?? departmentId,
    agent: agentId === null ? null : (directory.agent(agentId)?.name ?? agentId),
    ...(escalatesTo === undefined ? {} : { escalatesTo }),
  }
}
