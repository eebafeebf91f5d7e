import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import { installTemporal } from '../install/components.ts'
import type { Progress } from '../install/once.ts'
import { runTool } from '../install/run.ts'
import { LOOPBACK } from '../ports.ts'
import type { ProcessSpec } from '../processes/supervised.ts'

/** Temporal's names of the types, as its command line wants them. */
const TYPES = { KEYWORD: 'Keyword', DATETIME: 'Datetime', INT: 'Int', KEYWORD_LIST: 'KeywordList' } as const

/** Temporal's development server on a file that survives a killed process. */
export async function temporalProcess(options: {
  data: string
  logFile: string
  port: number
  uiPort: number
  /** Where it listens; default loopback. */
  host?: string
  progress: Progress
}): Promise<ProcessSpec> {
  const command = await installTemporal(options.progress)
  const file = join(options.data, 'temporal', 'temporal.db')
  await mkdir(dirname(file), { recursive: true })
  const { host = LOOPBACK } = options
  const address = `${host}:${options.port}`
  // The server's own parts call each other on loopback; they listen where it does.
  const ip = host === LOOPBACK ? host : '0.0.0.0'
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${TYPES[type]}`,
  ])
  return {
    name: 'temporal',
    command,
    args: [
      ...['server', 'start-dev', '--db-filename', file, '--ip', ip, '--port', String(options.port)],
      ...['--ui-port', String(options.uiPort), '--log-level', 'warn'],
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
      ...attributes,
    ],
    logFile: options.logFile,
    probe: async () => {
      const list = await runTool(command, ['operator', 'search-attribute', 'list', '--address', address])
      const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !list.includes(name))
      if (missing.length > 0) throw new Error(`search attributes are missing: ${missing.join(', ')}`)
    },
  }
}
