import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isAlive } from '../install/once.ts'
import { endRecorded, Registry, readRegistry } from './registry.ts'
import { Supervised } from './supervised.ts'

let folder: string
let said: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onus-supervised-'))
  said = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const registryFile = () => join(folder, 'processes.json')

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 8000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`still waiting; said: ${said.join(' | ')}`)
    await sleep(20)
  }
}

/** A process that marks with a file that it works. */
function marking(script: string, onPid?: (pid: number | null) => void): Supervised {
  const mark = join(folder, 'mark')
  return new Supervised(
    {
      name: 'worker',
      command: 'sh',
      args: ['-c', script.replaceAll('MARK', mark)],
      logFile: join(folder, 'worker.log'),
      probe: async () => {
        if (!existsSync(mark)) throw new Error('no mark yet')
      },
      stopWithinMs: 500,
    },
    { registry: new Registry(registryFile()), progress: (line) => said.push(line), onPid },
  )
}

describe('a supervised process', () => {
  it('is started again when it is killed, and its new pid is told', async () => {
    const pids: (number | null)[] = []
    const worker = marking('touch MARK; exec sleep 60', (pid) => pids.push(pid))
    await worker.start()
    const first = worker.pid ?? 0
    process.kill(first, 'SIGKILL')
    await until(() => said.some((line) => line.startsWith('worker is back')))
    expect(worker.pid).not.toBe(first)
    expect(pids).toEqual([first, null, worker.pid])
    expect(readRegistry(registryFile()).map(({ pid }) => pid)).toEqual([worker.pid])
    const last = worker.pid ?? 0
    await worker.stop()
    expect(isAlive(last)).toBe(false)
    expect(readRegistry(registryFile())).toEqual([])
  })

  it('is killed when it does not stop when asked', async () => {
    const worker = marking("trap '' TERM; touch MARK; while true; do sleep 0.05; done")
    await worker.start()
    const pid = worker.pid ?? 0
    await worker.stop()
    expect(isAlive(pid)).toBe(false)
    expect(said).toEqual(['worker did not stop in time and is killed'])
  })

  it('that ends while starting says so with its last words', async () => {
    await expect(marking('echo no configuration; exit 3').start()).rejects.toThrow('no configuration')
    expect(said).toEqual([])
  })
})

describe('what a killed supervisor left', () => {
  it('is ended when it is what was recorded, and only then', async () => {
    const registry = new Registry(registryFile())
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    registry.add('ours', child.pid ?? 0)
    const stranger = { name: 'stranger', pid: bystander.pid ?? 0, birth: 'another time' }
    expect(await endRecorded([...readRegistry(registryFile()), stranger])).toEqual(['ours'])
    await until(() => child.signalCode !== null)
    expect(bystander.signalCode).toBeNull()
    bystander.kill('SIGKILL')
  })

  it('is ended by the guardian, with the files that only a running stack has', async () => {
    const file = join(folder, 'local.json')
    const pidFile = join(folder, 'pid')
    writeFileSync(file, '{}')
    const script = `
      import { spawn } from 'node:child_process'
      import { writeFileSync } from 'node:fs'
      import { startGuardian } from '${import.meta.dirname}/guardian.ts'
      import { Registry } from '${import.meta.dirname}/registry.ts'
      startGuardian(${JSON.stringify(registryFile())}, ${JSON.stringify(file)})
      const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
      new Registry(${JSON.stringify(registryFile())}).add('child', child.pid)
      writeFileSync(${JSON.stringify(pidFile)}, String(child.pid))
      setInterval(() => {}, 1000)`
    const supervisor = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: 'inherit',
    })
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '')
    const pid = Number(readFileSync(pidFile, 'utf8'))
    // Long enough for the guardian to be there.
    await sleep(500)
    supervisor.kill('SIGKILL')
    await until(() => !isAlive(pid) && !existsSync(file))
  })
})
