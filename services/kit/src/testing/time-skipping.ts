import { TestWorkflowEnvironment } from '@temporalio/testing'

/** The SDK gives the server five seconds, which on a busy machine are too few. */
const STARTS = 12

/** Starts the time-skipping server whose path `TEMPORAL_TEST_SERVER` names; `npm test` sets it. */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = process.env.TEMPORAL_TEST_SERVER
  if (!path) throw new Error('TEMPORAL_TEST_SERVER names no time-skipping server; run through `npm test`')
  for (let start = 1; ; start++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      })
    } catch (error) {
      if (start === STARTS) throw error
    }
  }
}
