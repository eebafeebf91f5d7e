import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../paths.ts'
import { type Progress, withLock } from './once.ts'
import { runTool } from './run.ts'

const CONSOLE = join(ROOT, 'services/console')
const DIST = join(CONSOLE, 'dist')
/** Says what a build was made of. */
const STAMP = join(DIST, '.sources')

/** What the built console depends on. */
const SOURCES = [
  'services/console/{index.html,vite.config.ts,package.json}',
  'services/console/{src,public}/**/*',
  'workflows/contract/src/*.ts',
  'package-lock.json',
]
const NOT_BUILT = /\.test\.tsx?$/

/**
 * Builds the console unless what is there was built of the same sources. It is built beside its place and
 * renamed, so that a gateway that runs never serves half of it.
 */
export async function buildConsole(progress: Progress): Promise<void> {
  if (await isCurrent()) return
  await withLock(join(CONSOLE, '.build.lock'), 'the build of the console', progress, async () => {
    const sources = await hashOfSources()
    if (await isCurrent(sources)) return
    const began = Date.now()
    const half = `.build-${process.pid}`
    try {
      const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
      const env = { ...process.env, CONSOLE_OUT: half, NODE_ENV: 'production' }
      await runTool(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: CONSOLE, env })
      await writeFile(join(CONSOLE, half, '.sources'), sources)
      await rm(DIST, { recursive: true, force: true })
      await rename(join(CONSOLE, half), DIST)
    } finally {
      await rm(join(CONSOLE, half), { recursive: true, force: true })
    }
    progress(`built the console in ${((Date.now() - began) / 1000).toFixed(1)} s`)
  })
}

async function isCurrent(sources?: string): Promise<boolean> {
  const built = await readFile(STAMP, 'utf8').catch(() => null)
  return built !== null && built === (sources ?? (await hashOfSources()))
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256')
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort()
  for (const file of files) {
    if (NOT_BUILT.test(file) || !(await stat(join(ROOT, file))).isFile()) continue
    hash.update(`${file}\0`).update(await readFile(join(ROOT, file)))
  }
  return hash.digest('hex')
}
