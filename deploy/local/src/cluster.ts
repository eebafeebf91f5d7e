import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDependencies } from './dependencies/index.ts'
import { installHelm } from './install/components.ts'
import { runTool } from './install/run.ts'
import { ROOT } from './paths.ts'
import { startGuardian } from './processes/guardian.ts'
import { Registry } from './processes/registry.ts'
import { describe, runVitest } from './testing/vitest.ts'

const USAGE = `usage: npm run test:cluster -- [options]

Installs the chart into a new namespace of the cluster that KUBECONFIG leads to, tries what docs/deploy.md promises,
and removes it again. Without a cluster it says so and is done.

  --image I        the image to install, which the cluster has or can pull (default: onus:0.1.0)
  --next-image I   the image to upgrade to (default: the same, with other settings)
  --host A         an address of this machine that pods reach: Temporal, Kafka and the store are started there.
                   Default: the servers of TEMPORAL_ADDRESS, KAFKA_BROKERS and MONGODB_URI`

const { values } = parseArgs({
  options: {
    image: { type: 'string', default: 'onus:0.1.0' },
    'next-image': { type: 'string' },
    host: { type: 'string' },
    help: { type: 'boolean' },
  },
})

/** Why there is no cluster to try; null when there is one. */
async function noCluster(): Promise<string | null> {
  try {
    await runTool('kubectl', ['get', '--raw', '/readyz', '--request-timeout=5s'])
    return null
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n').pop() ?? '') : String(error)
  }
}

async function main(): Promise<boolean> {
  const why = await noCluster()
  if (why !== null) {
    console.log(`cluster tests: not run, kubectl reaches no cluster (set KUBECONFIG): ${why}`)
    return true
  }
  const folder = await mkdtemp(join(tmpdir(), 'onus-cluster-'))
  const registryFile = join(folder, 'run', 'processes.json')
  const progress = (line: string) => console.log(line)
  const dismissGuardian = startGuardian(registryFile)
  const dependencies = values.host
    ? await startDependencies({
        data: join(folder, 'data'),
        logs: join(folder, 'logs'),
        registry: new Registry(registryFile),
        progress,
        host: values.host,
        env: {},
      })
    : undefined
  const addresses = dependencies?.addresses
  const reports = join(ROOT, 'test-output')
  mkdirSync(reports, { recursive: true })
  try {
    const { counts, remarks } = await runVitest(
      'cluster',
      {
        ...process.env,
        HELM: await installHelm(progress),
        CLUSTER_IMAGE: values.image,
        CLUSTER_NEXT_IMAGE: values['next-image'] ?? values.image,
        ...(values.host && { CLUSTER_HOST: values.host }),
        ...(addresses && {
          TEMPORAL_ADDRESS: addresses.temporalAddress,
          KAFKA_BROKERS: addresses.kafkaBrokers,
          MONGODB_URI: addresses.mongodbUri,
        }),
      },
      join(reports, 'cluster.json'),
    )
    for (const line of remarks) console.log(line)
    console.log(describe(counts))
    return counts.failed === 0 && counts.passed > 0
  } finally {
    await dependencies?.stop()
    dismissGuardian()
    await rm(folder, { recursive: true, force: true })
  }
}

if (values.help) console.log(USAGE)
else process.exit((await main()) ? 0 : 1)
