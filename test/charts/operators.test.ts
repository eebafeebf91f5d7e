import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { goModule } from '../support/go.ts'
import { EVERYTHING, type Manifest, MINIMAL, render } from './helm.ts'

/** Where operators publish what their objects look like: module, and files in it. */
const DEFINITIONS: [string, string[]][] = [
  ['github.com/kedacore/keda/v2@v2.17.2', ['config/crd/bases/keda.sh_scaledobjects.yaml']],
  [
    'github.com/cert-manager/cert-manager@v1.18.2',
    ['deploy/crds/crd-certificates.yaml', 'deploy/crds/crd-issuers.yaml'],
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    ['servicemonitors', 'podmonitors', 'prometheusrules'].map(
      (kind) => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
    ),
  ],
]

/** The schema of a definition, made strict: what it does not name is an error, as with `--validate=strict`. */
function strict(schema: any): any {
  if (Array.isArray(schema)) return schema.map(strict)
  if (schema === null || typeof schema !== 'object') return schema
  const { format: _, ...rest } = schema
  if (rest['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] }
  const made = Object.fromEntries(
    Object.entries(rest)
      // Patterns with flags inside are Go's, not JavaScript's.
      .filter(
        ([key, value]) =>
          !key.startsWith('x-kubernetes-') && !(key === 'pattern' && /\(\?i/.test(value as string)),
      )
      .map(([key, value]) => [
        key,
        key === 'properties'
          ? Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, strict(each)]))
          : ['items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', 'not'].includes(key)
            ? strict(value)
            : value,
      ]),
  )
  const open = rest['x-kubernetes-preserve-unknown-fields'] || rest.additionalProperties !== undefined
  if (made.type === 'object' && made.properties && !open) made.additionalProperties = false
  return made
}

const validators = new Map<string, ValidateFunction>()
const validatorOf = ({ apiVersion, kind }: Manifest) => validators.get(`${apiVersion} ${kind}`)

describe('objects for operators', { timeout: 300_000 }, () => {
  const SCALED = {
    ticketWorker: { keda: { enabled: true } },
    notification: { keda: { enabled: true } },
    metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
  }
  beforeAll(async () => {
    const ajv = new Ajv({ strict: false, allErrors: true })
    for (const [module, files] of DEFINITIONS) {
      const folder = await goModule(module)
      for (const file of files) {
        // Those that are templates of a chart only have them in labels.
        const text = (await readFile(join(folder, file), 'utf8')).replace(/^.*\{\{.*$/gm, '')
        const { group, names, versions } = parse(text).spec
        for (const { name, schema } of versions) {
          const properties = { ...schema.openAPIV3Schema.properties, metadata: { type: 'object' } }
          const made = strict({ ...schema.openAPIV3Schema, properties })
          validators.set(`${group}/${name} ${names.kind}`, ajv.compile(made))
        }
      }
    }
  }, 300_000)

  it.each([
    ['few values', { ...MINIMAL, ...SCALED }],
    [
      'all values',
      {
        ...EVERYTHING,
        tls: { certManager: { enabled: true, issuerRef: { kind: 'ClusterIssuer', name: 'own' } } },
        ...SCALED,
      },
    ],
    ['a PodMonitor', { ...MINIMAL, metrics: { podMonitor: { enabled: true } } }],
  ])('are as their definitions want them, with %s', async (_, values) => {
    const seen = new Set<string>()
    for (const manifest of await render(values)) {
      if (!/keda|cert-manager|coreos/.test(manifest.apiVersion)) continue
      const validate = validatorOf(manifest)
      expect(validate, `${manifest.apiVersion} ${manifest.kind}`).toBeDefined()
      seen.add(manifest.kind)
      expect(
        validate!(manifest) ? [] : validate!.errors,
        `${manifest.kind} ${manifest.metadata.name}`,
      ).toEqual([])
    }
    expect(seen).toContain('Certificate')
    expect(seen.has('ScaledObject')).toBe('ticketWorker' in values)
  })

  it('are refused when a field is misspelt', async () => {
    const manifests = await render({ ...MINIMAL, ...SCALED })
    const scaled = structuredClone(manifests.find(({ kind }) => kind === 'ScaledObject')!)
    scaled.spec.maxReplicasCount = 3
    expect(validatorOf(scaled)!(scaled)).toBe(false)
  })
})
