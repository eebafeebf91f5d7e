import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApi, eventually } from '../support/api.ts'
import { expectStatus, type Local } from '../support/world.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const READY_WITHIN = 180_000

let dir: string
let npm: ChildProcess | null = null
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'onus-start-'))
})
afterAll(async () => {
  npm?.kill('SIGTERM')
  await eventually('the stack to end', () => !existsSync(join(dir, 'run/supervisor.json')), 60_000)
  rmSync(dir, { recursive: true, force: true })
})

/** Runs `npm start` as a person does, and answers what it says is ready. */
async function start(): Promise<Local> {
  const child = spawn('npm', ['start', '--', '--dir', dir], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  npm = child
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  }
  return eventually(
    'npm start to be ready',
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended:\n${said}`)
      return said.includes('Onus is ready') && (JSON.parse(readFileSync(localJson(), 'utf8')) as Local)
    },
    READY_WITHIN,
  )
}

const localJson = () => join(dir, 'local.json')

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function agentOf(local: Local) {
  const [agent] = local.demo.agents.filter(({ role }) => role === 'agent')
  if (!agent) throw new Error('the demo account has no agent')
  return createApi(local.baseUrl, agent.apiKey)
}

describe('npm start', () => {
  it('leaves nothing behind when it is killed, and keeps tickets and ids', { timeout: 480_000 }, async () => {
    const first = await start()
    expect(statSync(localJson()).mode & 0o777).toBe(0o600)
    expect(Object.keys(first.pids).toSorted()).toEqual([
      'directory',
      'gateway',
      'kafka',
      'mongodb',
      'notification',
      'rules',
      'temporal',
      'ticket',
      'ticketWorker',
    ])
    const ticket = expectStatus(
      await agentOf(first).post('/tickets', {
        subject: 'Kept',
        body: 'across a restart',
        channel: 'web_form',
        contact: { email: 'carla@contact.example', name: 'Carla' },
        departmentId: first.demo.departments[0]?.id,
      }),
      201,
    )

    const supervisor = JSON.parse(readFileSync(join(dir, 'run/supervisor.json'), 'utf8')) as { pid: number }
    process.kill(supervisor.pid, 'SIGKILL')
    await eventually('its processes to end', () => !Object.values(first.pids).some(isAlive), 30_000)
    expect(existsSync(localJson())).toBe(false)

    const began = Date.now()
    const second = await start()
    console.log(`a warm start took ${((Date.now() - began) / 1000).toFixed(1)} s`)
    expect(second.demo).toEqual(first.demo)
    expect(second.baseUrl).toBe(first.baseUrl)
    expect(expectStatus(await agentOf(second).get(`/tickets/${ticket.id}`), 200)).toEqual(ticket)

    const child = npm
    child?.kill('SIGTERM')
    await eventually('npm start to end', () => child?.exitCode !== null || child.signalCode !== null, 60_000)
    expect(existsSync(localJson())).toBe(false)
    expect(Object.values(second.pids).filter(isAlive)).toEqual([])
  })
})
