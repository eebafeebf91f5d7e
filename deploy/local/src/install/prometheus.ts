import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { installOnce, type Progress } from './once.ts'
import { runTool } from './run.ts'

/** Checks rules and queries as Prometheus would. From Debian's package, of which nothing else is kept. */
const promtool = {
  name: 'promtool',
  version: 'debian',
  proof: 'promtool',
  takes: 'downloaded by apt-get, some seconds',
  async build(folder: string) {
    const unpacked = join(folder, 'package')
    await mkdir(unpacked)
    await runTool('apt-get', ['download', 'prometheus'], { cwd: unpacked })
    await runTool('sh', ['-c', 'dpkg -x prometheus_*.deb .'], { cwd: unpacked })
    await copyFile(join(unpacked, 'usr/bin/promtool'), join(folder, 'promtool'))
    await rm(unpacked, { recursive: true })
  },
}

/** The path of promtool: that of the system, or one of our own; null where there is neither. */
export async function installPromtool(progress: Progress): Promise<string | null> {
  const found = (await runTool('sh', ['-c', 'command -v promtool']).catch(() => '')).trim()
  if (found !== '') return found
  try {
    return join(await installOnce(promtool, progress), 'promtool')
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    progress(`alerts and queries are not checked by promtool, which cannot be had here: ${why}`)
    return null
  }
}
