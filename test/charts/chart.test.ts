import { directoryConfig } from '@onus/directory/config'
import { readConfig as readGateway } from '@onus/gateway/config'
import { parseConfig } from '@onus/kit/config'
import { readConfig as readNotification } from '@onus/notification/config'
import { rulesConfig } from '@onus/rules/config'
import { ticketConfig } from '@onus/ticket/config'
import { ticketWorkerConfig } from '@onus/ticket/config-worker'
import { describe, expect, it } from 'vitest'
import { CHART, EVERYTHING, type Manifest, MINIMAL, render, runHelm } from './helm.ts'

const PARTS = ['gateway', 'ticket', 'ticket-worker', 'directory', 'rules', 'notification']

const of = (manifests: Manifest[], kind: string): Manifest[] => manifests.filter((each) => each.kind === kind)
const named = (manifests: Manifest[], kind: string, name: string): Manifest => {
  const found = of(manifests, kind).find(({ metadata }) => metadata.name === name)
  if (!found) throw new Error(`no ${kind} ${name}`)
  return found
}

/** The pods that a release makes, by name. */
function pods(manifests: Manifest[]): [string, any][] {
  return manifests.flatMap(({ kind, metadata, spec }): [string, any][] => {
    if (kind === 'Deployment' || kind === 'Job') return [[metadata.name, spec.template.spec]]
    return kind === 'Pod' ? [[metadata.name, spec]] : []
  })
}

interface Variable {
  name: string
  value?: string
  valueFrom?: { secretKeyRef: { name: string; key: string } }
}

const variables = (manifests: Manifest[], part: string): Variable[] =>
  named(manifests, 'Deployment', `onus-${part}`).spec.template.spec.containers[0].env

/** Values as the secrets of an installation have them. */
const SECRETS: Record<string, string> = {
  MONGODB_URI: 'mongodb://user:password@mongodb/?replicaSet=rs0',
  SMTP_URL: 'smtps://user:password@mail.example:465',
}
const environment = (all: Variable[]): Record<string, string> =>
  Object.fromEntries(
    all.map(({ name, value, valueFrom }) => [
      name,
      valueFrom ? (SECRETS[name] ?? 'x'.repeat(32)) : (value ?? ''),
    ]),
  )

const READERS: Record<string, (env: Record<string, string>) => unknown> = {
  gateway: readGateway,
  ticket: (env) => parseConfig(ticketConfig, env),
  'ticket-worker': (env) => parseConfig(ticketWorkerConfig, env),
  directory: (env) => parseConfig(directoryConfig, env),
  rules: (env) => parseConfig(rulesConfig, env),
  notification: readNotification,
}

