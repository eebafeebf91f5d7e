import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDir } from '../paths.ts'

/** Tells a person what is happening, one line at a time. */
export type Progress = (line: string) => void

export interface Component {
  /** Name and version make the folder's name, `<name>-<version>`. */
  name: string
  version: string
  /** A file that a finished installation contains. */
  proof: string
  /** How long it usually takes, for the progress line. */
  takes: string
  /** Fills an empty folder. */
  build(folder: string, progress: Progress): Promise<void>
}

/**
 * Installs a component into the user's cache unless it is there, and answers its folder. It is built beside
 * its place and renamed, so that a half installation is never seen; a lock makes a second clone wait.
 */
export async function installOnce(component: Component, progress: Progress): Promise<string> {
  const cache = cacheDir()
  const name = `${component.name}-${component.version}`
  const folder = join(cache, name)
  if (await exists(join(folder, component.proof))) return folder
  await mkdir(cache, { recursive: true })
  return withLock(join(cache, `.${name}.lock`), `the installation of ${name}`, progress, async () => {
    if (await exists(join(folder, component.proof))) return folder
    const began = Date.now()
    progress(`installing ${name} (once; ${component.takes})`)
    await removeHalves(cache, name)
    const temporary = join(cache, `.${name}.${process.pid}`)
    await mkdir(temporary)
    const seconds = () => Math.round((Date.now() - began) / 1000)
    const still = setInterval(() => progress(`still installing ${name} (${seconds()} s)`), 30_000)
    try {
      await component.build(temporary, progress)
      await rm(folder, { recursive: true, force: true })
      await rename(temporary, folder)
    } finally {
      clearInterval(still)
      await rm(temporary, { recursive: true, force: true })
    }
    progress(`installed ${name} in ${seconds()} s`)
    return folder
  })
}

/** Removes what installations left that were broken off; the lock is held, so none of them runs. */
async function removeHalves(cache: string, name: string): Promise<void> {
  const halves = (await readdir(cache)).filter(
    (file) => file.startsWith(`.${name}.`) && !file.endsWith('.lock'),
  )
  await Promise.all(halves.map((file) => rm(join(cache, file), { recursive: true, force: true })))
}

/** Runs `work` while holding a lock file that names this process; a lock whose process is gone is taken over. */
export async function withLock<T>(
  file: string,
  what: string,
  progress: Progress,
  work: () => Promise<T>,
): Promise<T> {
  let told = false
  for (;;) {
    const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return null
      throw error
    })
    if (handle) {
      await handle.writeFile(String(process.pid))
      await handle.close()
      break
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''))
    if (await isAbandoned(file, owner)) {
      await rm(file, { force: true })
      continue
    }
    if (!told) progress(`waiting for ${what}, which process ${owner} is at`)
    told = true
    await sleep(300)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** An empty lock is being written by its owner, or was left by one who died while writing. */
async function isAbandoned(file: string, owner: number): Promise<boolean> {
  if (owner > 0) return !isAlive(owner)
  const age = await stat(file).then(
    (stats) => Date.now() - stats.mtimeMs,
    () => 0,
  )
  return age > 5000
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
