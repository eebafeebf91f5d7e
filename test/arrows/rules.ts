import {
  type Import,
  type Layer,
  type Project,
  resolveRelative,
  type SourceFile,
  type Workspace,
} from './workspace.ts'

/** Which way imports may point. Each rule is one function, so that each can be shown to fail. */

export interface Violation {
  path: string
  line: number
  specifier: string
  why: string
}

/** Layers whose packages a layer may import. */
const MAY_IMPORT: Record<Layer, readonly Layer[]> = {
  contract: ['contract'],
  kit: ['contract'],
  workflow: ['contract'],
  service: ['contract', 'kit'],
  // Runs in a browser, so it knows the contract's words and nothing that runs on a server.
  console: ['contract'],
  tool: ['contract', 'kit'],
  test: ['contract', 'kit', 'workflow', 'service', 'console', 'tool'],
}

/**
 * The workers: they run workflows, and so know their bundle and their activities' types. The rules service
 * runs none; it tries drafts on past tickets by the very functions that decide about tickets.
 */
const RUNS_WORKFLOWS: Readonly<Record<string, readonly string[]>> = {
  '@onus/ticket': ['@onus/workflows-ticket', '@onus/workflows-intake'],
  '@onus/notification': ['@onus/workflows-notice'],
  '@onus/rules': ['@onus/workflows-ticket'],
}

/** Prepares an installation: it knows the query shapes of every service, to make their indexes. */
const SETS_UP: Readonly<Record<string, RegExp>> = {
  '@onus/deploy-cluster': /^@onus\/(ticket|directory|rules|notification)\/(store|intake|webhooks)\/queries$/,
}

