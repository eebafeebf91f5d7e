import { type Clock, rfc3339 } from '@onus/kit/clock'
import type { GroupLag, ParkedRecords } from '@onus/kit/kafka'
import type { PartApi } from '../clients.ts'
import type { Call } from '../http/operation/operation.ts'

export interface PartState {
  name: string
  state: 'ready' | 'not_ready' | 'unreachable'
  version?: string
  startedAt?: string
  problems: Record<string, string>
}

export interface Installation {
  version: string
  checkedAt: string
  parts: PartState[]
  kafka: { state: 'ready' | 'unreachable'; error?: string; groups: GroupLag[]; parked: ParkedRecords[] }
}

export type LookAtInstallation = (call: Call) => Promise<Installation>

export interface InstallationDeps {
  version: string
  /** When this gateway did. */
  startedAt: Date
  clock: Clock
  /** The services behind the gateway, by name. */
  parts: Record<string, PartApi>
  /** The gateway's own readiness. */
  self(): Promise<{ ok: boolean; problems: Record<string, string> }>
  lag(): Promise<{ groups: GroupLag[]; parked: ParkedRecords[] }>
}

/** A part that says nothing for so long is not there. */
const PATIENCE_MS = 3_000

/** Looks at everything at once; what does not answer is part of the answer. */
export const lookAtInstallation =
  ({ version, startedAt, clock, parts, self, lag }: InstallationDeps): LookAtInstallation =>
  async (call) => {
    const patient = {
      ...call,
      deadline: new Date(Math.min(call.deadline.getTime(), Date.now() + PATIENCE_MS)),
    }
    const [own, others, kafka] = await Promise.all([
      self(),
      Promise.all(Object.entries(parts).map(([name, part]) => describe(name, part, patient))),
      lag().then(
        (found) => ({ state: 'ready' as const, ...found }),
        (error) => ({ state: 'unreachable' as const, error: said(error), groups: [], parked: [] }),
      ),
    ])
    const gateway: PartState = {
      name: 'gateway',
      state: stateOf(own.ok),
      version,
      startedAt: rfc3339(startedAt),
      problems: own.problems,
    }
    return { version, checkedAt: rfc3339(clock()), parts: [gateway, ...others], kafka }
  }

async function describe(name: string, part: PartApi, call: Call): Promise<PartState> {
  try {
    const { ready, version, startedAt, problems } = await part.describePart({}, call)
    return { name, state: stateOf(ready), version, startedAt, problems }
  } catch (error) {
    return { name, state: 'unreachable', problems: { call: said(error) } }
  }
}

const stateOf = (ok: boolean): 'ready' | 'not_ready' => (ok ? 'ready' : 'not_ready')
const said = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300)
