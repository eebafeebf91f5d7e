import { proxyActivities, startChild } from '@temporalio/workflow'

const { now } = proxyActivities<{ now(): Promise<number> }>({ startToCloseTimeout: '10 seconds' })

/** The reference of the notices' benchmark: a child that does one thing. */
export const bareChild = async (): Promise<number> => now()

/** Milliseconds from the task that starts a child until the child's one activity runs. */
export async function bareParent(): Promise<number> {
  const began = Date.now()
  const child = await startChild(bareChild)
  return (await child.result()) - began
}
