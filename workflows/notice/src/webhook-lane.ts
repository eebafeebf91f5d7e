import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { WAKE_SIGNAL, type WebhookActivities, type WebhookLaneInput } from './webhook-lane-contract.ts'

/** There is something to deliver, or something about the webhook changed. */
const wake = defineSignal(WAKE_SIGNAL)

const { drain } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

/** Runs after which the history starts anew although the server does not ask for it. */
const MOST_RUNS = 500

/**
 * Everything that is sent to one webhook, by one hand: a receiver that is slow or away holds up only itself.
 * It sleeps until the next attempt is due, and ends when nothing waits; the next event starts it again.
 */
export async function webhookLane(input: WebhookLaneInput): Promise<void> {
  let woken = false
  setHandler(wake, () => {
    woken = true
  })
  for (let runs = 0; ; runs++) {
    if (runs >= MOST_RUNS || workflowInfo().continueAsNewSuggested) await continueAsNew(input)
    woken = false
    setCurrentDetails('Delivering')
    const { nextAt, waiting } = await drain.executeWithOptions({ summary: 'Deliver what is due' }, [input])
    if (woken) continue
    if (nextAt === null) {
      setCurrentDetails('Everything was delivered, or waits for the webhook to be active again')
      return
    }
    setCurrentDetails(`${waiting} waiting; next attempt at ${nextAt}`)
    await condition(() => woken, Math.max(1, Date.parse(nextAt) - Date.now()))
  }
}
