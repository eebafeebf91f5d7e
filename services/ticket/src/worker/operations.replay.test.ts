import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowBundle } from '@onus/kit/bundle'
import { workerTracing } from '@onus/kit/temporal'
import type proto from '@temporalio/proto'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_HISTORIES, readHistory } from './testing/histories.ts'
import { OPERATION_LIVES } from './testing/operation-lives.ts'
import { WORKFLOWS } from './workers.ts'

type History = proto.temporal.api.history.v1.IHistory

/** One directory for each version; a later one has what it changed. */
const versions = (await readdir(OPERATION_HISTORIES)).sort()
const files = (
  await Promise.all(
    versions.map(async (version) => {
      const names = await readdir(new URL(`${version}/`, OPERATION_HISTORIES))
      return names.map((name) => `${version}/${name}`)
    }),
  )
).flat()

const historyOf = async (file: string): Promise<History> =>
  readHistory(await readFile(new URL(file, OPERATION_HISTORIES), 'utf8'))

/** Names of the patches that a history has taken. */
const patchesOf = ({ events }: History): string[] =>
  (events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) =>
    marker?.markerName === 'core_patch' ? [JSON.stringify(marker.details)] : [],
  )

let bundle: { code: string }
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  bundle = await workflowBundle(WORKFLOWS, join(tmpdir(), 'onus-test-bundles'))
})

describe('histories of operations over many tickets', () => {
  it('are there for every path', () => {
    const recorded = new Set(files.map((file) => file.replace(/^.*\/|(\.\d+)?\.json$/g, '')))
    expect([...recorded].sort()).toEqual(Object.keys(OPERATION_LIVES).sort())
  })

  it.each(files)('%s is replayed as it was', async (file) => {
    const options = { workflowBundle: bundle, ...(await workerTracing('replay', { bundled: true })) }
    await Worker.runReplayHistory(options, await historyOf(file))
  })
})

describe('the patch that makes drains searchable', () => {
  it('is in no history of before, and in every one since', async () => {
    const taken = async (version: string) => {
      const drains = files.filter((file) => file.startsWith(`${version}/drain-`))
      return await Promise.all(drains.map(async (file) => patchesOf(await historyOf(file)).length))
    }
    expect(new Set(await taken('v1'))).toEqual(new Set([0]))
    expect(new Set(await taken('v2'))).toEqual(new Set([1]))
  })

  it('was needed: the same change without it does not replay what ran before', async () => {
    const history = await historyOf('v2/drain-emptied.json')
    const events = (history.events ?? []).filter(
      ({ markerRecordedEventAttributes: marker }) => marker?.markerName !== 'core_patch',
    )
    // A history that has the attributes and no marker is one of code that changed without asking.
    const unguarded = { events: events.map((event, index) => ({ ...event, eventId: index + 1 })) } as never
    const options = { workflowBundle: bundle, ...(await workerTracing('replay', { bundled: true })) }
    await expect(Worker.runReplayHistory(options, unguarded)).rejects.toThrow(/[Nn]ondetermin/)
  })
})
