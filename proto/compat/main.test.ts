import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { brokenSchemas } from './main.ts'

const BASELINE = fileURLToPath(new URL('../baseline/events', import.meta.url))
const CREATED = 'dev.onus.ticket.created.v1.json'

let copy: string
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'onus-compat-'))
  cpSync(BASELINE, copy, { recursive: true })
})
afterEach(() => rmSync(copy, { recursive: true }))

it('lets what was released stay as it is, and new events come', () => {
  writeFileSync(join(copy, 'dev.onus.ticket.split.v1.json'), '{"type":"object"}')
  expect(brokenSchemas(BASELINE, copy)).toEqual([])
})

it('finds an event that is gone', () => {
  rmSync(join(copy, CREATED))
  expect(brokenSchemas(BASELINE, copy)).toEqual([expect.stringContaining(`${CREATED} is gone`)])
})

it('finds a released schema that was narrowed', () => {
  const schema = JSON.parse(readFileSync(join(copy, CREATED), 'utf8'))
  schema.required.push('priority')
  delete schema.properties.ticketId
  writeFileSync(join(copy, CREATED), JSON.stringify(schema))
  const found = brokenSchemas(BASELINE, copy)
  expect(found).toContainEqual(expect.stringContaining('/priority: is required now'))
  expect(found).toContainEqual(expect.stringContaining('/ticketId: is gone'))
})
