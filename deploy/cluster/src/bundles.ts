import { cacheDir, workflowBundle } from '@onus/kit/bundle'
import { WORKFLOWS as notices } from '@onus/notification/temporal/worker'
import { WEBHOOK_WORKFLOWS as webhooks } from '@onus/notification/webhooks/worker'
import { intakeWorkflowsPath } from '@onus/ticket/intake/worker'
import { WORKFLOWS as tickets } from '@onus/ticket/worker/workers'

/**
 * Builds the code of all workflows into ONUS_CACHE_DIR. Workers start without building then, and in the image
 * they must: its files cannot be written.
 */
for (const entry of [tickets, intakeWorkflowsPath(), notices, webhooks]) {
  const { code } = await workflowBundle(entry, cacheDir())
  console.log(`${entry}: ${Math.round(code.length / 1024)} KiB`)
}
