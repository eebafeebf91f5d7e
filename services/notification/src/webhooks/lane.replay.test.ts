import { readdir, readFile } from 'node:fs/promises'
import { cacheDir, workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, it } from 'vitest'
import { readHistory } from '../testing/history.ts'
import { WEBHOOK_WORKFLOWS } from './worker.ts'

/** One directory for each version that was released. */
const HISTORIES = new URL('../../../../workflows/notice/webhooks/histories/', import.meta.url)

let bundle: { code: string }
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  bundle = await workflowBundle(WEBHOOK_WORKFLOWS, cacheDir())
})

const versions = await readdir(HISTORIES)
const files = await Promise.all(
  versions.map(async (version) => {
    const names = await readdir(new URL(`${version}/`, HISTORIES))
    return names.map((name) => `${version}/${name}`)
  }),
)

it('there is a history of every path', () => {
  const names = files.at(-1)?.map((file) => file.replace(/^.*\/|\.json$/g, ''))
  expect(names?.sort()).toEqual(['delivered', 'failed-once', 'retried', 'woken'])
})

it.each(files.flat())('%s is replayed as it was', async (file) => {
  const history = readHistory(await readFile(new URL(file, HISTORIES), 'utf8'))
  const options = { workflowBundle: bundle, ...(await workerTracing('replay', { bundled: true })) }
  await Worker.runReplayHistory(options, history)
})
