import type { WorkerOptions } from '@temporalio/worker'
import { ConfigError } from '../config.ts'

/** What says which version of the workers' code a process runs. */
export interface VersioningSettings {
  TEMPORAL_DEPLOYMENT_NAME?: string | undefined
  TEMPORAL_BUILD_ID?: string | undefined
  TEMPORAL_VERSIONING_BEHAVIOR?: 'PINNED' | 'AUTO_UPGRADE' | undefined
}

/**
 * For `Worker.create`: makes the worker one version of a worker deployment. Pinned workflows stay with the
 * version that began them; those that upgrade go to the current version with their next task. Without a name
 * and a build the worker takes whatever there is.
 */
export function workerVersioning(config: VersioningSettings): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_BUILD_ID: buildId } = config
  if (!deploymentName && !buildId) return {}
  if (!deploymentName || !buildId)
    throw new ConfigError(['TEMPORAL_DEPLOYMENT_NAME, TEMPORAL_BUILD_ID: set both or none'])
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: config.TEMPORAL_VERSIONING_BEHAVIOR ?? 'PINNED',
    },
  }
}
