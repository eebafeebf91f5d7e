import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installKafka } from '../install/components.ts'
import { exists, type Progress } from '../install/once.ts'
import { runTool } from '../install/run.ts'
import { LOOPBACK } from '../ports.ts'
import { probeKafka } from '../probes.ts'
import type { ProcessSpec } from '../processes/supervised.ts'

/** Any fixed id will do: a node that only ever talks to itself. */
const CLUSTER_ID = 'b251cy1sb2NhbC1rYWZrYQ'

/** One KRaft node, which is broker and controller, without topics that make themselves. */
export async function kafkaProcess(options: {
  data: string
  logFile: string
  port: number
  controllerPort: number
  /** Where it listens, and what it tells clients; default loopback. */
  host?: string
  progress: Progress
}): Promise<ProcessSpec> {
  const home = await installKafka(options.progress)
  const { host = LOOPBACK } = options
  const folder = join(options.data, 'kafka')
  await mkdir(folder, { recursive: true })
  const logs = join(folder, 'logs')
  const properties = join(folder, 'server.properties')
  await writeFile(properties, settings(logs, host, options.port, options.controllerPort))
  const java = [
    ...['-Xms192m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'],
    `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`,
    ...['-cp', join(home, 'lib', '*')],
  ]
  if (!(await exists(join(logs, 'meta.properties')))) {
    const format = ['format', '--cluster-id', CLUSTER_ID, '--config', properties, '--ignore-formatted']
    await runTool('java', [...java, 'kafka.tools.StorageTool', ...format])
  }
  return {
    name: 'kafka',
    command: 'java',
    args: [...java, 'kafka.Kafka', properties],
    logFile: options.logFile,
    probe: () => probeKafka(options.port, host),
  }
}

function settings(logs: string, host: string, port: number, controllerPort: number): string {
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logs,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // With one node there is nobody to hand leadership to, and a killed broker is let in again when its
    // session has ended.
    'controlled.shutdown.enable': false,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
  }
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
