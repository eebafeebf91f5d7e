import { systemClock } from '@onus/kit/clock'
import { Problem } from '@onus/kit/problems'
import { meter } from '@onus/kit/telemetry'
import type { IntakeActivities } from '@onus/workflows-intake'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { type TakeInDeps, takeIn } from './take-in.ts'

const HEARTBEAT_MS = 5000
const intakes = meter.createCounter('onus.mail.intakes', {
  description: 'Mails taken in, by what became of them',
})
/** For the one command of the intake; after it the whole activity is tried again. */
const COMMAND_MS = 30_000

export function createIntakeActivities(deps: TakeInDeps): IntakeActivities {
  return {
    async takeIn(input) {
      const activity = Context.current()
      const beat = setInterval(() => activity.heartbeat(), HEARTBEAT_MS)
      try {
        const deadline = new Date(systemClock().getTime() + COMMAND_MS)
        const result = await takeIn(deps, input, { deadline, signal: activity.cancellationSignal })
        intakes.add(1, { outcome: result.outcome })
        return result
      } catch (error) {
        deps.log.warn({ err: error, mailId: input.mailId, attempt: activity.info.attempt }, 'A mail waits')
        throw shown(error)
      } finally {
        clearInterval(beat)
      }
    },
  }
}

/**
 * What the Temporal UI shows of an error. Messages of databases and libraries can hold a contact's address, so
 * only their names get there; the whole error is in the log.
 */
function shown(error: unknown): ApplicationFailure {
  const type = error instanceof Problem ? error.reason : error instanceof Error ? error.name : 'Error'
  return ApplicationFailure.create({ message: `The mail waits: ${type}. It is tried again.`, type })
}
