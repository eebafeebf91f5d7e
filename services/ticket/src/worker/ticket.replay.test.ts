import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { HISTORIES, readHistory } from './testing/histories.ts'
import { LIVES } from './testing/lives.ts'
import { WORKFLOWS } from './workers.ts'

const versions = (await readdir(HISTORIES, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

let bundle: { code: string }
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  bundle = await workflowBundle(WORKFLOWS, join(tmpdir(), 'onus-test-bundles'))
})

describe.each(versions)('histories of %s', async (version) => {
  const directory = new URL(`${version}/`, HISTORIES)
  const files = (await readdir(directory)).filter((name) => name.endsWith('.json'))

  it('are there for every path of the lifecycle', () => {
    const recorded = new Set(files.map((name) => name.replace(/(\.\d+)?\.json$/, '')))
    // Later versions may know paths that earlier ones did not.
    if (version === versions.at(-1)) expect([...recorded].sort()).toEqual(Object.keys(LIVES).sort())
    expect(recorded.size).toBeGreaterThan(0)
  })

  it.each(files)('%s is replayed as it was', async (file) => {
    const history = readHistory(await readFile(new URL(file, directory), 'utf8'))
    await Worker.runReplayHistory(
      { workflowBundle: bundle, ...(await workerTracing('replay', { bundled: true })) },
      history,
      'ticket:acme:t1',
    )
  })
})
