import { status } from '@grpc/grpc-js'
import { type Connection, isGrpcServiceError } from '@temporalio/client'
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

/**
 * Gives what begins, and what is not pinned, to workers without a version, where a version of this worker deployment
 * was the current one: without that nobody would take it, since Temporal remembers the version after its workers
 * have gone. Pinned workflows still wait for theirs.
 *
 * @returns the build that was current; undefined when there was none, or no such deployment
 */
export async function endWorkerVersions(
  connection: Connection,
  namespace: string,
  deploymentName: string,
): Promise<string | undefined> {
  const { workflowService } = connection
  const deployment = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch((error: unknown) => {
      if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return null
      throw error
    })
  const routing = deployment?.workerDeploymentInfo?.routingConfig
  const buildId = routing?.currentDeploymentVersion?.buildId
  if (!buildId) return undefined
  await workflowService.setWorkerDeploymentCurrentVersion({
    ...{ namespace, deploymentName, buildId: '' },
    ignoreMissingTaskQueues: true,
    identity: 'onus-setup',
  })
  return buildId
}
