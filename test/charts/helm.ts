import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'

const run = promisify(execFile)

/** The chart as it is in this checkout. */
export const CHART = resolve(import.meta.dirname, '../../charts/onus')

/** A Kubernetes object as a template made it. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: any
  data?: Record<string, string>
}

/** `helm` as the test run installed it. */
function helm(): string {
  const path = process.env.HELM
  if (!path) throw new Error('HELM names no helm; run this suite through `npm test`')
  return path
}

/** The newest Kubernetes that the chart is tried against; helm itself knows none without a cluster. */
const KUBE_VERSION = ['--kube-version', '1.34.0']

/** Runs helm; rejects with what it said on its error output. */
export async function runHelm(...args: string[]): Promise<string> {
  const { stdout } = await run(helm(), [...args, ...KUBE_VERSION], { maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

const rendered = new Map<string, Promise<Manifest[]>>()

/** What `helm template` makes of the chart with these values, besides those of the files. */
export function render(values: Record<string, unknown>, ...args: string[]): Promise<Manifest[]> {
  const key = JSON.stringify([values, args])
  const known = rendered.get(key) ?? template(values, args)
  rendered.set(key, known)
  return known
}

async function template(values: Record<string, unknown>, args: string[]): Promise<Manifest[]> {
  const folder = await mkdtemp(join(tmpdir(), 'onus-chart-'))
  try {
    const file = join(folder, 'values.json')
    await writeFile(file, JSON.stringify(values))
    const text = await runHelm('template', 'onus', CHART, '--namespace', 'help', ...args, '--values', file)
    return parseAllDocuments(text)
      .map((document) => {
        if (document.errors.length > 0) throw new Error(`${document.errors[0]}\n${document.toString()}`)
        return document.toJS() as Manifest | null
      })
      .filter((manifest): manifest is Manifest => manifest !== null)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What an installation has to say at least. */
export const MINIMAL = {
  auth: { existingSecret: 'onus-auth' },
  temporal: { address: 'temporal:7233' },
  kafka: { brokers: ['kafka-0:9092', 'kafka-1:9092'] },
  mongodb: { existingSecret: 'onus-mongodb' },
  smtp: { existingSecret: 'onus-smtp', domain: 'help.example', from: 'Help <help@help.example>' },
  tls: { certManager: { enabled: true } },
}

/** An installation that uses everything the chart has. */
export const EVERYTHING = {
  ...MINIMAL,
  telemetry: {
    otlpEndpoint: 'http://collector.monitoring:4318',
    existingSecret: 'otlp',
    sampler: 'parentbased_traceidratio',
    samplerArg: '0.1',
    resourceAttributes: { 'deployment.environment.name': 'production', 'k8s.cluster.name': 'north 1' },
  },
  temporal: {
    address: 'acme.tmprl.example:7233',
    namespace: 'acme',
    tls: { enabled: true, existingSecret: 'temporal-tls', clientCertificate: true, serverName: 'temporal' },
    apiKey: { existingSecret: 'temporal-key' },
    codec: { existingSecret: 'temporal-codec' },
    taskQueuePrefix: 'acme-',
    workerVersioning: {
      enabled: true,
      keep: [{ buildId: '0.0.9' }],
    },
  },
  kafka: {
    brokers: ['kafka:9093'],
    topicPrefix: 'acme.',
    tls: { enabled: true, existingSecret: 'kafka-tls', clientCertificate: true },
    sasl: { mechanism: 'scram-sha-512', existingSecret: 'kafka-sasl' },
  },
  push: {
    fcm: { existingSecret: 'fcm', url: 'https://fcm.example', tokenUrl: 'https://token.example/token' },
    apns: {
      existingSecret: 'apns',
      keyId: 'ABCDE12345',
      teamId: 'TEAM123456',
      topic: 'example.onus',
      url: 'https://apns.example',
      sandboxUrl: 'https://sandbox.example',
    },
    webPush: { existingSecret: 'vapid', subject: 'mailto:push@help.example' },
  },
  oidc: { issuer: 'https://id.example', existingSecret: 'oidc' },
  slack: { existingSecret: 'slack', apiUrl: 'https://slack.example/api' },
  notification: {
    rates: {
      email: '50:100',
      slackChannel: '1:3',
      slackWorkspace: '5:20',
      fcm: '500',
      apns: '500',
      webPush: '100',
    },
  },
  ingress: { enabled: true, className: 'nginx', tlsSecret: 'public-tls' },
  inboundMail: { tlsSecret: 'mail-tls', service: { type: 'LoadBalancer' } },
  metrics: { serviceMonitor: { enabled: true } },
}
