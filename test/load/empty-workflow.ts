import { condition, defineUpdate, setHandler } from '@temporalio/workflow'

/** The reference of the benchmarks: a workflow whose update does nothing. */
export async function empty(): Promise<void> {
  setHandler(defineUpdate('nothing'), () => {})
  await condition(() => false)
}
