import kit from '../package.json' with { type: 'json' }
import type { HealthReport } from './health.ts'

/** What this process is, for those who operate the installation. */
export interface ThisPart {
  /** For example "ticket". */
  name: string
  /** `ONUS_VERSION`, or that of the code. */
  version: string
  startedAt: Date
  ready(): Promise<HealthReport>
}

let part: ThisPart | undefined

/** Said once by the process, when it begins. */
export function namePart(name: string, ready: ThisPart['ready']): void {
  part = { name, version: process.env.ONUS_VERSION || kit.version, startedAt: new Date(), ready }
}

/** Undefined where no service runs: in tests and tools. */
export const thisPart = (): ThisPart | undefined => part
