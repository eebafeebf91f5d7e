import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { breakingChanges } from './schemas.ts'

/**
 * Compares what is published with the last release, which is kept in `proto/baseline`, and fails when a
 * change breaks somebody: `npm run compat`. `npm run compat -- release <version>` makes what there is now the
 * baseline; it belongs to a release, and refuses while something is broken.
 */

const PROTO = fileURLToPath(new URL('../', import.meta.url))
const BASELINE = join(PROTO, 'baseline')
const EVENT = /^dev\.onus\..*\.json$/

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** Changes of events' schemas that break somebody, by file. */
export function brokenSchemas(baseline: string, current: string): string[] {
  const now = new Set(readdirSync(current))
  return readdirSync(baseline)
    .filter((name) => EVENT.test(name))
    .flatMap((name) =>
      now.has(name)
        ? breakingChanges(read(baseline, name), read(current, name)).map((change) => `${name} ${change}`)
        : [`${name} is gone: an event ends with its major version, after the notice that docs promise`],
    )
}

function brokenProtos(): string[] {
  const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf')
  // buf takes no module within another, so the baseline is put beside it.
  const before = mkdtempSync(join(tmpdir(), 'onus-baseline-'))
  try {
    cpSync(BASELINE, before, { recursive: true })
    execFileSync(process.execPath, [buf, 'breaking', '.', '--against', before], { cwd: PROTO, stdio: 'pipe' })
    return []
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer }
    return `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')
  } finally {
    rmSync(before, { recursive: true, force: true })
  }
}

function release(version: string): void {
  rmSync(BASELINE, { recursive: true, force: true })
  mkdirSync(join(BASELINE, 'events'), { recursive: true })
  for (const name of readdirSync(join(PROTO, 'events')).filter((each) => EVENT.test(each)))
    cpSync(join(PROTO, 'events', name), join(BASELINE, 'events', name))
  cpSync(join(PROTO, 'onus'), join(BASELINE, 'onus'), { recursive: true })
  writeFileSync(join(BASELINE, 'VERSION'), `${version}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, version] = process.argv.slice(2)
  const broken = [...brokenSchemas(join(BASELINE, 'events'), join(PROTO, 'events')), ...brokenProtos()]
  for (const line of broken) console.error(line)
  if (broken.length > 0) {
    console.error(
      `${broken.length} breaking changes since ${readFileSync(join(BASELINE, 'VERSION'), 'utf8').trim()}`,
    )
    process.exitCode = 1
  } else if (command === 'release' && version) release(version)
  else console.log(`compatible with ${readFileSync(join(BASELINE, 'VERSION'), 'utf8').trim()}`)
}
