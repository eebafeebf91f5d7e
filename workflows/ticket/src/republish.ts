import type { RepublishInput } from '@onus/workflows-contract'
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow'

export interface RepublishActivities {
  /** Publishes events of the log again, in order; gives how many. */
  republish(input: RepublishInput): Promise<number>
}

const { republish: publishAgain } = proxyActivities<RepublishActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '60 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

/** Somebody lost events of a ticket: they are published again, under the ids that they had. */
export async function republish(input: RepublishInput): Promise<number> {
  setCurrentDetails(`Publishes the events of ticket ${input.ticketId} again, from ${input.fromSequence} on.`)
  return await publishAgain(input)
}
