import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stuckDatabase } from './temporal.ts'

const folder = mkdtempSync(join(tmpdir(), 'onus-temporal-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

const COMPLAINT =
  'level=ERROR msg="Operation failed" error="GetNamespace operation failed. Error interrupted (9)"\n'

describe('the log of the development server', () => {
  it('tells when its database stays interrupted, once for each time', () => {
    const file = join(folder, 'temporal.log')
    writeFileSync(file, 'level=WARN msg="all is well"\n')
    const stuck = stuckDatabase(file)
    expect(stuck()).toBeNull()
    // One caller who left is none of our business.
    appendFileSync(file, COMPLAINT)
    expect(stuck()).toBeNull()
    appendFileSync(file, COMPLAINT.repeat(30))
    expect(stuck()).toMatch(/interrupted/)
    expect(stuck()).toBeNull()
  })

  it('is read from its beginning when it was begun anew', () => {
    const file = join(folder, 'rotated.log')
    writeFileSync(file, 'x'.repeat(100_000))
    const stuck = stuckDatabase(file)
    expect(stuck()).toBeNull()
    writeFileSync(file, COMPLAINT.repeat(30))
    expect(stuck()).toMatch(/interrupted/)
  })
})
