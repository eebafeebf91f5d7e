import { mkdir, rm, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { HISTORIES, writeHistory } from './histories.ts'
import { LIVES } from './lives.ts'
import { World } from './world.ts'

/**
 * Records the history of every life, one file for each run of its workflow. Histories of released versions
 * are never recorded again: new ones go into a directory of their own.
 *
 *     node services/ticket/src/worker/testing/record-histories.ts <version>
 */
const { positionals } = parseArgs({ allowPositionals: true })
const [version] = positionals
if (version === undefined || !/^v\d+$/.test(version)) {
  console.error('usage: record-histories.ts <version>, for example v1')
  process.exit(64)
}

const directory = new URL(`${version}/`, HISTORIES)
await rm(directory, { recursive: true, force: true })
await mkdir(directory, { recursive: true })
const world = await World.start()
try {
  for (const [name, live] of Object.entries(LIVES)) {
    const ticket = await live(world)
    const runs = await ticket.histories()
    for (const [index, history] of runs.entries()) {
      const file = new URL(`${name}${runs.length > 1 ? `.${index + 1}` : ''}.json`, directory)
      await writeFile(file, writeHistory(history))
      console.log(file.pathname, history.events?.length)
    }
  }
} finally {
  await world.stop()
}
