import type { DirectoryReader } from '@onus/kit/directory'
import type { EventPublisher } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import type { TicketActivities, TicketLocalActivities } from '@onus/workflows-ticket/activities'
import type { Db } from 'mongodb'
import { createTicketLog } from '../store/log.ts'
import { MessageStore } from '../store/messages.ts'
import { TicketStore } from '../store/tickets.ts'
import { createCommit } from './commit.ts'
import { failingForGood } from './failures.ts'
import { createLoad, createRecall } from './load.ts'
import { createPublish } from './publish.ts'
import { createEntryPublisher } from './publisher.ts'
import { createRulesEvaluator, type RulesApi } from './rules.ts'

export interface TicketActivityDeps {
  db: Db
  directory: Pick<DirectoryReader, 'snapshot'>
  rules: RulesApi
  publisher: Pick<EventPublisher, 'publish'>
  log: Pick<Logger, 'warn'>
  now?: () => Date
}

/** Everything that a ticket's workflow asks for. */
export function createTicketActivities(deps: TicketActivityDeps): TicketLocalActivities & TicketActivities {
  const log = createTicketLog(deps.db)
  const events = createEntryPublisher(deps.publisher, deps.log)
  const directory = (accountId: string) => deps.directory.snapshot(accountId)
  const rules = createRulesEvaluator(deps.rules, new MessageStore(deps.db), new TicketStore(deps.db))
  return failingForGood({
    commit: createCommit({ log, directory, rules, events, now: deps.now }),
    load: createLoad({ log, directory }),
    recall: createRecall({ log }),
    publishEntries: createPublish(events),
  })
}
