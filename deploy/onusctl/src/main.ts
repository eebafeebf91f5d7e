#!/usr/bin/env node
import { run } from './program.ts'

// A library of Kafka's protocol sets a timer in the past; what people look for here is something else.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.error(warning)
})

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  tty: process.stdout.isTTY === true,
  ask: process.stdin.isTTY === true ? askOnTerminal : undefined,
})
// Connections that are kept for reuse would keep the process.
process.exit()

async function askOnTerminal(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}
