import { type Clock, systemClock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import type {
  RuleInsightServiceService,
  RulesServiceService,
  TemplateServiceService,
} from '@onus/proto/onus/v1/rules'
import type { Db } from 'mongodb'
import { DryRunner } from './dry-run/runner.ts'
import { insightHandlers, type TicketValues } from './grpc/insight.ts'
import type { Webhooks } from './grpc/parts.ts'
import { ruleHandlers } from './grpc/rules.ts'
import { templateHandlers } from './grpc/templates.ts'
import { type Delivery, Outbox, type OutboxOptions } from './outbox/outbox.ts'
import { DryRunStore } from './store/dry-runs.ts'
import { HistoryStore } from './store/history.ts'
import { RuleStore } from './store/rules.ts'
import { TemplateStore } from './store/templates.ts'

export interface RulesDeps {
  db: Db
  log: Logger
  directory: DirectoryReader
  webhooks: Webhooks
  tickets: TicketValues
  /** Where changes of rules go. */
  delivery: Delivery
  clock?: Clock
  outbox?: OutboxOptions
  dryRuns?: { pollMs?: number; pageSize?: number }
}

export interface RulesApp {
  rules: Handlers<RulesServiceService>
  templates: Handlers<TemplateServiceService>
  insight: Handlers<RuleInsightServiceService>
  /** The past of tickets, which events are kept in. */
  history: HistoryStore
  /** Begin and end to send out what changes bring about, and to work on dry runs. */
  start(): void
  stop(): Promise<void>
}

/** The rules service without its transports. */
export function createApp(deps: RulesDeps): RulesApp {
  const { db, log, directory, webhooks, tickets, clock = systemClock } = deps
  const store = new RuleStore(db, clock)
  const parts = { store, templates: new TemplateStore(db), directory, webhooks, clock }
  const outbox = new Outbox(store, deps.delivery, log, deps.outbox)
  const [history, runs] = [new HistoryStore(db), new DryRunStore(db)]
  const runner = new DryRunner({ runs, history, directory, tickets, clock, log, ...deps.dryRuns })
  return {
    rules: ruleHandlers(parts),
    templates: templateHandlers(parts),
    insight: insightHandlers({ ...parts, tickets, runs, onDryRun: () => runner.wake() }),
    history,
    start() {
      outbox.start()
      runner.start()
    },
    async stop() {
      await Promise.all([outbox.stop(), runner.stop()])
    },
  }
}
