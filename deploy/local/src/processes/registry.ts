import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../install/once.ts'

export interface Recorded {
  name: string
  pid: number
  /** When the process began, as the system tells it: a pid that was given to another process does not match. */
  birth: string
}

/**
 * The file that says which processes belong to a stack, so that whoever comes later (the guardian, the next
 * start) can end what a killed supervisor left behind, and nothing else.
 */
export class Registry {
  readonly #file: string
  readonly #processes = new Map<string, Recorded>()

  constructor(file: string) {
    this.#file = file
    mkdirSync(dirname(file), { recursive: true })
  }

  add(name: string, pid: number): void {
    const birth = birthOf(pid)
    if (birth === null) return
    this.#processes.set(name, { name, pid, birth })
    this.#save()
  }

  remove(name: string): void {
    if (this.#processes.delete(name)) this.#save()
  }

  #save(): void {
    const temporary = `${this.#file}.${process.pid}`
    writeFileSync(temporary, JSON.stringify([...this.#processes.values()]), { mode: 0o600 })
    renameSync(temporary, this.#file)
  }
}

/** Reads a registry file; empty when there is none or it is not readable. */
export function readRegistry(file: string): Recorded[] {
  if (!existsSync(file)) return []
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Recorded[]
  } catch {
    return []
  }
}

/** Ends recorded processes that still are the ones that were recorded. Answers their names. */
export async function endRecorded(processes: Recorded[], graceMs = 5000): Promise<string[]> {
  const ours = processes.filter(isSame)
  for (const { pid } of ours) signal(pid, 'SIGTERM')
  const deadline = Date.now() + graceMs
  while (ours.some(isSame) && Date.now() < deadline) await sleep(100)
  for (const recorded of ours.filter(isSame)) signal(recorded.pid, 'SIGKILL')
  return ours.map((recorded) => recorded.name)
}

function isSame(recorded: Recorded): boolean {
  return isAlive(recorded.pid) && birthOf(recorded.pid) === recorded.birth
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile.
  }
}

/** The start time of a process in the system's own form; null when there is no such process. */
export function birthOf(pid: number): string | null {
  try {
    if (existsSync('/proc/self/stat')) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (fields[0] === 'Z') return null
      return fields[19] ?? null
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    return null
  }
}
