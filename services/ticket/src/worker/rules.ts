import { isOutage } from '@onus/kit/errors'
import { Problem } from '@onus/kit/problems'
import type { TicketKey } from '@onus/workflows-ticket/domain/evolve'
import type {
  RuleAction,
  RuleEffectFacts,
  RuleQuestion,
  RulesFacts,
  TimeTriggerFacts,
} from '@onus/workflows-ticket/domain/facts'
import type { MessageStore } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'

/** What the rules service is asked. */
export interface RulesApi {
  getTriggers(request: { accountId: string; knownVersion: number }): Promise<{
    version: number
    notModified: boolean
    eventTriggers: string[]
    timeTriggers: TimeTriggerFacts[]
    fields: string[]
  }>
  evaluate(request: {
    accountId: string
    ticketId: string
    trigger: string
    values: Record<string, unknown>
    onlyRuleIds: string[]
  }): Promise<Evaluation>
}

interface Evaluation {
  effects: EffectMessage[]
  skipped: SkippedMessage[]
}

interface EffectMessage {
  ruleId: string
  version: number
  ruleName: string
  position?: number
  actions?: unknown[] | undefined
}

interface SkippedMessage {
  ruleId: string
  ruleName: string
  broken?: string | undefined
}

/** What an account's rules wait for, at one version of them. */
export interface RuleBook {
  version: number
  events: ReadonlySet<string>
  times: readonly TimeTriggerFacts[]
  /** Names of the values that conditions and templates read. */
  fields: ReadonlySet<string>
}

/**
 * The rules of accounts, as decisions need them. A decision asks while it is made, and cannot wait: what is
 * not known yet it notes and goes on without; once `settle` has the answers, it is made again.
 */
export interface Rules {
  /** What the account's rules wait for. While the rules service is away, what they waited for last. */
  book(accountId: string): Promise<RuleBook>
  inquiry(key: TicketKey, book: RuleBook): RuleInquiry
}

export interface RuleInquiry {
  readonly facts: RulesFacts
  /**
   * Rules by time could not be asked. They are asked again later; nothing has to wait for that.
   */
  readonly missed: boolean
  /**
   * Gets the answers that were missing; false when none were.
   * @throws RulesAway when rules wait for what happened, and nobody can say what they want
   */
  settle(): Promise<boolean>
}

/** A command that rules wait for cannot be decided while the rules service is away. */
export class RulesAway extends Error {
  override readonly name = 'RulesAway'

  constructor(cause: unknown) {
    super('the rules service is away', { cause })
  }
}

/** Called with each rule that would have acted and cannot. */
export type OnBroken = (key: TicketKey, rule: { ruleId: string; ruleName: string; broken: string }) => void

export interface RulesDeps {
  api: RulesApi
  messages: Pick<MessageStore, 'findMany'>
  tickets: Pick<TicketStore, 'findSeed'>
  onBroken?: OnBroken
  clock?: () => number
}

const CACHED_ACCOUNTS = 5_000
/** Between two looks whether the rules service is back. */
const BACK_OFF_MS = 1_000

export function createRules(deps: RulesDeps): Rules {
  const { api, clock = Date.now } = deps
  const books = new Map<string, RuleBook>()
  /** The service did not answer: it is asked again, now and then, and nobody waits for that. */
  let away = false
  let silentUntil = 0
  const asking: Asking = {
    isSilent: () => away && clock() < silentUntil,
    failed() {
      away = true
      silentUntil = clock() + BACK_OFF_MS
    },
  }

  function remember(accountId: string, book: RuleBook): RuleBook {
    const known = books.get(accountId)
    // Answers may overtake each other.
    const newest = known !== undefined && known.version > book.version ? known : book
    books.delete(accountId)
    books.set(accountId, newest)
    const [oldest] = books.keys()
    if (books.size > CACHED_ACCOUNTS && oldest !== undefined) books.delete(oldest)
    return newest
  }

  /** Who comes while a question is on its way shares the next one: that one may be older than they are. */
  const readings = new Map<string, { running: Promise<RuleBook>; next?: Promise<RuleBook> }>()

  function shared(accountId: string): Promise<RuleBook> {
    const reading = readings.get(accountId)
    if (reading === undefined) return begin(accountId)
    reading.next ??= reading.running.then(noop, noop).then(() => begin(accountId))
    return reading.next
  }

  function begin(accountId: string): Promise<RuleBook> {
    const reading = { running: read(accountId) }
    readings.set(accountId, reading)
    const over = () => {
      if (readings.get(accountId) === reading) readings.delete(accountId)
    }
    reading.running.then(over, over)
    return reading.running
  }

  async function read(accountId: string): Promise<RuleBook> {
    const known = books.get(accountId)
    try {
      const answer = await api.getTriggers({ accountId, knownVersion: known?.version ?? 0 })
      away = false
      if (answer.notModified && known !== undefined) return known
      const { version, eventTriggers, timeTriggers, fields } = answer
      const events = new Set(eventTriggers)
      return remember(accountId, { version, events, times: timeTriggers, fields: new Set(fields) })
    } catch (error) {
      if (!isAway(error)) throw error
      asking.failed()
      if (known === undefined) throw error
      return known
    }
  }

  return {
    async book(accountId) {
      const known = books.get(accountId)
      if (known === undefined || !away) return await shared(accountId)
      if (clock() >= silentUntil) {
        silentUntil = clock() + BACK_OFF_MS
        shared(accountId).catch(noop)
      }
      return known
    },
    inquiry: (key, book) => createInquiry(deps, asking, key, book),
  }
}

