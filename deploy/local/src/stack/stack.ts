import { chmodSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type DependencyName, startDependencies } from '../dependencies/index.ts'
import { buildConsole } from '../install/console.ts'
import type { Progress } from '../install/once.ts'
import { AUDIENCE, startIssuer } from '../oidc/issuer.ts'
import { startGuardian } from '../processes/guardian.ts'
import { endRecorded, Registry, readRegistry } from '../processes/registry.ts'
import { Supervised } from '../processes/supervised.ts'
import { startSinks } from '../sinks/index.ts'
import { seedDemoAccount } from './demoAccount.ts'
import { type Local, localFile, removeLocal, writeLocal } from './local.ts'
import { holdDirectory } from './lock.ts'
import { loadSecrets } from './memory.ts'
import { Ports } from './ports.ts'
import { prepareDependencies } from './prepare.ts'
import { loadProviderKeys, providerEnv, receiverCredentials } from './providers.ts'
import { CODEC_SERVER, SERVICES, type ServiceName, serviceProcess } from './services.ts'

export interface StackOptions {
  /** State directory: `local.json`, `data/`, `logs/`. Two stacks need two. */
  dir: string
  /** Variables over those of this process; for the services too. */
  env?: NodeJS.ProcessEnv
  /** `preferred` tries the well-known ports first. Default `any`. */
  ports?: 'preferred' | 'any'
  progress?: Progress
}

export interface Stack {
  local: Local
  stop(): Promise<void>
}

/** Stops what was started, last first; one that fails to stop does not keep the others running. */
class Undo {
  readonly #steps: (() => Promise<void> | void)[] = []

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything stopped cleanly')
  }
}

