import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, stackDir } from './paths.ts'
import { localFile } from './stack/local.ts'
import { startStack } from './stack/stack.ts'

/**
 * `npm run bench`: measures the stack that runs here, or one of its own that is gone afterwards. A first argument
 * that names a script of test/load runs that one (`npm run bench -- cost`); the others go to the script.
 */
const [named, ...rest] = process.argv.slice(2)
const other = /^[a-z-]+$/.test(named ?? '') && existsSync(join(ROOT, `test/load/${named}.ts`))
const script = join(ROOT, `test/load/${other ? named : 'bench'}.ts`)
const args = other ? rest : process.argv.slice(2)
const running = localFile(stackDir())
const own = existsSync(running) ? null : await mkdtemp(join(tmpdir(), 'onus-bench-'))
const stack = own === null ? null : await startStack({ dir: own, progress: (line) => console.log(line) })
const code = await new Promise<number>((resolve) => {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...process.env, ONUS_LOCAL_JSON: own ? localFile(own) : running },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  child.once('exit', (exitCode) => resolve(exitCode ?? 1))
})
await stack?.stop()
if (own) await rm(own, { recursive: true, force: true })
process.exit(code)
