import { spawn } from 'node:child_process'
import { endRecorded, readRegistry } from './registry.ts'

/**
 * Starts a process that does nothing until this one dies, and then ends what the registry names. The children
 * are not Node programs only, and a killed parent cannot tell them anything itself.
 */
export function startGuardian(registryFile: string): void {
  const child = spawn(process.execPath, [import.meta.filename, registryFile], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  // The pipe closes when this process ends, however it ends.
  child.stdin?.on('error', () => {})
  ;(child.stdin as unknown as { unref?: () => void }).unref?.()
}

if (process.argv[1] === import.meta.filename) {
  const registryFile = process.argv[2] ?? ''
  process.stdin.resume()
  process.stdin.once('close', () => {
    void endRecorded(readRegistry(registryFile)).then(() => process.exit(0))
  })
}
