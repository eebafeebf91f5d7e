import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'

interface Activities {
  look(): Promise<void>
}

const { look } = proxyActivities<Activities>({ startToCloseTimeout: '10s' })
const { look: lookLocally } = proxyLocalActivities<Activities>({ startToCloseTimeout: '10s' })

/** For the test of traces through Temporal. */
export async function traced(): Promise<void> {
  await look()
  await lookLocally()
}
