import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import {
  detectResources,
  envDetector,
  hostDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

const naming = Promise.withResolvers<string>()

/** Says what this process is called; what was measured before is sent under that name, too. */
export const nameProcess = (service: string): void => naming.resolve(service)

/**
 * Who sends telemetry: service, version, instance and host. `OTEL_SERVICE_NAME` and
 * `OTEL_RESOURCE_ATTRIBUTES` win. The command line is left out on purpose.
 */
export const identity: Resource = resourceFromAttributes({
  [ATTR_SERVICE_NAME]: naming.promise,
  [ATTR_SERVICE_VERSION]: version,
  'service.namespace': 'onus',
  'service.instance.id': randomUUID(),
}).merge(detectResources({ detectors: [hostDetector, envDetector] }))
