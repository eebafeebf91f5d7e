import { readdir, readFile } from 'node:fs/promises'
import { cacheDir, workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { readHistory } from './testing/history.ts'
import { PATHS } from './testing/paths.ts'
import { intakeWorkflowsPath } from './worker.ts'

/** One directory for each version that was released. */
const HISTORIES = new URL('../../../../workflows/intake/histories/', import.meta.url)
const versions = (await readdir(HISTORIES)).sort()

let bundle: { code: string }
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  bundle = await workflowBundle(intakeWorkflowsPath(), cacheDir())
})

describe.each(versions)('histories of intakes of %s', async (version) => {
  const directory = new URL(`${version}/`, HISTORIES)
  const files = await readdir(directory)

  it('are there for every path', () => {
    // Later versions may know paths that earlier ones did not.
    if (version === versions.at(-1))
      expect(files.map((name) => name.replace(/\.json$/, '')).sort()).toEqual(Object.keys(PATHS).sort())
    expect(files.length).toBeGreaterThan(0)
  })

  it.each(files)('%s is replayed as it was', async (file) => {
    const history = readHistory(await readFile(new URL(file, directory), 'utf8'))
    const options = { workflowBundle: bundle, ...(await workerTracing('replay', { bundled: true })) }
    await Worker.runReplayHistory(options, history)
  })
})
