import { z } from 'zod'
import { takePort } from '../ports.ts'
import { readJson, writeJson } from './memory.ts'

/** Ports that a person may remember. */
const PREFERRED = {
  http: 8080,
  inboundSmtp: 2525,
  temporal: 7233,
  temporalUi: 8233,
  kafka: 9092,
  mongodb: 27017,
  sinkControl: 8025,
  sinkSmtp: 1025,
  oidc: 8090,
  codec: 8091,
} as const
export type PortName = keyof typeof PREFERRED

/**
 * Free ports for one data directory: those of its last start, else the well-known ones or any. Addresses that
 * people and identity tokens remember stay the same that way.
 */
export class Ports {
  readonly #file: string
  readonly #last: Record<string, number>
  readonly #preferred: Partial<Record<PortName, number>>
  readonly #chosen: Record<string, number> = {}

  constructor(file: string, choose: 'preferred' | 'any') {
    this.#file = file
    this.#last = readJson(file, z.record(z.string(), z.number())) ?? {}
    this.#preferred = choose === 'preferred' ? PREFERRED : {}
  }

  async take(name: PortName): Promise<number> {
    const port = await takePort(this.#last[name] ?? this.#preferred[name])
    this.#chosen[name] = port
    writeJson(this.#file, { ...this.#last, ...this.#chosen })
    return port
  }

  /** A port that nobody needs to remember. */
  any(): Promise<number> {
    return takePort()
  }
}
