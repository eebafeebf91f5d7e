import { parseArgs } from 'node:util'
import { stackDir } from './paths.ts'
import { screen } from './stack/screen.ts'
import { type Stack, startStack } from './stack/stack.ts'

const USAGE = `usage: npm start [-- --dir D]

Runs all of Onus on this machine and stays until Ctrl-C or SIGTERM.

  --dir D   state directory (default: ONUS_DIR, else .onus); several stacks need one each

TEMPORAL_ADDRESS, KAFKA_BROKERS, MONGODB_URI and SMTP_URL replace what would be started here.`

const began = Date.now()
const progress = (line: string) => {
  console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { dir: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help) return console.log(USAGE)
  const dir = stackDir(values.dir)
  let stack: Stack | null = null
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    progress('stopping')
    // Nothing has been promised before everything is ready: the guardian ends what was started so far.
    if (stack === null) process.exit(130)
    try {
      await stack.stop()
      progress('stopped; everything is kept for the next start')
      process.exit(0)
    } catch (error) {
      report(error)
    }
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
  // The bootstrap that started this process tells by this channel that it was killed.
  if (process.connected) process.on('disconnect', stop)

  stack = await startStack({ dir, ports: 'preferred', progress })
  console.log(screen(stack.local, dir, (Date.now() - began) / 1000))
}

function report(error: unknown): never {
  const causes = error instanceof AggregateError ? error.errors : [error]
  for (const cause of causes) console.error(cause instanceof Error ? cause.message : String(cause))
  process.exit(1)
}

await main().catch(report)
