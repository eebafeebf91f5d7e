import { mkdir, rm, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { OPERATION_HISTORIES, writeHistory } from './histories.ts'
import { OPERATION_LIVES } from './operation-lives.ts'
import { OperationsWorld } from './operations-world.ts'

/**
 * Records the history of every life of the operations, one file for each run. Histories of released versions
 * are never recorded again: new ones go into a directory of their own.
 *
 *     node services/ticket/src/worker/testing/record-operations.ts <version> [<life>...]
 */
const { positionals } = parseArgs({ allowPositionals: true })
const [version, ...only] = positionals
if (version === undefined || !/^v\d+$/.test(version)) {
  console.error('usage: record-operations.ts <version> [<life>...], for example v1')
  process.exit(64)
}

const directory = new URL(`${version}/`, OPERATION_HISTORIES)
if (only.length === 0) await rm(directory, { recursive: true, force: true })
await mkdir(directory, { recursive: true })
const world = await OperationsWorld.start()
try {
  for (const [name, live] of Object.entries(OPERATION_LIVES)) {
    if (only.length > 0 && !only.includes(name)) continue
    const handle = await live(world)
    await world.ended(handle)
    const first = (handle as typeof handle & { firstExecutionRunId: string }).firstExecutionRunId
    const runs = await world.histories(handle, first)
    for (const [index, history] of runs.entries()) {
      const file = new URL(`${name}${runs.length > 1 ? `.${index + 1}` : ''}.json`, directory)
      await writeFile(file, writeHistory(history))
      console.log(file.pathname, history.events?.length)
    }
  }
} finally {
  await world.stop()
}
process.exit(0)
