import { mkdir, rm, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { writeHistory } from './history.ts'
import { IntakeWorld, PATHS } from './paths.ts'

/**
 * Records the history of every path of the intake. Histories of released versions are never recorded again:
 * new ones go into a directory of their own.
 *
 *     node services/ticket/src/intake/testing/record-histories.ts <version>
 */
const { positionals } = parseArgs({ allowPositionals: true })
const [version] = positionals
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
  console.error('usage: record-histories.ts <version>, for example 0.1.0')
  process.exit(64)
}

const directory = new URL(`../../../../../workflows/intake/histories/${version}/`, import.meta.url)
await rm(directory, { recursive: true, force: true })
await mkdir(directory, { recursive: true })
const world = await IntakeWorld.start()
try {
  for (const [name, tries] of Object.entries(PATHS)) {
    const handle = await world.begin(tries)
    await handle.result()
    await writeFile(new URL(`${name}.json`, directory), writeHistory(await handle.fetchHistory()))
  }
} finally {
  await world.stop()
}
