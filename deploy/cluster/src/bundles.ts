import { createRequire } from 'node:module'
import { cacheDir, workflowBundle } from '@onus/kit/bundle'

/** Builds the code of all workflows into ONUS_CACHE_DIR, so that workers start without building. */
const { resolve } = createRequire(import.meta.url)
for (const entry of [
  '@onus/workflows-ticket/bundle',
  '@onus/workflows-intake/workflows',
  '@onus/workflows-notice/workflows',
]) {
  const { code } = await workflowBundle(resolve(entry), cacheDir())
  console.log(`${entry}: ${Math.round(code.length / 1024)} KiB`)
}
