import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { endRecorded, readRegistry } from './registry.ts'

/** What tells the guardian that all was stopped in order, and that it may go without doing anything. */
const DISMISSAL = 'dismissed'

/**
 * Starts a process that does nothing until this one dies, and then ends what the registry names and removes
 * the other files. The children are not Node programs only, and a killed parent cannot tell them anything.
 * Answers how to dismiss it.
 */
export function startGuardian(registryFile: string, ...files: string[]): () => void {
  const child = spawn(process.execPath, [import.meta.filename, registryFile, ...files], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  // The pipe closes when this process ends, however it ends.
  ;(child.stdin as unknown as { unref?: () => void }).unref?.()
  return () => child.stdin.end(DISMISSAL)
}

async function guard(registryFile: string, files: string[]): Promise<void> {
  let told = ''
  for await (const chunk of process.stdin) told += chunk
  if (told === DISMISSAL) return
  for (const file of files) rmSync(file, { force: true })
  await endRecorded(readRegistry(registryFile))
}

if (process.argv[1] === import.meta.filename) {
  const [registryFile = '', ...files] = process.argv.slice(2)
  await guard(registryFile, files)
}
