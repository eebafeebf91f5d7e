import { type DrainInput, type DrainSignalArgs, type DrainWake, WAKE_DRAIN } from '@onus/workflows-contract'
import { defineSearchAttributeKey } from '@temporalio/common'
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { DrainActivities } from './activities.ts'

/** Pages that one run takes. */
const PAGES_OF_A_RUN = 200

const ACCOUNT = defineSearchAttributeKey('OnusAccount', 'KEYWORD')
const DEPARTMENT = defineSearchAttributeKey('OnusDepartment', 'KEYWORD')

const wake = defineSignal<DrainSignalArgs>(WAKE_DRAIN)

/** What a run hands on to the next one. */
export interface DrainRunInput extends DrainInput {
  carried?: { because: DrainWake['because'][] }
}

/**
 * Gives a department's backlog to those who can take it, as long as there is one. It is woken when that may
 * have changed, and looks by itself when hours begin.
 */
export async function drain({ accountId, departmentId, carried }: DrainRunInput): Promise<void> {
  const because = new Set(carried?.because)
  setHandler(wake, (signal) => {
    because.add(signal.because)
  })
  // Runs that began before this code go on without; see docs/change-a-workflow.md.
  if (patched('drain-is-found-by-department'))
    upsertSearchAttributes([
      { key: ACCOUNT, value: accountId },
      { key: DEPARTMENT, value: departmentId },
    ])
  const { drainPage } = proxyActivities<DrainActivities>({
    taskQueue: `${workflowInfo().taskQueue}-drains`,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '60 seconds',
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  })
  let given = 0
  for (let page = 0; ; page += 1) {
    if (page === PAGES_OF_A_RUN) {
      await condition(allHandlersFinished)
      await continueAsNew<typeof drain>({ accountId, departmentId, carried: { because: [...because] } })
    }
    const reasons = [...because]
    because.clear()
    const done = await drainPage({ accountId, departmentId, because: reasons })
    given += done.given
    if (done.more || because.size > 0) continue
    if (!done.waiting) return
    setCurrentDetails(
      `Gave ${given} tickets to somebody. The others wait for somebody who can get them; looks again ${done.lookAgainAt} at the latest.`,
    )
    const ms = done.lookAgainAt === undefined ? 0 : Math.max(0, Date.parse(done.lookAgainAt) - Date.now())
    await condition(() => because.size > 0, Math.max(ms, 1_000), {
      summary: 'Until somebody can get a ticket',
    })
  }
}
