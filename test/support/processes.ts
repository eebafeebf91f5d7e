import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readlink } from 'node:fs/promises'
import { takePort } from '@onus/deploy-local/ports'

/** One more process of a part of the stack, as a second pod would be. */
export interface Process {
  metricsUrl: string
  stop(): Promise<void>
}

/** Starts another process with the program and settings of a running one, on ports of its own. Linux only. */
export async function anotherOf(pid: number): Promise<Process> {
  const parts = async (file: string) =>
    (await readFile(`/proc/${pid}/${file}`, 'utf8')).split('\0').filter(Boolean)
  const [program, ...args] = await parts('cmdline')
  const settings = (await parts('environ')).map((each) => {
    const at = each.indexOf('=')
    return [each.slice(0, at), each.slice(at + 1)] as const
  })
  const port = await takePort()
  const env = {
    ...Object.fromEntries(settings),
    HEALTH_PORT: String(port),
    GRPC_PORT: String(await takePort()),
  }
  const child = spawn(program!, args, { env, cwd: await readlink(`/proc/${pid}/cwd`), stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  for (const end = Date.now() + 120_000; ; ) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return { metricsUrl: `http://127.0.0.1:${port}/metrics`, stop }
    if (child.exitCode !== null) throw new Error(`the second process ended with ${child.exitCode}`)
    if (Date.now() > end) {
      await stop()
      throw new Error('the second process did not become ready')
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** The sum of a counter over processes, of the series with these labels. */
export async function counted(urls: readonly string[], name: string, ...labels: string[]): Promise<number> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()))
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
