import type { Logger } from '@onus/kit/logging'
import type { Health } from '@onus/kit/service'
import type { Worker } from '@temporalio/worker'

/**
 * Runs workers until the given function is called; that lets them finish what they have. A worker that ends
 * by itself makes the process unhealthy, so that it is started again.
 */
export function runWorkers(workers: Worker[], { log, health }: { log: Logger; health: Health }) {
  const failed: string[] = []
  const running = workers.map(async (worker) => {
    try {
      await worker.run()
    } catch (error) {
      log.error({ err: error, taskQueue: worker.options.taskQueue }, 'a worker has failed')
      failed.push(worker.options.taskQueue)
    }
  })
  health.watch('workers', () => (failed.length === 0 ? null : `failed: ${failed.join(', ')}`))
  return async () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
    await Promise.all(running)
  }
}
