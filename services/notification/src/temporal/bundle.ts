import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from '@onus/kit/logging'
import { workflowInterceptorModules } from '@onus/kit/temporal'
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker'

const SOURCES = ['workflows/notice/src', 'workflows/contract/src']
const ROOT = new URL('../../../../', import.meta.url)
const BUILT = new URL('../../dist/', import.meta.url)

/** Everything that the bundle is made of, as one name. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(new URL('package-lock.json', ROOT)))
  for (const source of SOURCES) {
    const directory = new URL(`${source}/`, ROOT)
    for (const file of (await readdir(directory)).filter((name) => name.endsWith('.ts')).sort())
      hash.update(file).update(await readFile(new URL(file, directory)))
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * The code of the workflows. It is bundled once for each state of its sources and kept in `dist/`, since
 * bundling takes seconds of every start.
 */
export async function workflowBundle(log?: Logger): Promise<WorkflowBundleWithSourceMap> {
  const target = new URL(`workflows-${await fingerprint()}.js`, BUILT)
  try {
    return { code: await readFile(target, 'utf8') } as WorkflowBundleWithSourceMap
  } catch {
    log?.info('bundling the workflows')
  }
  const bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows/notice/src/workflows.ts', ROOT)),
    workflowInterceptorModules: workflowInterceptorModules(),
  })
  await mkdir(BUILT, { recursive: true })
  const unfinished = new URL(`workflows-${process.pid}.tmp`, BUILT)
  await writeFile(unfinished, bundle.code)
  await rename(unfinished, target)
  return bundle
}
