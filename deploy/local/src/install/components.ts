import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { copyMavenJars } from './maven.ts'
import { type Component, installOnce, type Progress } from './once.ts'
import { runTool } from './run.ts'

const TEMPORAL_VERSION = '1.5.1'
const HELM_VERSION = '3.19.5'
const KUBE_SCORE_VERSION = '1.20.0'
const KAFKA_VERSION = '4.2.0'
/** The version of log4j that this Kafka brings; without the binding it logs nothing at all. */
const LOGGING_VERSION = '2.25.3'
const STORE_VERSION = '1.47.0'
const TEST_SERVER_VERSION = '1.32.0'

const LAUNCHER = resolve(import.meta.dirname, '../../java')

/** The Temporal command, which carries the development server and its UI. */
const temporal: Component = {
  name: 'temporal',
  version: TEMPORAL_VERSION,
  proof: 'temporal',
  takes: 'built by Go, 4 to 7 min',
  async build(folder) {
    await runTool('go', ['install', `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_VERSION}`], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder },
    })
  },
}

const kafka: Component = {
  name: 'kafka',
  version: KAFKA_VERSION,
  proof: `lib/log4j-slf4j-impl-${LOGGING_VERSION}.jar`,
  takes: 'downloaded by Maven, 10 to 30 s',
  async build(folder, progress) {
    const server = `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`
    const logging = `org.apache.logging.log4j:log4j-slf4j-impl:${LOGGING_VERSION}`
    await copyMavenJars([server, logging], folder, progress)
    await writeFile(
      join(folder, 'log4j2.properties'),
      [
        'appender.console.type = Console',
        'appender.console.name = console',
        'appender.console.layout.type = PatternLayout',
        'appender.console.layout.pattern = %d{ISO8601} %p %m (%c{1})%n',
        'rootLogger.level = warn',
        'rootLogger.appenderRef.console.ref = console',
        '',
      ].join('\n'),
    )
  },
}

/** The stand-in for MongoDB. The launcher's hash is in the version: a changed launcher is compiled again. */
function store(): Component {
  const files = readdirSync(LAUNCHER)
    .filter((file) => file.endsWith('.java'))
    .sort()
  const launcher = createHash('sha256')
  for (const file of files) launcher.update(readFileSync(join(LAUNCHER, file)))
  return {
    name: 'mongo-java-server',
    version: `${STORE_VERSION}-${launcher.digest('hex').slice(0, 8)}`,
    proof: 'OnusStore.class',
    takes: 'downloaded by Maven, 10 to 20 s',
    async build(folder, progress) {
      await copyMavenJars([`de.bwaldvogel:mongo-java-server-h2-backend:${STORE_VERSION}`], folder, progress)
      const sources = files.map((file) => join(LAUNCHER, file))
      await runTool('javac', ['-cp', join(folder, 'lib', '*'), '-d', folder, ...sources])
    },
  }
}

/** The Temporal test server that skips time, with a start script that looks like a native executable. */
const testServer: Component = {
  name: 'temporal-test-server',
  version: TEST_SERVER_VERSION,
  proof: 'temporal-test-server',
  takes: 'downloaded by Maven, 10 to 20 s',
  async build(folder, progress) {
    await copyMavenJars([`io.temporal:temporal-test-server:${TEST_SERVER_VERSION}`], folder, progress)
    const script = join(folder, 'temporal-test-server')
    const java = 'exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m'
    await writeFile(
      script,
      `#!/bin/sh\n${java} -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"\n`,
    )
    await chmod(script, 0o755)
  },
}

/** Renders and checks the chart. */
const helm: Component = {
  name: 'helm',
  version: HELM_VERSION,
  proof: 'helm',
  takes: 'built by Go, 2 to 4 min',
  async build(folder) {
    await runTool('go', ['install', `helm.sh/helm/v3/cmd/helm@v${HELM_VERSION}`], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder },
    })
  },
}

/** Looks for what a chart should not do. */
const kubeScore: Component = {
  name: 'kube-score',
  version: KUBE_SCORE_VERSION,
  proof: 'kube-score',
  takes: 'built by Go, 1 to 2 min',
  async build(folder) {
    await runTool('go', ['install', `github.com/zegl/kube-score/cmd/kube-score@v${KUBE_SCORE_VERSION}`], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder },
    })
  },
}

/** Path of the `kube-score` executable. */
export const installKubeScore = async (progress: Progress): Promise<string> =>
  join(await installOnce(kubeScore, progress), 'kube-score')

/** Path of the `helm` executable. */
export const installHelm = async (progress: Progress): Promise<string> =>
  join(await installOnce(helm, progress), 'helm')

/** Path of the `temporal` executable. */
export const installTemporal = async (progress: Progress): Promise<string> =>
  join(await installOnce(temporal, progress), 'temporal')

/** Folder with `lib/` and `log4j2.properties`. */
export const installKafka = (progress: Progress): Promise<string> => installOnce(kafka, progress)

/** Folder with `lib/` and the launcher's class. */
export const installStore = (progress: Progress): Promise<string> => installOnce(store(), progress)

/** Path of the time-skipping test server's executable. */
export const installTestServer = async (progress: Progress): Promise<string> =>
  join(await installOnce(testServer, progress), 'temporal-test-server')
