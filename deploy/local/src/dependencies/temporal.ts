import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
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

/** So many complaints between two looks are no passing ones. */
const COMPLAINTS = 10
const TAIL_BYTES = 256 * 1024

/**
 * The development server keeps all its data behind one connection to SQLite. When a caller leaves in the middle of
 * a statement on a busy machine, that connection stays interrupted for good, and every call fails until the server
 * is started again; its data is whole. Its log tells.
 */
export function stuckDatabase(logFile: string): () => string | null {
  let seen = 0
  return () => {
    const handle = openSync(logFile, 'r')
    try {
      const { size } = fstatSync(handle)
      // A file that is shorter than it was has begun anew.
      const from = Math.max(size < seen ? 0 : seen, size - TAIL_BYTES)
      const added = Buffer.alloc(size - from)
      readSync(handle, added, 0, added.length, from)
      seen = size
      const complaints = added.toString('latin1').split('interrupted (9)').length - 1
      return complaints >= COMPLAINTS ? 'its connection to the database stays interrupted' : null
    } finally {
      closeSync(handle)
    }
  }
}

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
    stuck: stuckDatabase(options.logFile),
    probe: async () => {
      const list = await runTool(command, ['operator', 'search-attribute', 'list', '--address', address])
      const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !list.includes(name))
      if (missing.length > 0) throw new Error(`search attributes are missing: ${missing.join(', ')}`)
    },
  }
}