const noop = () => {}

const isAway = (error: unknown): boolean =>
  isOutage(error) || (error instanceof Problem && error.reason === 'unavailable')

/** Whether it makes sense to ask the rules service now. */
interface Asking {
  isSilent(): boolean
  failed(): void
}

function createInquiry(
  { api, onBroken, ...stores }: RulesDeps,
  asking: Asking,
  key: TicketKey,
  book: RuleBook,
): RuleInquiry {
  let missed = false
  const answers = new Map<string, RuleEffectFacts[]>()
  const open = new Map<string, RuleQuestion>()
  const texts = new Map<string, Promise<Record<string, unknown>>>()

  async function textsOf(messageId: string | undefined): Promise<Record<string, unknown>> {
    if (!TEXTS.some((name) => book.fields.has(name))) return {}
    const found = texts.get(messageId ?? '') ?? readTexts(stores, key, messageId)
    texts.set(messageId ?? '', found)
    return await found
  }

  async function answer(question: RuleQuestion): Promise<RuleEffectFacts[]> {
    const { accountId, ticketId } = key
    const { trigger, values, messageId, onlyRuleIds = [] } = question
    const texts = await textsOf(messageId)
    const { effects, skipped } = await evaluate({
      accountId,
      ticketId,
      trigger,
      values: { ...values, ...texts },
      onlyRuleIds: [...onlyRuleIds],
    })
    for (const { broken = '', ...rule } of skipped) onBroken?.(key, { ...rule, broken })
    return effects.map(({ actions = [], ...effect }) => ({ ...effect, actions: actions.filter(isAction) }))
  }

  async function evaluate(request: Parameters<RulesApi['evaluate']>[0]): Promise<Evaluation> {
    const byTime = request.onlyRuleIds.length > 0
    try {
      if (asking.isSilent()) throw new RulesAway('it was a moment ago')
      return await api.evaluate(request)
    } catch (error) {
      if (!(error instanceof RulesAway)) {
        if (!isAway(error)) throw error
        asking.failed()
      }
      if (!byTime) throw error instanceof RulesAway ? error : new RulesAway(error)
      missed = true
      return { effects: [], skipped: [] }
    }
  }

  return {
    get missed() {
      return missed
    },
    facts: {
      events: book.events,
      times: book.times,
      evaluate(question) {
        const name = JSON.stringify(question)
        const known = answers.get(name)
        if (known === undefined) open.set(name, question)
        return known ?? []
      },
    },
    async settle() {
      const asked = [...open]
      open.clear()
      const found = await Promise.all(asked.map(async ([name, question]) => [name, await answer(question)]))
      for (const [name, effects] of found as [string, RuleEffectFacts[]][]) answers.set(name, effects)
      return asked.length > 0
    },
  }
}

/** Values that are not in the ticket's state: text of the conversation, and addresses. */
const TEXTS = ['subject', 'body', 'from', 'to', 'cc', 'contact.email', 'contact.name', 'language']

/** What is not in the ticket's state: text of one message, and who the customer is. */
export async function readTexts(
  { messages, tickets }: Pick<RulesDeps, 'messages' | 'tickets'>,
  { accountId, ticketId }: TicketKey,
  messageId: string | undefined,
): Promise<Record<string, unknown>> {
  const [[message], seed] = await Promise.all([
    messageId === undefined ? [] : messages.findMany(accountId, ticketId, [messageId]),
    tickets.findSeed(accountId, ticketId),
  ])
  const { email = '', name = '' } = seed?.contact ?? {}
  return {
    subject: seed?.subject ?? '',
    body: message?.body ?? '',
    from: message?.mail?.from ?? email,
    to: message?.mail?.to ?? [],
    cc: message?.mail?.cc ?? [],
    'contact.email': email,
    'contact.name': name,
  }
}

const isAction = (value: unknown): value is RuleAction =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
