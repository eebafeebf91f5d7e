import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readmeOf, readValues } from '@onus/deploy-cluster/readme'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { pythonWith, runProgram } from '../support/python.ts'
import { CHART, EVERYTHING, type Manifest, MINIMAL, render } from './helm.ts'

/** Kubernetes' own schemas, for each version that the chart supports; in one Python package. */
const SCHEMAS = ['kubernetes-validate==1.34.1', 'PyYAML==6.0.2', 'setuptools==75.8.0']
const VERSIONS = ['1.29', '1.30', '1.31', '1.32', '1.33', '1.34']
/** Groups of operators: their schemas are not Kubernetes' own. */
const OF_OPERATORS = /^(cert-manager\.io|keda\.sh|monitoring\.coreos\.com)\//

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onus-static-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function written(name: string, manifests: Manifest[]): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  const own = manifests.filter(({ apiVersion }) => !OF_OPERATORS.test(apiVersion))
  // JSON is YAML for every reader; unquoted, `1:3` is a number to some.
  await writeFile(file, own.map((each) => JSON.stringify(each)).join('\n---\n'))
  return file
}

const SCALED = Object.fromEntries(
  ['gateway', 'ticket', 'directory', 'rules'].map((part) => [part, { autoscaling: { enabled: true } }]),
)

describe('what the chart renders', () => {
  it.each(VERSIONS)('is valid for Kubernetes %s, and says nothing that it does not know', async (version) => {
    const bin = await pythonWith(SCHEMAS)
    const files = await Promise.all([
      written('minimal', await render(MINIMAL)),
      written('everything', await render({ ...EVERYTHING, ...SCALED, ingress: { enabled: true } })),
      written('trial', await render({}, '--values', `${CHART}/values-dev.yaml`)),
    ])
    const args = ['--kubernetes-version', version, '--strict', '--quiet', ...files]
    expect(await runProgram(join(bin, 'kubernetes-validate'), args)).toEqual({ code: 0, output: '' })
  })

  // A container that waits for the processor shares it by its request; a limit would only make it wait longer.
  it('gives kube-score nothing to find', async () => {
    const program = process.env.KUBE_SCORE
    if (!program) throw new Error('KUBE_SCORE names no kube-score; run this suite through `npm test`')
    // One release at a time: it takes all files for one.
    const findings: string[] = []
    const args = ['score', '--kubernetes-version', 'v1.34', '--ignore-container-cpu-limit']
    for (const [name, values] of Object.entries({ MINIMAL, EVERYTHING: { ...EVERYTHING, ...SCALED } })) {
      const file = await written(`scored-${name}`, await render(values))
      const { output } = await runProgram(program, [...args, '--output-format', 'ci', file])
      findings.push(...output.split('\n').filter((line) => /^\[(WARNING|CRITICAL)\]/.test(line)))
    }
    expect(findings).toEqual([])
  })
})

describe('the chart’s README', () => {
  const read = (name: string) => readFileSync(join(CHART, name), 'utf8')

  it('says what values.yaml says; otherwise run `npm run chart:readme`', () => {
    expect(read('README.md')).toBe(readmeOf(read('values.yaml'), read('Chart.yaml')))
  })

  it('has every value', () => {
    const known = new Set(readValues(read('values.yaml')).map(({ path }) => path))
    const missing: string[] = []
    const look = (value: unknown, path: string) => {
      if (known.has(path)) return
      if (value === null || typeof value !== 'object' || Array.isArray(value)) missing.push(path)
      else for (const [key, inner] of Object.entries(value)) look(inner, path ? `${path}.${key}` : key)
    }
    look(parse(read('values.yaml')), '')
    expect(missing).toEqual([])
  })
})
