import { violations } from './rules.ts'
import { readWorkspace } from './workspace.ts'

/** `npm run arrows`: lists imports that point the wrong way, and fails when there is one. */
const workspace = readWorkspace(process.cwd())
const found = violations(workspace)
for (const { path, line, specifier, why } of found) console.error(`${path}:${line}: '${specifier}': ${why}`)
console.log(`${workspace.files.length} files, ${found.length} imports that point the wrong way`)
process.exitCode = found.length > 0 ? 1 : 0
