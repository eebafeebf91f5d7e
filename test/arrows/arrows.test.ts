import { describe, expect, it } from 'vitest'
import { violations } from './rules.ts'
import { importsOf, type Layer, type Project, readWorkspace } from './workspace.ts'

const PROJECTS = {
  contract: project('@onus/workflows-contract', 'workflows/contract', 'contract'),
  kit: project('@onus/kit', 'services/kit', 'kit'),
  workflow: project('@onus/workflows-ticket', 'workflows/ticket', 'workflow'),
  ticket: project('@onus/ticket', 'services/ticket', 'service'),
  rules: project('@onus/rules', 'services/rules', 'service'),
  directory: project('@onus/directory', 'services/directory', 'service'),
  tool: project('@onus/deploy-local', 'deploy/local', 'tool'),
}

function project(name: string, root: string, layer: Layer): Project {
  return { name, root, layer }
}

/** The reasons against a workspace of these files. */
function reasons(files: Record<string, string>): string[] {
  const projects = Object.values(PROJECTS)
  const sources = Object.entries(files).map(([path, code]) => {
    const owner = projects.find((candidate) => path.startsWith(`${candidate.root}/`))
    if (!owner) throw new Error(path)
    return { path, project: owner, imports: importsOf(path, code) }
  })
  return violations({ projects, files: sources }).map((v) => `${v.path}:${v.line}: ${v.why}`)
}

describe('the arrows', () => {
  it('are checked on every project of this workspace', () => {
    const { projects, files } = readWorkspace(process.cwd())
    expect(projects.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['@onus/kit', '@onus/ticket', '@onus/workflows-contract', '@onus/deploy-local']),
    )
    expect(files.length).toBeGreaterThan(100)
  })

  it.each([
    ['services/ticket/src/a.ts', '@onus/deploy-local/start', /service must not import tool/],
    ['services/ticket/src/a.ts', '@onus/rules/domain/rule', /no service imports another/],
    ['services/directory/src/a.ts', '@onus/workflows-ticket', /service must not import workflow/],
    ['services/kit/src/a.ts', '@onus/ticket', /kit must not import service/],
    ['workflows/contract/src/a.ts', '@onus/kit/ids', /contract must not import kit/],
    ['workflows/ticket/src/a.ts', '@onus/kit/ids', /workflow must not import kit/],
    ['workflows/ticket/src/a.ts', 'node:crypto', /Node’s modules/],
    ['services/ticket/src/a.ts', 'kafkajs', /only services\/kit\/src\/kafka/],
    ['services/kit/src/mongo.ts', 'kafkajs', /only services\/kit\/src\/kafka/],
    ['services/ticket/src/a.ts', '@opentelemetry/api', /only services\/kit/],
    ['services/ticket/src/a.ts', '../../kit/src/ids.ts', /stay in its project/],
    ['services/ticket/src/domain/a.ts', '../store/tickets.ts', /nothing of its service/],
    ['services/ticket/src/domain/a.ts', 'mongodb', /no input or output/],
    ['services/ticket/src/domain/a.ts', '@onus/kit/mongo', /no input or output/],
    ['services/ticket/src/app.ts', './main.ts', /nothing imports main/],
  ])('%s does not import %s', (path, specifier, why) => {
    expect(reasons({ [path]: `\nimport { x } from '${specifier}'\n` })).toEqual([expect.stringMatching(why)])
    expect(reasons({ [path]: `\nimport { x } from '${specifier}'\n` })[0]).toContain(`${path}:2:`)
  })

  it.each([
    ['services/ticket/src/worker.ts', '@onus/workflows-ticket/activities'],
    ['services/kit/src/kafka/publisher.ts', 'kafkajs'],
    ['workflows/ticket/src/domain/a.ts', 'node:crypto'],
    ['services/ticket/src/domain/a.ts', './b.ts'],
    ['services/ticket/src/domain/a.ts', '@onus/kit/problems'],
    ['services/ticket/src/domain/a.test.ts', 'vitest'],
    ['deploy/local/src/a.ts', '@onus/kit/kafka'],
  ])('%s may import %s', (path, specifier) => {
    expect(reasons({ [path]: `import { x } from '${specifier}'` })).toEqual([])
  })

  it('follow what the workflow loads, and not its types', () => {
    const found = reasons({
      'workflows/ticket/src/workflow.ts': `import { sleep } from '@temporalio/workflow'\nimport { a } from './a.ts'\nimport type { b } from './b.ts'`,
      'workflows/ticket/src/a.ts': `export { DateTime } from 'luxon'`,
      'workflows/ticket/src/b.ts': `import { DateTime } from 'luxon'`,
    })
    expect(found).toEqual([expect.stringMatching(/^workflows\/ticket\/src\/a\.ts:1: workflow code must/)])
  })

  it('see every way to name a module', () => {
    const code = `import 'a'\nimport type { B } from 'b'\nexport * from 'c'\nexport { d } from 'd'\nawait import('e')\nimport { type F } from 'f'`
    expect(importsOf('x.ts', code)).toEqual([
      { specifier: 'a', line: 1, typeOnly: false },
      { specifier: 'b', line: 2, typeOnly: true },
      { specifier: 'c', line: 3, typeOnly: false },
      { specifier: 'd', line: 4, typeOnly: false },
      { specifier: 'e', line: 5, typeOnly: false },
      { specifier: 'f', line: 6, typeOnly: true },
    ])
  })
})
