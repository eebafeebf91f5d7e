import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseSync } from 'oxc-parser'

/** Reads what the arrows are checked on: the projects of the workspace and the imports of their files. */

export const LAYERS = ['contract', 'kit', 'workflow', 'service', 'console', 'tool', 'test'] as const
export type Layer = (typeof LAYERS)[number]

export interface Project {
  /** Package name. */
  name: string
  /** Folder below the workspace's root, with `/`. */
  root: string
  /** From the tag `layer:…` in the package.json. */
  layer: Layer
}

export interface Import {
  /** What is written in the import. */
  specifier: string
  line: number
  /** Erased before the program runs. */
  typeOnly: boolean
}

export interface SourceFile {
  /** Below the workspace's root, with `/`. */
  path: string
  project: Project
  imports: Import[]
}

export interface Workspace {
  projects: Project[]
  files: SourceFile[]
}

/** Reads a workspace. A project without exactly one known layer is an error, since nothing would check it. */
export function readWorkspace(root: string): Workspace {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    workspaces: string[]
  }
  const projects = workspaces
    .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
    .sort()
    .map((path) => readProject(root, path))
  const files = projects.flatMap((project) =>
    globSync('**/*.{ts,tsx}', {
      cwd: join(root, project.root),
      exclude: (path) => /(^|\/)(node_modules|dist)(\/|$)/.test(slashes(path)),
    })
      .sort()
      .map((path) => readSource(root, join(project.root, path), project)),
  )
  return { projects, files }
}

function readProject(root: string, path: string): Project {
  const { name, nx } = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
    name: string
    nx?: { tags?: string[] }
  }
  const layers = (nx?.tags ?? []).filter((tag) => tag.startsWith('layer:')).map((tag) => tag.slice(6))
  const layer = LAYERS.find((known) => known === layers[0])
  if (!layer || layers.length !== 1) {
    throw new Error(
      `${slashes(path)}: nx.tags must have exactly one of ${LAYERS.map((l) => `layer:${l}`).join(', ')}`,
    )
  }
  return { name, root: slashes(dirname(path)), layer }
}

function readSource(root: string, path: string, project: Project): SourceFile {
  return { path: slashes(path), project, imports: importsOf(path, readFileSync(join(root, path), 'utf8')) }
}

/** Every module that a file names: static imports, exports from elsewhere, and `import()` of a plain text. */
export function importsOf(path: string, code: string): Import[] {
  const { module, errors } = parseSync(path, code)
  if (errors.length > 0) throw new Error(`${slashes(path)}: ${errors[0]?.message}`)
  const lineAt = (offset: number) => code.slice(0, offset).split('\n').length
  const found: Import[] = []
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType)
    found.push({ specifier: moduleRequest.value, line: lineAt(start), typeOnly })
  }
  for (const { entries, start } of module.staticExports) {
    const [specifier] = entries
      .map((entry) => entry.moduleRequest?.value)
      .filter((value) => value !== undefined)
    if (specifier === undefined) continue
    found.push({ specifier, line: lineAt(start), typeOnly: entries.every((entry) => entry.isType) })
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const text = code.slice(moduleRequest.start, moduleRequest.end)
    const [, specifier] = /^(?:'([^']*)'|"([^"]*)")$/.exec(text)?.filter((part) => part !== undefined) ?? []
    if (specifier !== undefined) found.push({ specifier, line: lineAt(start), typeOnly: false })
  }
  return found.sort((a, b) => a.line - b.line)
}

/** Where a relative import of a file leads, below the workspace's root. */
export const resolveRelative = (from: string, specifier: string): string =>
  slashes(relative(resolve('/'), resolve('/', dirname(from), specifier)))

const slashes = (path: string): string => path.split(sep).join('/')
