import { describe, expect, it } from 'vitest'
import { workerVersioning } from './versioning.ts'

describe('the version of a worker', () => {
  it('is none unless it has a deployment and a build', () => {
    expect(workerVersioning({})).toEqual({})
  })

  it('pins workflows by default', () => {
    const options = workerVersioning({
      TEMPORAL_DEPLOYMENT_NAME: 'onus-ticket-worker',
      TEMPORAL_BUILD_ID: '1',
    })
    expect(options.workerDeploymentOptions).toEqual({
      version: { deploymentName: 'onus-ticket-worker', buildId: '1' },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    })
  })

  it('refuses half of a version', () => {
    expect(() => workerVersioning({ TEMPORAL_BUILD_ID: '1' })).toThrow('set both or none')
  })
})
