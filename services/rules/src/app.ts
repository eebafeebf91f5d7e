import { type Clock, systemClock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import type { RulesServiceService, TemplateServiceService } from '@onus/proto/onus/v1/rules'
import type { Db } from 'mongodb'
import type { Webhooks } from './grpc/parts.ts'
import { ruleHandlers } from './grpc/rules.ts'
import { templateHandlers } from './grpc/templates.ts'
import { type Delivery, Outbox, type OutboxOptions } from './outbox/outbox.ts'
import { RuleStore } from './store/rules.ts'
import { TemplateStore } from './store/templates.ts'

export interface RulesDeps {
  db: Db
  log: Logger
  directory: DirectoryReader
  webhooks: Webhooks
  /** Where changes of rules go. */
  delivery: Delivery
  clock?: Clock
  outbox?: OutboxOptions
}

export interface RulesApp {
  rules: Handlers<RulesServiceService>
  templates: Handlers<TemplateServiceService>
  /** Begin and end to send out what changes bring about. */
  start(): void
  stop(): Promise<void>
}

/** The rules service without its transports. */
export function createApp(deps: RulesDeps): RulesApp {
  const { db, log, directory, webhooks, clock = systemClock } = deps
  const store = new RuleStore(db, clock)
  const parts = { store, templates: new TemplateStore(db), directory, webhooks, clock }
  const outbox = new Outbox(store, deps.delivery, log, deps.outbox)
  return {
    rules: ruleHandlers(parts),
    templates: templateHandlers(parts),
    start: () => outbox.start(),
    stop: () => outbox.stop(),
  }
}
