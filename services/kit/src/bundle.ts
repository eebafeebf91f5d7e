import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { bundleWorkflowCode } from '@temporalio/worker'
import { workflowInterceptorModules } from './temporal.ts'

const require = createRequire(import.meta.url)

/** Where bundles are kept unless the environment says otherwise. */
export const cacheDir = (): string =>
  process.env.ONUS_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onus')

/** Packages whose code is inside a bundle besides our own. */
const BUNDLED_PACKAGES = ['@temporalio/workflow', '@temporalio/interceptors-opentelemetry-v2']

/**
 * The code of workflows as one prebuilt file. Building takes seconds, so a bundle is kept on disk under the
 * hash of everything that goes into it, and built again only when that changes.
 * @param entry module that exports the workflows
 * @param cacheDir where bundles are kept
 */
export async function workflowBundle(entry: string, cacheDir: string): Promise<{ code: string }> {
  const file = join(cacheDir, `workflows-${await contentHash(entry)}.js`)
  if (existsSync(file)) return { code: await readFile(file, 'utf8') }
  const built = await build(entry)
  await mkdir(cacheDir, { recursive: true })
  // Whole or not at all: another worker may be looking for it, or building it too.
  const part = `${file}.${randomUUID()}.part`
  await writeFile(part, built.code)
  await rename(part, file)
  return built
}

/**
 * Before the bundle's own code, while globals can still be changed. The SDK takes a stack trace of every
 * promise, for its stack trace query, and that is almost half of the time that workflows take (60 instead of
 * 110 ms for a replay of 48 events). A fault is found by replaying its
 * history with a bundle of its own.
 */
const PRELUDE = 'Error.stackTraceLimit=0;'

async function build(entry: string): Promise<{ code: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: entry,
    workflowInterceptorModules: workflowInterceptorModules(),
    logger: SILENT,
  })
  return { code: PRELUDE + code }
}

const nothing = () => {}
const SILENT = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }

async function contentHash(entry: string): Promise<string> {
  const hash = createHash('sha256')
  const contract = dirname(require.resolve('@onus/workflows-contract'))
  for (const root of [dirname(entry), contract])
    for (const file of await sources(root)) hash.update(relative(root, file)).update(await readFile(file))
  for (const name of BUNDLED_PACKAGES) hash.update(`${name}@${require(`${name}/package.json`).version}`)
  return hash.update(PRELUDE).update(entry).digest('hex').slice(0, 32)
}

async function sources(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
