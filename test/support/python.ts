import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A Python environment with exactly these packages (`name==version`), made once and kept in the user's
 * cache directory by the packages' hash.
 * @returns the environment's `bin` folder
 */
export async function pythonWith(packages: string[]): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'onus')
  const hash = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12)
  const home = join(cache, `python-${hash}`)
  if (existsSync(join(home, 'ready'))) return join(home, 'bin')
  await mkdir(cache, { recursive: true })
  // Scripts of an environment name its path, so it is made in place and marked when whole.
  await rm(home, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', home], { maxBuffer: 1 << 26 })
  await run(join(home, 'bin', 'pip'), ['install', '--quiet', ...packages], { maxBuffer: 1 << 26 })
  await mkdir(join(home, 'ready.tmp'))
  await rename(join(home, 'ready.tmp'), join(home, 'ready'))
  return join(home, 'bin')
}

/** Runs a program to its end; its output comes back whole, whatever the exit code. */
export function runProgram(
  program: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
