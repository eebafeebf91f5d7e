import { setTimeout as sleep } from 'node:timers/promises'
import { list, parseConfig, processConfig, temporalConfig } from '@onus/kit/config'
import { createLogger } from '@onus/kit/logging'
import { connectTemporal } from '@onus/kit/temporal'
import { z } from 'zod'

/**
 * Makes a version of the workers the current one: what begins from now on begins there, and what is not pinned
 * goes there. Waits until the version's workers are known. May run any number of times.
 */
const config = parseConfig({
  ...processConfig,
  ...temporalConfig,
  /** The worker deployments of this installation. */
  DEPLOYMENTS: list(),
  BUILD_ID: z.string(),
})
const log = createLogger('promote', config.LOG_LEVEL)
const LIMIT_MS = 300_000

const temporal = await connectTemporal(config)
const until = Date.now() + LIMIT_MS
for (const deploymentName of config.DEPLOYMENTS) {
  for (;;) {
    try {
      await temporal.connection.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: config.TEMPORAL_NAMESPACE,
        deploymentName,
        buildId: config.BUILD_ID,
        identity: 'onus-promote',
      })
      log.info({ deploymentName, buildId: config.BUILD_ID }, 'this is the current version')
      break
    } catch (error) {
      // Its workers have not come by yet, or others are asking too.
      if (Date.now() > until) throw error
      log.info({ deploymentName, why: (error as Error).message }, 'not yet')
      await sleep(2000)
    }
  }
}
await temporal.close()
process.exit(0)
