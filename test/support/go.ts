import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './python.ts'

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
  const { code, output } = await runProgram('go', ['build', '-trimpath', '-o', `${program}.new`, '.'], {
    cwd: build,
  })
  if (code !== 0) throw new Error(`go build: ${output}`)
  await rename(`${program}.new`, program)
  return program
}
