import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { birthOf } from '../processes/registry.ts'

/** Holds a state directory for one supervisor. Answers the release. */
export function holdDirectory(file: string): () => void {
  const holder = readHolder(file)
  if (holder && holder.pid !== process.pid && birthOf(holder.pid) === holder.birth) {
    throw new Error(
      `Onus already runs on this directory (process ${holder.pid}); stop it, or name another with --dir`,
    )
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) }), { mode: 0o600 })
  return () => rmSync(file, { force: true })
}

function readHolder(file: string): { pid: number; birth: string } | null {
  if (!existsSync(file)) return null
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