/** Libraries with one home. Everything else asks the kit. */
const HOMES: readonly { library: RegExp; home: RegExp; name: string }[] = [
  { library: /^kafkajs$/, home: /^services\/kit\/src\/kafka\//, name: 'services/kit/src/kafka' },
  { library: /^@opentelemetry\//, home: /^services\/kit\//, name: 'services/kit' },
  { library: /^@temporalio\/interceptors-opentelemetry/, home: /^services\/kit\//, name: 'services/kit' },
]

/** What runs in the workflow's sandbox may load these. */
const SANDBOX_LIBRARIES = ['@temporalio/workflow', '@temporalio/common']

/** Without input and output, so a domain may use them. */
const PURE_LIBRARIES = ['luxon', 're2js', 'node:crypto', 'node:url', 'node:util', 'node:zlib']
const PURE_KIT = ['@onus/kit/problems', '@onus/kit/ids', '@onus/kit/clock']

const isTest = (path: string): boolean => /\.test\.tsx?$|(^|\/)test(s|ing)?\//.test(path)

/** All imports that point the wrong way, by file and line. */
export function violations(workspace: Workspace): Violation[] {
  const byName = new Map(workspace.projects.map((project) => [project.name, project]))
  const found: Violation[] = []
  const report = (file: SourceFile, { specifier, line }: Import, why: string | null) => {
    if (why) found.push({ path: file.path, line, specifier, why })
  }
  for (const file of workspace.files) {
    for (const imported of file.imports) {
      report(file, imported, leavesProject(file, imported))
      report(file, imported, wrongLayer(file, imported, byName))
      report(file, imported, wrongHome(file, imported))
      report(file, imported, impureWorkflowPackage(file, imported))
      report(file, imported, impureDomain(file, imported, byName))
      report(file, imported, importsMain(file, imported))
    }
  }
  for (const { file, imported } of sandboxImports(workspace))
    report(file, imported, unfitForSandbox(imported))
  return found.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line)
}

/** `@onus/kit/problems` is in `@onus/kit`. */
function packageOf(specifier: string, byName: Map<string, Project>): Project | undefined {
  const [scope, name] = specifier.split('/')
  return byName.get(specifier.startsWith('@') ? `${scope}/${name}` : (scope ?? ''))
}

function leavesProject(file: SourceFile, { specifier }: Import): string | null {
  if (!specifier.startsWith('.')) return null
  const target = resolveRelative(file.path, specifier)
  return target.startsWith(`${file.project.root}/`) ? null : 'a relative import must stay in its project'
}

function wrongLayer(file: SourceFile, { specifier }: Import, byName: Map<string, Project>): string | null {
  const target = packageOf(specifier, byName)
  const { project } = file
  if (!target || target === project) return null
  if (MAY_IMPORT[project.layer].includes(target.layer)) return null
  if (RUNS_WORKFLOWS[project.name]?.includes(target.name)) return null
  if (SETS_UP[project.name]?.test(specifier)) return null
  if (project.layer === 'service' && target.layer === 'service') return 'no service imports another'
  return `${project.layer} must not import ${target.layer} (${target.name})`
}

function wrongHome(file: SourceFile, { specifier }: Import): string | null {
  const home = HOMES.find(({ library }) => library.test(specifier))
  return !home || home.home.test(file.path) ? null : `only ${home.name} imports this library`
}

/** Its domain is loaded by services too; whether the sandbox can load a part of it is another question. */
function impureWorkflowPackage(file: SourceFile, { specifier }: Import): string | null {
  if (file.project.layer !== 'workflow' || isTest(file.path)) return null
  if (/\/src\/domain\//.test(file.path) && PURE_LIBRARIES.includes(specifier)) return null
  return specifier.startsWith('node:') ? 'a workflow package must not use Node’s modules' : null
}

/** `domain/` of a service: pure, and below everything else. */
function impureDomain(
  file: SourceFile,
  { specifier, typeOnly }: Import,
  byName: Map<string, Project>,
): string | null {
  const domain = /^(services\/[^/]+\/src\/(?:[^/]+\/)*domain)\//.exec(file.path)?.[1]
  if (!domain || isTest(file.path)) return null
  if (specifier.startsWith('.')) {
    const target = resolveRelative(file.path, specifier)
    return target.startsWith(`${domain}/`) ? null : 'a domain imports nothing of its service but itself'
  }
  const target = packageOf(specifier, byName)
  if (target?.layer === 'contract') return null
  if (target?.layer === 'kit' && (typeOnly || PURE_KIT.includes(specifier))) return null
  if (target?.layer === 'workflow') return null
  return PURE_LIBRARIES.includes(specifier) ? null : 'a domain does no input or output'
}

function importsMain(file: SourceFile, { specifier }: Import): string | null {
  if (!specifier.startsWith('.') || file.project.layer !== 'service') return null
  const main = `${file.project.root}/src/main.ts`
  return resolveRelative(file.path, specifier) === main
    ? 'nothing imports main, which starts the process'
    : null
}

/** Imports of every file that the sandbox loads: files that use the workflow library, and what they load. */
function sandboxImports(workspace: Workspace): { file: SourceFile; imported: Import }[] {
  const byPath = new Map(workspace.files.map((file) => [file.path, file]))
  const waiting = workspace.files.filter(
    (file) =>
      file.project.layer === 'workflow' &&
      !isTest(file.path) &&
      file.imports.some(({ specifier, typeOnly }) => specifier === '@temporalio/workflow' && !typeOnly),
  )
  const seen = new Set<SourceFile>()
  const loaded: { file: SourceFile; imported: Import }[] = []
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const imported of file.imports) {
      if (imported.typeOnly) continue
      loaded.push({ file, imported })
      const next = imported.specifier.startsWith('.')
        ? byPath.get(resolveRelative(file.path, imported.specifier))
        : undefined
      if (next) waiting.push(next)
    }
  }
  return loaded
}

function unfitForSandbox({ specifier }: Import): string | null {
  if (specifier.startsWith('.') || specifier.startsWith('@onus/')) return null
  if (SANDBOX_LIBRARIES.includes(specifier)) return null
  return 'workflow code must be the same on every replay: no library but Temporal’s'
}
