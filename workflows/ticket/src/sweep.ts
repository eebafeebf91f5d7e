import type { SweepInput } from '@onus/workflows-contract'
import { continueAsNew, proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow'
import { COMMIT_TIMEOUT_MS, type OperationActivities } from './activities.ts'

/** The second pass finds what was done by facts of before the change while the first one went by. */
const PASSES = 2
/** No command is decided by facts as old as this: then the second pass begins. */
const SETTLED_MS = COMMIT_TIMEOUT_MS + 5_000
/** Pages that one run takes; thousands of tickets take several. */
const PAGES_OF_A_RUN = 50

const { sweepPage } = proxyActivities<OperationActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '60 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

/** Lets every ticket that a change of the directory touches put right what became wrong. */
export async function sweep(input: SweepInput): Promise<number> {
  let { pass, after, tickets } = { pass: 1, tickets: 0, ...input.carried } as NonNullable<
    SweepInput['carried']
  >
  for (let page = 0; pass <= PASSES; page += 1) {
    setCurrentDetails(`Pass ${pass} of ${PASSES}, ${tickets} tickets looked at.`)
    if (page === PAGES_OF_A_RUN)
      return await continueAsNew<typeof sweep>({ ...input, carried: { pass, after, tickets } })
    const done = await sweepPage({ ...input, pass, after })
    tickets += done.tickets
    after = done.after
    if (after !== undefined) continue
    if (pass < PASSES) await sleep(SETTLED_MS, { summary: 'Until every command has heard of the change' })
    pass += 1
  }
  return tickets
}