describe('the chart', () => {
  it('is well-formed', async () => {
    await runHelm('lint', '--strict', CHART, '--values', `${CHART}/values-dev.yaml`)
  })

  it('says everything that is missing at once, with the remedy', async () => {
    const refused = await render({}).catch((error: Error) => error.message)
    for (const value of [
      'auth.existingSecret',
      'temporal.address',
      'kafka.brokers',
      'mongodb.existingSecret',
      'smtp.existingSecret',
      'tls.certManager.enabled',
    ])
      expect(refused).toContain(value)
  })

  it.each([
    ['a value that is none', { gatway: { replicas: 3 } }, /gatway/],
    ['a wrong type', { gateway: { replicas: 'three' } }, /replicas/],
    ['an address without a port', { kafka: { brokers: ['kafka'] } }, /brokers/],
    ['a public URL with a path', { publicUrl: 'https://help.example/onus' }, /publicUrl/],
    ['keda and autoscaling together', keda(true), /ticketWorker: turn on either/],
    ['headers for no collector', { telemetry: { existingSecret: 'otlp' } }, /telemetry.otlpEndpoint/],
    [
      'a ratio without its share',
      { telemetry: { otlpEndpoint: 'http://collector:4318', sampler: 'traceidratio' } },
      /samplerArg/,
    ],
    ['SASL without a secret', { kafka: { brokers: ['k:1'], sasl: { mechanism: 'plain' } } }, /kafka.sasl/],
  ])('refuses %s', async (_, values, why) => {
    await expect(render({ ...MINIMAL, ...values })).rejects.toThrow(why)
  })

  it.each(PARTS)('gives %s an environment that it takes, and no variable that nobody reads', async (part) => {
    for (const values of [MINIMAL, EVERYTHING]) {
      const env = environment(variables(await render(values), part))
      const config = READERS[part]!(env) as Record<string, unknown>
      const unread = Object.keys(env).filter((name) => !(name in config))
      // Read by the process itself, before its own configuration.
      expect(unread.filter((name) => !READ_BY_EVERY_PROCESS.includes(name))).toEqual([])
    }
  })

  it.each(PARTS)('reaches by a value everything that %s can be told', async (part) => {
    const asked = new Set<string>()
    const rendered = environment(variables(await render(EVERYTHING), part))
    const told = new Proxy(rendered, {
      get(target, name: string) {
        asked.add(name)
        return target[name]
      },
    })
    READERS[part]!(told)
    const untold = [...asked].filter((name) => !(name in rendered) && !(name in NO_VALUES))
    expect(untold).toEqual([])
  })

  it('keeps versions of the workers that still have pinned workflows', async () => {
    const manifests = await render(EVERYTHING)
    const version = (name: string) =>
      Object.fromEntries(
        named(manifests, 'Deployment', name)
          .spec.template.spec.containers[0].env.filter((each: Variable) =>
            /_BUILD_ID|_DEPLOYMENT_/.test(each.name),
          )
          .map((each: Variable) => [each.name, each.value]),
      )
    const deployment = { TEMPORAL_DEPLOYMENT_NAME: 'onus-ticket-worker' }
    expect(version('onus-ticket-worker')).toEqual({ ...deployment, TEMPORAL_BUILD_ID: '0.1.0' })
    expect(version('onus-ticket-worker-0-0-9')).toEqual({ ...deployment, TEMPORAL_BUILD_ID: '0.0.9' })
    const kept = named(manifests, 'Deployment', 'onus-ticket-worker-0-0-9').spec
    expect(kept.template.spec.containers[0].image).toBe('onus:0.0.9')
    // Each looks after its own pods, and policies and budgets cover both.
    const current = named(manifests, 'Deployment', 'onus-ticket-worker').spec
    expect(kept.selector.matchLabels).not.toEqual(current.selector.matchLabels)
    const { podSelector } = named(manifests, 'NetworkPolicy', 'onus-ticket-worker').spec
    expect(kept.template.metadata.labels).toMatchObject(podSelector.matchLabels)
    const promote = named(manifests, 'Job', 'onus-promote').spec.template.spec.containers[0].env
    expect(promote).toContainEqual({ name: 'BUILD_ID', value: '0.1.0' })
    expect(of(await render(MINIMAL), 'Job').map(({ metadata }) => metadata.name)).toEqual(['onus-setup'])
  })

  it('refuses a value that has moved, with its new place', async () => {
    await expect(render({ ...MINIMAL, gateway: { maxMailBytes: 1_000_000 } })).rejects.toThrow(
      /gateway\.maxMailBytes is no value any more: write limits\.mailBytes/,
    )
  })

  it('keeps every secret in a secret', async () => {
    const secret = /KEY$|SECRET|PASSWORD|TOKEN$|_URI$|SMTP_URL|CODEC|SERVICE_ACCOUNT/
    const manifests = await render(EVERYTHING)
    for (const [name, pod] of pods(manifests))
      for (const variable of pod.containers.flatMap(
        ({ env = [] }: { env?: Variable[] }) => env,
      ) as Variable[])
        if (secret.test(variable.name) && !variable.value?.startsWith('/etc/onus/'))
          expect(variable.valueFrom, `${name}: ${variable.name}`).toBeDefined()
    expect(of(manifests, 'Secret')).toEqual([])
  })

  it('asks for nothing that the restricted pod security standard forbids', async () => {
    for (const [name, pod] of pods(await render(EVERYTHING))) {
      expect(pod.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(pod.automountServiceAccountToken, name).toBe(false)
      for (const container of pod.containers) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.image, name).not.toMatch(/:latest$|^[^:@]+$/)
        expect(container.resources.requests, name).toMatchObject({
          cpu: expect.anything(),
          memory: expect.anything(),
        })
        expect(container.resources.limits, name).toHaveProperty('memory')
      }
      const volumes = pod.volumes.map((volume: { name: string }) => volume.name)
      const mounted = pod.containers.flatMap(({ volumeMounts }: any) =>
        volumeMounts.map((mount: { name: string }) => mount.name),
      )
      expect(new Set(mounted), name).toEqual(new Set(volumes))
    }
  })

  it('stops every part within its time', async () => {
    const manifests = await render(MINIMAL)
    for (const part of PARTS) {
      const pod = named(manifests, 'Deployment', `onus-${part}`).spec.template.spec
      const [container] = pod.containers
      const stop = container.env.find(({ name }: Variable) => name === 'SHUTDOWN_TIMEOUT_MS').value / 1000
      const pause = container.lifecycle.preStop.sleep.seconds
      expect(pause + stop).toBeLessThan(pod.terminationGracePeriodSeconds)
      expect(container.readinessProbe.httpGet.path).toBe('/readyz')
      expect(container.livenessProbe.httpGet.path).toBe('/livez')
    }
  })

  it.each(PARTS)(
    'tells %s how its telemetry leaves, with the collector’s key from a secret',
    async (part) => {
      const told = variables(await render(EVERYTHING), part).filter(({ name }) => name.startsWith('OTEL_'))
      expect(told).toEqual([
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector.monitoring:4318' },
        {
          name: 'OTEL_EXPORTER_OTLP_HEADERS',
          valueFrom: { secretKeyRef: { name: 'otlp', key: 'otlp-headers' } },
        },
        { name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' },
        { name: 'OTEL_TRACES_SAMPLER_ARG', value: '0.1' },
        {
          name: 'OTEL_RESOURCE_ATTRIBUTES',
          value: 'deployment.environment.name=production,k8s.cluster.name=north%201',
        },
      ])
    },
  )

  it('restarts a part when what it reads has changed, and no other', async () => {
    const sums = async (values: object) => {
      const manifests = await render({ ...MINIMAL, ...values })
      return Object.fromEntries(
        PARTS.map((part) => [
          part,
          named(manifests, 'Deployment', `onus-${part}`).spec.template.metadata.annotations[
            'checksum/config'
          ],
        ]),
      )
    }
    const before = await sums({})
    const after = await sums({ smtp: { ...MINIMAL.smtp, from: 'Help <other@help.example>' } })
    expect(PARTS.filter((part) => before[part] !== after[part])).toEqual(['notification'])
    expect(await sums({})).toEqual(before)
  })

  it('lets in only the edges of the design', async () => {
    const manifests = await render(MINIMAL)
    const edges = of(manifests, 'NetworkPolicy').flatMap(({ metadata, spec }) =>
      spec.ingress
        .filter(({ ports }: any) => ports.some(({ port }: any) => port === 'grpc'))
        .flatMap(({ from }: any) =>
          from.map(({ podSelector }: any) => {
            const caller = podSelector.matchLabels['app.kubernetes.io/component']
            return `${caller} -> ${metadata.name.replace(/^onus-/, '')}`
          }),
        ),
    )
    const addresses = PARTS.flatMap((part) =>
      variables(manifests, part)
        .filter(({ name, value }) => name.endsWith('_ADDRESS') && value?.endsWith(':50051'))
        .map(({ value }) => `${part} -> ${value!.replace(/^onus-(.*):50051$/, '$1')}`),
    )
    expect(edges.sort()).toEqual(addresses.sort())
    for (const { metadata, spec } of of(manifests, 'NetworkPolicy')) {
      expect(spec.policyTypes, metadata.name).toEqual(['Ingress', 'Egress'])
      const open = spec.egress.filter(({ ports }: any) => ports === undefined)
      expect(open, metadata.name).toEqual([])
    }
  })

  it('calls only services that exist, on ports that they have', async () => {
    const manifests = await render(MINIMAL)
    const services = new Map(of(manifests, 'Service').map(({ metadata, spec }) => [metadata.name, spec]))
    for (const part of PARTS)
      for (const { name, value } of variables(manifests, part)) {
        const [host, port] = name.endsWith('_ADDRESS') ? (value ?? '').split(':') : []
        if (!host?.startsWith('onus-')) continue
        expect(services.get(host)?.ports.map((each: any) => each.port)).toContain(Number(port))
      }
  })

  it('leaves the number of pods to who scales them', async () => {
    const scaled = await render({ ...MINIMAL, gateway: { autoscaling: { enabled: true } }, ...keda(false) })
    expect(named(scaled, 'Deployment', 'onus-gateway').spec.replicas).toBeUndefined()
    expect(named(scaled, 'HorizontalPodAutoscaler', 'onus-gateway').spec.maxReplicas).toBe(10)
    expect(named(scaled, 'Deployment', 'onus-ticket-worker').spec.replicas).toBeUndefined()
    expect(named(scaled, 'ScaledObject', 'onus-ticket-worker').spec.triggers[0].metadata).toMatchObject({
      taskQueue: 'tickets',
    })
    expect(named(scaled, 'Deployment', 'onus-ticket').spec.replicas).toBe(2)
  })

  it('certifies every name that a part is called by', async () => {
    const manifests = await render(MINIMAL)
    const { dnsNames } = named(manifests, 'Certificate', 'onus-grpc').spec
    for (const part of PARTS)
      for (const { value } of variables(manifests, part))
        if (value?.endsWith(':50051')) expect(dnsNames).toContain(value.replace(':50051', ''))
  })

  it('prepares what the parts stand on before they start', async () => {
    const { metadata, spec } = named(await render(MINIMAL), 'Job', 'onus-setup')
    expect(metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade,pre-rollback')
    expect(spec.template.spec.containers[0].args).toEqual(['deploy/cluster/src/setup.ts'])
  })

  it('takes versions of workers back exactly when they are turned off', async () => {
    const unversioned = async (values: Record<string, unknown>) =>
      named(await render(values), 'Job', 'onus-setup').spec.template.spec.containers[0].env.find(
        ({ name }: { name: string }) => name === 'UNVERSIONED_DEPLOYMENTS',
      )?.value
    expect(await unversioned(MINIMAL)).toBe('onus-ticket-worker,onus-notification')
    expect(await unversioned(EVERYTHING)).toBeUndefined()
  })

  it('runs stand-ins for a trial, and only then', async () => {
    const trial = await render({}, '--values', `${CHART}/values-dev.yaml`)
    expect(of(await render(MINIMAL), 'Deployment').map(({ metadata }) => metadata.name)).not.toContain(
      'onus-dev',
    )
    const { containers } = named(trial, 'Deployment', 'onus-dev').spec.template.spec
    expect(containers[0].image).toBe('onus-dev:0.1.0')
    const ports = named(trial, 'Service', 'onus-dev').spec.ports.map(({ port }: { port: number }) => port)
    const { uri, url } = (named(trial, 'Secret', 'onus-dev') as { stringData?: Record<string, string> })
      .stringData!
    const { value: temporal } = variables(trial, 'ticket').find(({ name }) => name === 'TEMPORAL_ADDRESS')!
    const { value: kafka } = variables(trial, 'gateway').find(({ name }) => name === 'KAFKA_BROKERS')!
    for (const address of [uri, url, `x://${temporal}`, `x://${kafka}`]) {
      expect(new URL(address!).hostname).toBe('onus-dev')
      expect(ports).toContain(Number(new URL(address!).port))
    }
    const job = named(trial, 'Job', 'onus-setup')
    expect(job.metadata.annotations?.['helm.sh/hook']).toBe('post-install,post-upgrade,post-rollback')
  })

  it('has labels by which everything of a release is found', async () => {
    for (const { kind, metadata } of await render(EVERYTHING))
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
        'app.kubernetes.io/name': 'onus',
        'app.kubernetes.io/instance': 'onus',
        'app.kubernetes.io/part-of': 'onus',
      })
  })
})

/** Variables that no value sets, and why. */
const NO_VALUES: Record<string, string> = {
  ONUS_CACHE_DIR: 'the image says where its workflow bundles are',
  GRPC_INSECURE: 'follows from tls.enabled',
  CHANNELS_ALLOW_LOOPBACK: 'for the embedded stack only',
  WEBHOOK_ALLOW_LOOPBACK: 'for the embedded stack only',
}

/** What `runService` reads, what only TLS settings of gRPC say, and what OpenTelemetry reads itself. */
const READ_BY_EVERY_PROCESS = [
  'GRPC_HOST',
  'GRPC_PORT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_RESOURCE_ATTRIBUTES',
]

function keda(autoscaling: boolean): object {
  return { ticketWorker: { keda: { enabled: true }, autoscaling: { enabled: autoscaling } } }
}
