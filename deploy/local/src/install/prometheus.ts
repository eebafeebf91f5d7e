import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { installOnce, type Progress } from './once.ts'
import { runTool } from './run.ts'

/** Prometheus and its promtool, from Debian's package, of which nothing else is kept. */
const prometheus = {
  name: 'prometheus',
  version: 'debian',
  proof: 'promtool',
  takes: 'downloaded by apt-get, some seconds',
  async build(folder: string) {
    const unpacked = join(folder, 'package')
    await mkdir(unpacked)
    await runTool('apt-get', ['download', 'prometheus'], { cwd: unpacked })
    await runTool('sh', ['-c', 'dpkg -x prometheus_*.deb .'], { cwd: unpacked })
    for (const tool of ['prometheus', 'promtool'])
      await copyFile(join(unpacked, 'usr/bin', tool), join(folder, tool))
    await rm(unpacked, { recursive: true })
  },
}

/** The path of one of its tools: that of the system, or one of our own; null where there is neither. */
async function installTool(
  tool: 'prometheus' | 'promtool',
  without: string,
  progress: Progress,
): Promise<string | null> {
  const found = (await runTool('sh', ['-c', `command -v ${tool}`]).catch(() => '')).trim()
  if (found !== '') return found
  try {
    return join(await installOnce(prometheus, progress), tool)
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    progress(`${without} by ${tool}, which cannot be had here: ${why}`)
    return null
  }
}

/** Checks rules and queries as Prometheus would. */
export const installPromtool = (progress: Progress): Promise<string | null> =>
  installTool('promtool', 'alerts and queries are not checked', progress)

/** Scrapes, keeps, evaluates rules and answers queries. */
export const installPrometheus = (progress: Progress): Promise<string | null> =>
  installTool('prometheus', 'a running stack is not watched', progress)
