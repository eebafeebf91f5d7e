// Writes the software bills of materials: `<folder>/sbom.cdx.json` of what the image runs, and
// `<folder>/sbom-build.cdx.json` of everything that took part in the build; the libraries in the console's built
// files are in the second one. CycloneDX as npm makes it from the lock file, without the time that would differ
// between two builds of one commit. Usage: node deploy/docker/sbom.mjs <folder>
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('usage: sbom.mjs <folder>')
write('sbom.cdx.json', ['--omit', 'dev'])
write('sbom-build.cdx.json', [])

function write(name, args) {
  const command = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
  const text = execFileSync('npm', [...command, ...args], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  const bill = JSON.parse(text)
  delete bill.metadata.timestamp
  delete bill.serialNumber
  bill.serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bill))}`
  writeFileSync(join(folder, name), `${JSON.stringify(bill)}\n`)
  console.log(`${name}: ${bill.components.length} components`)
}

/** A UUID of the content, in the form of version 8: the same content has the same number. */
function uuidOf(content) {
  const hash = createHash('sha256').update(content).digest('hex')
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`]
  return [...parts, hash.slice(20, 32)].join('-')
}
