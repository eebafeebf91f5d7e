import { createRequire } from 'node:module'
import { cacheDir, workflowBundle } from '@onus/kit/bundle'

/** The workflow code of every worker. */
export const ENTRIES = [
  '@onus/workflows-ticket/bundle',
  '@onus/workflows-intake/workflows',
  '@onus/workflows-notice/workflows',
  '@onus/workflows-notice/webhook-lane',
]

/**
 * Builds them into ONUS_CACHE_DIR. Workers start without building then, and in the image they must: its files
 * cannot be written.
 */
if (process.argv[1] === import.meta.filename) {
  const { resolve } = createRequire(import.meta.url)
  for (const entry of ENTRIES) {
    const { code } = await workflowBundle(resolve(entry), cacheDir())
    console.log(`${entry}: ${Math.round(code.length / 1024)} KiB`)
  }
}
