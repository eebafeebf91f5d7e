import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { baseConfig, parseConfig } from '../config.ts'
import { runService } from '../service.ts'

/** A process for the tests of `runService`; the environment says how it behaves. */
await runService('stopping', async ({ log, health, onStop, reach, stopping }) => {
  parseConfig(baseConfig)
  const say = (what: string) => log.info({ what }, 'step')
  stopping.addEventListener('abort', () => say('told'))
  onStop('store', () => say('store stopped'))
  const port = Number(process.env.TEST_NEEDS)
  if (port) await reach('neighbour', () => connected(port))
  onStop('broken', () => {
    say('broken stopped')
    if (process.env.TEST_MODE === 'broken') throw new Error('does not stop')
  })
  onStop('server', async () => {
    if (process.env.TEST_MODE === 'hang') await new Promise(() => {})
    await sleep(200)
    say('server stopped')
  })
  health.check('store', async () => {})
  if (process.env.TEST_MODE === 'fail') throw new Error('cannot start')
  if (process.env.TEST_MODE === 'crash') setTimeout(() => void crash(), 300)
  if (process.env.TEST_MODE === 'reject') void Promise.reject(new Error('nobody waits for this'))
})

function crash(): never {
  throw new Error('crashed')
}

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy())).once('error', reject)
  })
}
