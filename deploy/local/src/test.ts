import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDependencies } from './dependencies/index.ts'
import { installHelm, installKubeScore, installTestServer } from './install/components.ts'
import { installPrometheus, installPromtool } from './install/prometheus.ts'
import { runTool } from './install/run.ts'
import { ROOT } from './paths.ts'
import { takePort } from './ports.ts'
import { startGuardian } from './processes/guardian.ts'
import { Registry } from './processes/registry.ts'
import { localFile } from './stack/local.ts'
import { startStack } from './stack/stack.ts'
import { add, describe, runVitest, type SuiteResult } from './testing/vitest.ts'

const USAGE = `usage: npm test [-- --only unit,e2e] [-- --keep]

Runs every suite: those without a stack, those that need Temporal, Kafka and the store, and those that need
all of Onus. Ends with the line "N passed, N failed".

  --only A,B   only these suites
  --keep       keep the temporary directories (they are kept when something fails)`

/**
 * What a suite needs to run: nothing, helm, Temporal with Kafka and the store, a whole stack, or one that sends
 * its telemetry to a port where the tests listen.
 */
type Needs = 'nothing' | 'helm' | 'dependencies' | 'stack' | 'observed stack'

/** Suites are vitest projects, grouped by the surroundings that they share, in the order in which they run. */
const GROUPS: { needs: Needs; suites: string[] }[] = [
  { needs: 'nothing', suites: ['unit'] },
  { needs: 'helm', suites: ['charts'] },
  { needs: 'dependencies', suites: ['workflow', 'replay', 'integration'] },
  { needs: 'stack', suites: ['contract', 'e2e', 'browser'] },
  { needs: 'observed stack', suites: ['observe'] },
  // Kills what it runs on, so it gets a stack that nobody else uses.
  { needs: 'stack', suites: ['chaos'] },
]

const began = Date.now()
const progress = (line: string) => {
  console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s] ${line}`)
}

/** What is to be undone when the run ends or is broken off. */
let undo: (() => Promise<void>) | null = null

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    console.log(USAGE)
    return true
  }
  const only = values.only?.split(',')
  const folder = await mkdtemp(join(tmpdir(), 'onus-test-'))
  const reports = join(ROOT, 'test-output')
  rmSync(reports, { recursive: true, force: true })
  mkdirSync(reports, { recursive: true })

  const results: [string, SuiteResult][] = []
  for (const [index, group] of GROUPS.entries()) {
    const suites = group.suites.filter((suite) => only?.includes(suite) ?? true)
    if (suites.length === 0) continue
    const dir = join(folder, `${index}-${group.needs.replaceAll(' ', '-')}`)
    try {
      const env = await surroundings(group.needs, dir)
      for (const suite of suites) {
        const problem = suite === 'browser' ? await browserProblem() : null
        if (problem !== null) {
          progress(`suite ${suite}: not run, there is no chromium and none can be installed: ${problem}`)
          continue
        }
        progress(`suite ${suite}`)
        const result = await runVitest(suite, { ...process.env, ...env }, join(reports, `${suite}.json`))
        progress(`suite ${suite}: ${describe(result.counts)}`)
        results.push([suite, result])
      }
    } catch (error) {
      // What a suite stands on did not come up: none of its tests ran, and that is a failure.
      console.error(error instanceof Error ? error.message : error)
      for (const suite of suites) {
        if (!results.some(([name]) => name === suite))
          results.push([suite, { counts: { passed: 0, failed: 1, skipped: 0 }, remarks: [] }])
      }
    } finally {
      await tearDown()
    }
  }

  console.log('')
  for (const [suite, { remarks }] of results) for (const line of remarks) console.log(`${suite}: ${line}`)
  for (const [suite, { counts }] of results) console.log(`${suite.padEnd(12)} ${describe(counts)}`)
  const total = results.map(([, { counts }]) => counts).reduce(add, { passed: 0, failed: 0, skipped: 0 })
  if (total.failed > 0 || values.keep) console.log(`logs and data: ${folder}; reports: ${reports}`)
  else await rm(folder, { recursive: true, force: true })
  console.log(describe(total))
  return total.failed === 0 && total.passed > 0
}

/** Starts what a group stands on and answers the variables that tell its tests where it is. */
async function surroundings(needs: Needs, dir: string): Promise<NodeJS.ProcessEnv> {
  if (needs === 'nothing') return {}
  if (needs === 'helm') {
    const promtool = await installPromtool(progress)
    const helm = await installHelm(progress)
    const kubeScore = await installKubeScore(progress)
    return { HELM: helm, KUBE_SCORE: kubeScore, ...(promtool && { PROMTOOL: promtool }) }
  }
  if (needs === 'stack' || needs === 'observed stack') {
    progress('starting a stack')
    const port = needs === 'stack' ? undefined : await takePort()
    const stack = await startStack({ dir, progress, ...(port && { env: observed(port) }) })
    undo = () => stack.stop()
    const places = { ONUS_DIR: dir, ONUS_LOCAL_JSON: localFile(dir) }
    if (port === undefined) return places
    const prometheus = await installPrometheus(progress)
    return { ...places, ONUS_OTLP_PORT: String(port), ...(prometheus && { PROMETHEUS: prometheus }) }
  }
  progress('starting the dependencies')
  const registryFile = join(dir, 'run', 'processes.json')
  const registry = new Registry(registryFile)
  const dismissGuardian = startGuardian(registryFile)
  const [dependencies, testServer] = await Promise.all([
    startDependencies({ data: join(dir, 'data'), logs: join(dir, 'logs'), registry, progress }),
    installTestServer(progress),
  ])
  undo = async () => {
    await dependencies.stop()
    dismissGuardian()
  }
  const { addresses } = dependencies
  return {
    MONGODB_URI: addresses.mongodbUri,
    KAFKA_BROKERS: addresses.kafkaBrokers,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: addresses.temporalNamespace,
    TEMPORAL_TEST_SERVER: testServer,
  }
}

/** Everything is sent, soon: tests wait for it. And what Temporal keeps is encrypted. */
const observed = (port: number): NodeJS.ProcessEnv => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  OTEL_BSP_SCHEDULE_DELAY: '300',
  OTEL_BLRP_SCHEDULE_DELAY: '300',
  OTEL_METRIC_EXPORT_INTERVAL: '2000',
  LOG_LEVEL: 'debug',
  TEMPORAL_CODEC_KEYS: `test:${randomBytes(32).toString('base64')}`,
})

async function tearDown(): Promise<void> {
  const now = undo
  undo = null
  await now?.().catch((error: Error) => progress(`stopping: ${error.message}`))
}

/** Debian's browser, when none is there; or why there is none, for a machine where nothing may be installed. */
async function browserProblem(): Promise<string | null> {
  const found = await runTool('sh', ['-c', 'command -v chromium || command -v chromium-browser']).catch(
    () => '',
  )
  if (found !== '' || process.env.CHROMIUM) return null
  progress("installing Debian's chromium for the browser tests")
  try {
    await runTool('apt-get', ['update'])
    await runTool('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'])
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

let breakingOff = false
const breakOff = () => {
  if (breakingOff) return
  breakingOff = true
  void tearDown().then(() => process.exit(1))
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, breakOff)
if (process.connected) process.once('disconnect', breakOff)

const passed = await main()
process.exit(passed ? 0 : 1)
