import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Root of the repository. */
export const ROOT = resolve(import.meta.dirname, '../../..')

/** Where installed components live, shared by all clones of one user. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onus')
}

/** The state directory of a stack: `ONUS_DIR`, else `.onus` in the repository. */
export function stackDir(explicit?: string, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(explicit || env.ONUS_DIR || join(ROOT, '.onus'))
}