/**
 * Starts all of Onus on loopback: what it stands on, the receivers, the issuer, the services, the demo account.
 * Answers when everything is ready and `local.json` is written.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const undo = new Undo()
  try {
    const local = await start(options, undo)
    return { local, stop: () => undo.run() }
  } catch (error) {
    await undo.run().catch(() => {})
    throw error
  }
}

async function start(options: StackOptions, undo: Undo): Promise<Local> {
  const dir = resolve(options.dir)
  const progress = options.progress ?? (() => {})
  const env = { ...process.env, ...options.env }
  const data = join(dir, 'data')
  const logs = join(dir, 'logs')
  const run = join(dir, 'run')
  for (const folder of [dir, data, logs, run]) mkdirSync(folder, { recursive: true })
  chmodSync(dir, 0o700)

  undo.add(holdDirectory(join(run, 'supervisor.json')))
  removeLocal(dir)
  const registryFile = join(run, 'processes.json')
  const leftOver = await endRecorded(readRegistry(registryFile))
  if (leftOver.length > 0) progress(`ended what a killed start had left: ${leftOver.join(', ')}`)
  const registry = new Registry(registryFile)
  undo.add(startGuardian(registryFile, localFile(dir)))

  const secrets = loadSecrets(join(data, 'secrets.json'))
  const providers = loadProviderKeys(join(data, 'providers.json'))
  const operatorKey = env.ONUS_OPERATOR_KEY || secrets.operatorKey
  const ports = new Ports(join(data, 'ports.json'), options.ports ?? 'any')

  const pids: Local['pids'] = {}
  let ready: Local | null = null
  undo.add(() => {
    ready = null
    removeLocal(dir)
  })
  const onPid = (name: DependencyName | ServiceName, pid: number | null) => {
    if (pid === null) delete pids[name]
    else pids[name] = pid
    if (ready) writeLocal(dir, ready)
  }

  progress('starting Temporal, Kafka, the store and the receivers')
  const [dependencies, sinks, issuer] = await all([
    startDependencies({
      data,
      logs,
      registry,
      progress,
      env,
      ports: {
        temporal: await ports.take('temporal'),
        temporalUi: await ports.take('temporalUi'),
        kafka: await ports.take('kafka'),
        mongodb: await ports.take('mongodb'),
      },
      onPid,
    }).then((started) => {
      undo.add(() => started.stop())
      return started
    }),
    startSinks({
      ports: { control: await ports.take('sinkControl'), smtp: await ports.take('sinkSmtp') },
      slackMemory: join(data, 'slack-people.json'),
      slackSigningSecret: providers.slackSigningSecret,
      push: receiverCredentials(providers),
    }).then((started) => {
      undo.add(() => started.close())
      return started
    }),
    startIssuer(await ports.take('oidc'), join(data, 'oidc-key.json')).then((started) => {
      undo.add(() => started.close())
      return started
    }),
  ])
  // The API does its work without the console, so a console that cannot be built stops nothing.
  await buildConsole(progress).catch((error: Error) =>
    progress(`the console could not be built: ${error.message}`),
  )
  const { addresses } = dependencies
  for (const name of ['SMTP_URL', 'SLACK_API_URL', 'FCM_URL', 'APNS_URL']) {
    if (env[name]) progress(`using the ${name} of the environment instead of the receiver`)
  }

  progress('starting the services')
  await prepareDependencies(addresses, env)
  const grpcPorts = {
    ticket: await ports.any(),
    directory: await ports.any(),
    rules: await ports.any(),
    notification: await ports.any(),
  }
  const grpcAddress = (name: keyof typeof grpcPorts) => `127.0.0.1:${grpcPorts[name]}`
  const httpPort = await ports.take('http')
  const inboundSmtpPort = await ports.take('inboundSmtp')
  const baseUrl = `http://127.0.0.1:${httpPort}`
  const serviceEnv = {
    LOG_LEVEL: 'info',
    SMTP_URL: sinks.smtpUrl,
    MAIL_DOMAIN: 'onus.localhost',
    NOTIFICATION_FROM: 'Onus <notifications@onus.localhost>',
    SLACK_API_URL: sinks.slackApiUrl,
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    SLACK_BOT_TOKEN: secrets.slackToken,
    ...providerEnv(providers, sinks),
    OIDC_DEFAULT_ISSUER: issuer.url,
    ...env,
    ONUS_INTERNAL_KEY: secrets.internalKey,
    ONUS_OPERATOR_KEY: operatorKey,
    PUBLIC_URL: baseUrl,
    MONGODB_URI: addresses.mongodbUri,
    KAFKA_BROKERS: addresses.kafkaBrokers,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: addresses.temporalNamespace,
    TICKET_ADDRESS: grpcAddress('ticket'),
    DIRECTORY_ADDRESS: grpcAddress('directory'),
    RULES_ADDRESS: grpcAddress('rules'),
    NOTIFICATION_ADDRESS: grpcAddress('notification'),
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(httpPort),
    INBOUND_SMTP_HOST: '127.0.0.1',
    INBOUND_SMTP_PORT: String(inboundSmtpPort),
  }
  const services: Supervised[] = []
  const metricsUrls: Local['metricsUrls'] = {}
  const codecPort = env.TEMPORAL_CODEC_KEYS ? await ports.take('codec') : null
  for (const { name, main } of codecPort === null ? SERVICES : [...SERVICES, CODEC_SERVER]) {
    const healthPort = await ports.any()
    metricsUrls[name] = `http://127.0.0.1:${healthPort}/metrics`
    const spec = serviceProcess({
      name,
      main,
      env: name === 'codec' ? codecEnv(serviceEnv, codecPort, addresses.temporalUiUrl) : serviceEnv,
      healthPort,
      grpcPort: name in grpcPorts ? grpcPorts[name as keyof typeof grpcPorts] : undefined,
      logFile: join(logs, `${name}.log`),
    })
    services.push(new Supervised(spec, { registry, progress, onPid: (pid) => onPid(name, pid) }))
  }
  // Undone last first, so the gateway, which stands first, is added last.
  for (const service of services.toReversed()) undo.add(() => service.stop())
  const began = Date.now()
  await Promise.all(
    services.map(async (service) => {
      await service.start()
      progress(`${service.spec.name} is ready (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    }),
  )

  progress('checking the demo account, or making it')
  const demo = await seedDemoAccount({
    baseUrl,
    operatorKey,
    seed: secrets.seed,
    file: join(data, 'demo.json'),
    oidcIssuer: issuer.url,
    oidcAudience: AUDIENCE,
  })
  issuer.setUsers(demo.agents.map(({ name, email }) => ({ sub: email.split('@')[0] ?? email, name, email })))

  const local: Local = {
    baseUrl,
    consoleUrl: `${baseUrl}/`,
    temporalAddress: addresses.temporalAddress,
    temporalNamespace: addresses.temporalNamespace,
    temporalUiUrl: addresses.temporalUiUrl,
    kafkaBrokers: addresses.kafkaBrokers,
    mongodbUri: addresses.mongodbUri,
    inboundSmtp: `127.0.0.1:${inboundSmtpPort}`,
    mailSinkUrl: sinks.mailSinkUrl,
    slackSinkUrl: sinks.slackSinkUrl,
    pushSinkUrl: sinks.pushSinkUrl,
    grpc: {
      ticket: grpcAddress('ticket'),
      directory: grpcAddress('directory'),
      rules: grpcAddress('rules'),
      notification: grpcAddress('notification'),
    },
    operatorKey,
    demo,
    pids,
    oidcIssuer: issuer.url,
    codecServerUrl: codecPort === null ? null : `http://127.0.0.1:${codecPort}`,
    metricsUrls,
  }
  ready = local
  writeLocal(dir, local)
  return local
}

/** The Temporal UI asks it from a browser. */
const codecEnv = (env: NodeJS.ProcessEnv, port: number | null, uiUrl: string | null): NodeJS.ProcessEnv => ({
  ...env,
  HTTP_PORT: String(port ?? 0),
  ...(uiUrl && { CODEC_UI_ORIGINS: new URL(uiUrl).origin }),
})

/** Waits for all, also when one fails, so that what the others started is known and can be undone. */
async function all<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as never
}
