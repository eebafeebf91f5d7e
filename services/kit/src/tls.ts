import { readFileSync } from 'node:fs'
import { ConfigError } from './config.ts'

/** Names of the variables that say where the certificate files are. */
export interface TlsVariables {
  ca: string
  cert: string
  key: string
}

/** Contents of certificate files. */
export interface TlsFiles {
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
}

/**
 * Reads the files that the variables name.
 * @throws ConfigError that names the variable of a file that cannot be read, or that lacks its other half
 */
export function readTlsFiles(config: Readonly<Record<string, unknown>>, names: TlsVariables): TlsFiles {
  if (Boolean(config[names.cert]) !== Boolean(config[names.key]))
    throw new ConfigError([`${names.cert}, ${names.key}: set both or none`])
  const files: TlsFiles = {}
  for (const part of ['ca', 'cert', 'key'] as const) {
    const path = config[names[part]]
    if (typeof path !== 'string') continue
    try {
      files[part] = readFileSync(path)
    } catch (error) {
      throw new ConfigError([`${names[part]}: cannot be read (${(error as NodeJS.ErrnoException).code})`])
    }
  }
  return files
}
