import { accessSync, constants } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { installStore } from '../install/components.ts'
import type { Progress } from '../install/once.ts'
import { LOOPBACK } from '../ports.ts'
import { probeMongo } from '../probes.ts'
import type { ProcessSpec } from '../processes/supervised.ts'

/** It makes its indexes anew from its file: 20,000 tickets take some half a minute, and machines are busy. */
const READY_MS = 300_000

/** Where a `mongod` lies on the PATH; null when there is none. */
export function findMongod(path = process.env.PATH ?? ''): string | null {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'mongod')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

export const storeUri = (port: number, host = LOOPBACK): string =>
  `mongodb://${host}:${port}/?directConnection=true`

/** A real `mongod` when the machine has one, else the stand-in. Both keep what they acknowledged. */
export async function storeProcess(options: {
  data: string
  logFile: string
  port: number
  /** Where it listens; default loopback. */
  host?: string
  progress: Progress
}): Promise<ProcessSpec> {
  const { port, logFile, host = LOOPBACK } = options
  const common = { name: 'mongodb', logFile, probe: () => probeMongo(storeUri(port, host)) }
  const mongod = findMongod()
  if (mongod) {
    const folder = join(options.data, 'mongod')
    await mkdir(folder, { recursive: true })
    const args = ['--dbpath', folder, '--bind_ip', host, '--port', String(port)]
    return { ...common, command: mongod, args }
  }
  const home = await installStore(options.progress)
  const folder = join(options.data, 'store')
  await mkdir(folder, { recursive: true })
  return {
    ...common,
    readyWithinMs: READY_MS,
    command: 'java',
    args: [
      ...['-Xms64m', '-Xmx2g', '-XX:+UseSerialGC', '-Xshare:auto'],
      // A connection's thread answers its questions itself. With two for each processor a long answer keeps those
      // who share its thread waiting, heartbeats too, and their drivers think that the store is gone.
      '-Dio.netty.eventLoopThreads=64',
      ...[
        '-cp',
        `${home}:${join(home, 'lib', '*')}`,
        'OnusStore',
        join(folder, 'onus.mv'),
        host,
        String(port),
      ],
    ],
  }
}
