import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const LARGEST_OUTPUT = { maxBuffer: 64 * 1024 * 1024 }

export const CHART = resolve(import.meta.dirname, '../../charts/onus')
/** For values, certificates and what else is handed to the programs. */
export const FOLDER = mkdtempSync(join(tmpdir(), 'onus-cluster-test-'))

/** An object of the API, as far as it is looked at. */
export interface KubeObject {
  kind: string
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string }
  spec: { nodeName?: string }
  status: {
    phase?: string
    podIP?: string
    conditions?: { type: string; status: string }[]
    containerStatuses?: { restartCount: number; lastState?: object }[]
  }
}

/** kubectl in one namespace. */
export class Kube {
  readonly namespace: string

  constructor(namespace: string) {
    this.namespace = namespace
  }

  async run(...args: string[]): Promise<string> {
    const { stdout } = await run('kubectl', ['-n', this.namespace, ...args], LARGEST_OUTPUT)
    return stdout
  }

  /** Creates or changes objects; answers what the server said, warnings too. */
  apply(objects: object[], ...args: string[]): string {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    return execFileSync('kubectl', ['-n', this.namespace, 'apply', '-f', '-', ...args], {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      ...LARGEST_OUTPUT,
    })
  }

  async list(kinds: string, selector?: string): Promise<KubeObject[]> {
    const args = ['get', kinds, '-o', 'json', ...(selector ? ['-l', selector] : [])]
    return JSON.parse(await this.run(...args)).items
  }

  /** The pods of the release, or of one part; those that are ending do not count. */
  async pods(part?: string): Promise<KubeObject[]> {
    const component = part ? `,app.kubernetes.io/component=${part}` : ''
    const pods = await this.list('pods', `app.kubernetes.io/instance=onus${component}`)
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  }

  /** Runs JavaScript in a container of a part and answers what it prints. */
  exec(part: string, script: string): Promise<string> {
    return this.run('exec', `deploy/onus-${part}`, '--', 'node', '--input-type=module', '-e', script)
  }

  /** How things stand, for who looks for the cause of a failure: pods, events, and what each container said. */
  async report(): Promise<string> {
    const parts = [
      await this.run('get', 'pods,jobs', '-o', 'wide'),
      await this.run('get', 'events', '--sort-by=.lastTimestamp'),
    ]
    for (const { metadata, status } of await this.list('pods')) {
      const log = ['logs', metadata.name, '--tail=300']
      parts.push(`--- ${metadata.name}`, await this.run(...log).catch(String))
      if (status.containerStatuses?.some(({ restartCount }) => restartCount > 0))
        parts.push(
          `--- ${metadata.name}, before its restart`,
          JSON.stringify(status.containerStatuses),
          await this.run(...log, '--previous').catch(String),
        )
    }
    return parts.join('\n')
  }

  /** Reaches a port of a service from here. */
  async forward(target: string, port: number): Promise<{ port: number; close(): void }> {
    const local = await freePort()
    const child: ChildProcess = spawn(
      'kubectl',
      ['-n', this.namespace, 'port-forward', target, `${local}:${port}`],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    await new Promise<void>((done, fail) => {
      child.stdout?.once('data', () => done())
      child.once('exit', () => fail(new Error(`no way to ${target}`)))
    })
    return { port: local, close: () => void child.kill() }
  }
}

/** helm for the release `onus` in this namespace. */
export async function helm(kube: Kube, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(
    process.env.HELM ?? 'helm',
    [...args, '--namespace', kube.namespace],
    LARGEST_OUTPUT,
  )
  return stdout + stderr
}

export function file(name: string, content: string): string {
  const path = join(FOLDER, name)
  writeFileSync(path, content)
  return path
}

export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${what}`)
    await sleep(500)
  }
}

async function freePort(): Promise<number> {
  return await new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: FOLDER, stdio: 'ignore' })
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A new authority for the parts' certificates. */
export function makeAuthority(): void {
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-days',
    '30',
    '-subj',
    '/CN=onus-ca',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  )
}

/** A certificate of that authority for all parts, in `tls.crt` and `tls.key`. */
export function makeCertificate(): void {
  const names = ['ticket', 'directory', 'rules', 'notification'].map((part) => `DNS:onus-${part}`)
  const extensions = file('extensions', `subjectAltName=${names.join(',')}\n`)
  openssl('req', '-new', ...KEY, '-subj', '/CN=onus', '-keyout', 'tls.key', '-out', 'tls.csr')
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30']
  openssl('x509', '-req', '-in', 'tls.csr', ...signed, '-extfile', extensions, '-out', 'tls.crt')
}
