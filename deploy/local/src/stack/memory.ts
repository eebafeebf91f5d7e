import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const secretsSchema = z.object({
  /** Signs callers between our services. */
  internalKey: z.string().min(32),
  operatorKey: z.string().min(32),
  slackToken: z.string().min(8),
  /** Part of the demo account's idempotency keys. */
  seed: z.string().min(8),
})
export type Secrets = z.infer<typeof secretsSchema>

/** Keys of one data directory: made once, the same at every start. */
export function loadSecrets(file: string): Secrets {
  const found = readJson(file, secretsSchema)
  if (found) return found
  const made = {
    internalKey: randomBytes(32).toString('base64url'),
    operatorKey: `onus_op_${randomBytes(32).toString('base64url')}`,
    slackToken: `xoxb-${randomBytes(18).toString('hex')}`,
    seed: randomBytes(8).toString('hex'),
  }
  writeJson(file, made)
  return made
}

/** Reads a JSON file that we wrote; null when there is none or it is not what we wrote. */
export function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(file)) return null
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** Writes a JSON file for this user's eyes only, whole or not at all. */
export function writeJson(file: string, value: unknown): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 })
  renameSync(temporary, file)
}
