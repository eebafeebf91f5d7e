import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { ENTRIES } from './bundles.ts'

it('bundles every workflow module that a worker loads', () => {
  const root = resolve(import.meta.dirname, '../../../services')
  const loaded = globSync('*/src/**/*.ts', { cwd: root })
    .filter((file) => !/\.test\.ts$|\/testing\//.test(file))
    .flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /resolve\(\s*'(@onus\/workflows-[^'/]+\/[^']+)'\s*\)/g,
      ),
    ])
    .map(([, entry]) => entry)
  expect([...new Set(loaded)].sort()).toEqual([...ENTRIES].sort())
})
