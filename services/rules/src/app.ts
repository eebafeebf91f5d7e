import { type Clock, systemClock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { RulesServiceService } from '@onus/proto/onus/v1/rules'
import type { Db } from 'mongodb'
import { ruleHandlers } from './grpc/handlers.ts'
import { RuleStore } from './store/rules.ts'

export interface RulesDeps {
  db: Db
  directory: DirectoryReader
  clock?: Clock
}

export interface RulesApp {
  handlers: Handlers<RulesServiceService>
}

/** The rules service without its transports. */
export function createApp({ db, directory, clock = systemClock }: RulesDeps): RulesApp {
  return { handlers: ruleHandlers({ store: new RuleStore(db), directory, clock }) }
}
