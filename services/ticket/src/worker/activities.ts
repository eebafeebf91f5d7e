import type { DirectoryReader } from '@onus/kit/directory'
import type { EventPublisher } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import type { LogDocument } from '@onus/workflows-contract'
import type { TicketActivities, TicketLocalActivities } from '@onus/workflows-ticket/activities'
import type { Db } from 'mongodb'
import type { Distribution } from '../distribution/choices.ts'
import { DayStore } from '../insight/days.ts'
import { observeMeasures } from '../insight/metrics.ts'
import { createTicketLog } from '../store/log.ts'
import { MessageStore } from '../store/messages.ts'
import { TicketStore } from '../store/tickets.ts'
import { observeBroken, observeRules } from './automation-metrics.ts'
import { createCommit } from './commit.ts'
import { failingForGood } from './failures.ts'
import { createLoad, createRecall } from './load.ts'
import { createPublish } from './publish.ts'
import { createEntryPublisher } from './publisher.ts'
import { createRules, type RulesApi } from './rules.ts'

export interface TicketActivityDeps {
  db: Db
  directory: Pick<DirectoryReader, 'snapshot'>
  rules: RulesApi
  publisher: Pick<EventPublisher, 'publish'>
  distribution: Distribution
  log: Pick<Logger, 'warn'>
  now?: () => Date
}

/** Everything that a ticket's workflow asks for. */
export function createTicketActivities(deps: TicketActivityDeps): TicketLocalActivities & TicketActivities {
  const log = createTicketLog(deps.db)
  const events = createEntryPublisher(deps.publisher, deps.log)
  const directory = (accountId: string) => deps.directory.snapshot(accountId)
  const messages = new MessageStore(deps.db)
  const rules = createRules({
    api: deps.rules,
    messages,
    tickets: new TicketStore(deps.db),
    onBroken: (key, rule) => observeBroken(key, rule, deps.log),
  })
  const onAppended = (document: LogDocument) => {
    observeRules(document, deps.log)
    observeMeasures(document)
  }
  return failingForGood({
    commit: createCommit({
      log,
      directory,
      rules,
      messages,
      events,
      distribution: deps.distribution,
      days: new DayStore(deps.db),
      onAppended,
      now: deps.now,
    }),
    load: createLoad({ log, directory, rules }),
    recall: createRecall({ log }),
    publishEntries: createPublish(events),
  })
}
