import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Component, installOnce } from './once.ts'

let home: string
let said: string[]
const progress = (line: string) => said.push(line)
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'onus-cache-'))
  said = []
  vi.stubEnv('XDG_CACHE_HOME', home)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

function component(build: (folder: string) => Promise<void>): Component {
  return { name: 'thing', version: '1.2.3', proof: 'proof', takes: 'a moment', build }
}

describe('an installation', () => {
  it('is done once, also when two want it at the same time', async () => {
    let builds = 0
    const thing = component(async (folder) => {
      builds += 1
      await sleep(50)
      writeFileSync(join(folder, 'proof'), '')
    })
    const folders = await Promise.all([installOnce(thing, progress), installOnce(thing, progress)])
    expect(folders).toEqual(Array(2).fill(join(home, 'onus', 'thing-1.2.3')))
    await installOnce(thing, progress)
    expect(builds).toBe(1)
    expect(readdirSync(join(home, 'onus'))).toEqual(['thing-1.2.3'])
    expect(said[0]).toContain('installing thing-1.2.3')
  })

  it('that fails leaves nothing, and the next one is tried', async () => {
    const failing = component(async (folder) => {
      writeFileSync(join(folder, 'half'), '')
      throw new Error('no network')
    })
    await expect(installOnce(failing, progress)).rejects.toThrow('no network')
    expect(readdirSync(join(home, 'onus'))).toEqual([])
    const working = component(async (folder) => writeFileSync(join(folder, 'proof'), ''))
    expect(existsSync(join(await installOnce(working, progress), 'proof'))).toBe(true)
  })

  it('takes over from one that was killed', async () => {
    const cache = join(home, 'onus')
    mkdirSync(join(cache, '.thing-1.2.3.4194304'), { recursive: true })
    // Above the highest pid that Linux gives.
    writeFileSync(join(cache, '.thing-1.2.3.lock'), '4194305')
    await installOnce(
      component(async (folder) => writeFileSync(join(folder, 'proof'), '')),
      progress,
    )
    expect(readdirSync(cache)).toEqual(['thing-1.2.3'])
  })
})
