import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from './python.ts'

const DOWNLOADS = 3
const DOWNLOAD_SECONDS = 90

/**
 * Builds the Go program of a folder; kept in the user's cache directory by the hash of its files.
 * @returns the program's path
 */
export async function goProgram(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const names = (await readdir(folder)).filter((name) => /\.go$|^go\.(mod|sum)$/.test(name)).sort()
  for (const name of names) hash.update(name).update(await readFile(join(folder, name)))
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'onus')
  const program = join(cache, `go-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(program)) return program
  // Built from a copy: go must not write beside the sources.
  const build = `${program}.build`
  await mkdir(build, { recursive: true })
  for (const name of names) await cp(join(folder, name), join(build, name))
  await downloadModules(build)
  const { code, output } = await runProgram('go', ['build', '-trimpath', '-o', `${program}.new`, '.'], {
    cwd: build,
  })
  if (code !== 0) throw new Error(`go build: ${output}`)
  await rename(`${program}.new`, program)
  return program
}

/** The files of a published module (`name@version`), from Go's own cache of them. */
export async function goModule(module: string): Promise<string> {
  const said = await downloadModules(tmpdir(), '-json', module)
  return JSON.parse(said.slice(said.indexOf('{'))).Dir
}

/** A module proxy that stumbles is asked again; one that is silent is not waited for. */
async function downloadModules(folder: string, ...which: string[]): Promise<string> {
  for (let tries = 1; ; tries++) {
    const args = [String(DOWNLOAD_SECONDS), 'go', 'mod', 'download', ...which]
    const { code, output } = await runProgram('timeout', args, { cwd: folder })
    if (code === 0) return output
    if (tries === DOWNLOADS)
      throw new Error(`go mod download (${code === 124 ? 'too slow' : code}): ${output}`)
    await sleep(2000 * tries)
  }
}
