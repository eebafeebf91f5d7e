import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@onus/kit/clock'
import { fromRecord } from '@onus/kit/cloudevents'
import { isLoopback } from '@onus/kit/config'
import { createDirectoryReader } from '@onus/kit/directory'
import { consumerLag, createSubscriber, TOPICS } from '@onus/kit/kafka'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { createGuardedFetch } from '@onus/kit/net'
import { thisPart } from '@onus/kit/part'
import { runService } from '@onus/kit/service'
import packageJson from '../package.json' with { type: 'json' }
import { createApp } from './app.ts'
import { readConfig, smtpTls } from './config.ts'
import { createLiveEvents } from './events/live.ts'
import { EventSight } from './events/sight.ts'
import { createServiceClients } from './grpc/clients.ts'
import { createAuthenticate } from './http/authentication/authentication.ts'
import { createTokenVerifier } from './http/authentication/oidc.ts'
import { createIdempotency } from './http/idempotency/idempotency.ts'
import { createMongoIdempotencyStore, ensureIdempotencyExpiry } from './http/idempotency/mongo-store.ts'
import { createSealer } from './http/idempotency/seal.ts'
import { serveHttp } from './http/server.ts'
import { lookAtInstallation } from './operations/installation.ts'
import { SESSION_SCHEME } from './session/cookie.ts'
import { discover } from './session/discovery.ts'
import { createMongoSessionStore, createSessions } from './session/sessions.ts'
import { createSignIn } from './session/sign-in.ts'
import { createInboundSmtp } from './smtp/index.ts'
import { createMongoViewerStore, VIEWER_QUERIES } from './viewers/store.ts'
import { createViewers } from './viewers/viewers.ts'

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

await runService('gateway', async ({ log, health, onStop, reach }) => {
  const config = readConfig()

  const mongo = await reach('mongodb', () =>
    connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE }),
  )
  onStop('mongo', mongo.close)
  health.check('mongo', mongo.ping)
  await reach('mongodb', async () => {
    await ensureIdempotencyExpiry(mongo.db)
    await ensureIndexes(mongo.db, VIEWER_QUERIES)
  })

  const services = createServiceClients(config)
  onStop('service clients', services.close)
  health.check('ticket', () => services.ticket.connected(1500))
  health.check('directory', () => services.directory.connected(1500))

  // Addresses of issuers come from the accounts' admins: they must not lead into our own network.
  const onThisMachine = [config.PUBLIC_URL, config.OIDC_DEFAULT_ISSUER]
    .filter((address) => address !== undefined)
    .some((address) => isLoopback(new URL(address).hostname))
  const guardedFetch = createGuardedFetch({ allowLoopback: onThisMachine, timeoutMs: 5_000 })
  onStop('issuers', guardedFetch.close)
  const tokens = createTokenVerifier({
    fetch: guardedFetch,
    trustedIssuer: (issuer, deadline) => services.directory.getTrustedIssuer({ issuer }, { deadline }),
    authenticateIdentity: (identity, deadline) =>
      services.directory.authenticateIdentity(identity, { deadline }),
  })
  const byKeyOrToken = createAuthenticate({
    operatorKey: config.ONUS_OPERATOR_KEY,
    authenticateKey: (key, deadline) => services.directory.authenticateKey({ key }, { deadline }),
    tokens,
  })
  const sessionStore = await reach('mongodb', () => createMongoSessionStore(mongo.db))
  const sessions = createSessions({
    store: sessionStore,
    clock: systemClock,
    lifetimeMs: config.SESSION_LIFETIME_MS,
    trustedIssuer: (issuer, deadline) => services.directory.getTrustedIssuer({ issuer }, { deadline }),
    authenticateIdentity: (identity, deadline) =>
      services.directory.authenticateIdentity(identity, { deadline }),
  })
  const authenticate: typeof byKeyOrToken = (authorization, deadline) =>
    authorization?.startsWith(SESSION_SCHEME)
      ? sessions.authenticate(authorization.slice(SESSION_SCHEME.length), deadline)
      : byKeyOrToken(authorization, deadline)
  const signIn = createSignIn({
    installation: config.OIDC_DEFAULT_ISSUER
      ? {
          issuer: config.OIDC_DEFAULT_ISSUER,
          clientId: config.OIDC_CLIENT_ID,
          clientSecret: config.OIDC_CLIENT_SECRET,
        }
      : undefined,
    findSignIn: (where, deadline) => services.directory.findSignIn(where, { deadline }),
    publicUrl: config.PUBLIC_URL,
    secret: config.ONUS_INTERNAL_KEY,
    fetch: guardedFetch,
    post: guardedFetch,
    verifier: tokens,
    once: sessionStore.once,
  })

  const directory = createDirectoryReader(services.directory, 'gateway')
  const live = createLiveEvents({
    log,
    reauthenticate: (authorization) =>
      authenticate(authorization, new Date(Date.now() + config.REQUEST_DEADLINE_MS)),
    sight: new EventSight({
      members: (accountId) => directory.snapshot(accountId),
      holder: async (ticketId, caller) => {
        const { departmentId, agentId = null } = await services.ticket.getTicket({ ticketId }, { caller })
        return { departmentId, agentId }
      },
    }),
  })
  // Each gateway tells its own listeners, so each needs every event: a group of its own, from now on.
  const subscriber = createSubscriber(
    config,
    {
      groupId: `gateway-live-${randomUUID()}`,
      topics: [TOPICS.ticketEvents, TOPICS.notificationEvents],
      onPoison: 'skip',
      attempts: 1,
    },
    log,
  )
  onStop('live events', () => subscriber.close())
  health.watch('live events', () => subscriber.problem())
  const consuming = subscriber.run(async (record) => live.publish(fromRecord(record), record))
  consuming.then(
    () => live.started(systemClock()),
    (err) => log.error({ err }, 'live events are not consumed'),
  )

  const viewers = createViewers({
    store: createMongoViewerStore(mongo.db),
    clock: systemClock,
    log,
    tell: live.tellViewers,
    heard: live.heard,
  })
  viewers.start()
  onStop('viewers', async () => viewers.close())

  const smtp = createInboundSmtp({
    directory: services.directory,
    ticket: services.ticket,
    bounces: config.MAIL_DOMAIN
      ? { domain: config.MAIL_DOMAIN, notification: services.notification }
      : undefined,
    log,
    maxMailBytes: config.MAX_MAIL_BYTES,
    hostname: config.INBOUND_SMTP_NAME,
    tls: smtpTls(config),
  })
  const smtpPort = await smtp.listen(config.INBOUND_SMTP_HOST, config.INBOUND_SMTP_PORT)
  onStop('smtp', () => smtp.close())
  const smtpAddress = `${config.INBOUND_SMTP_HOST}:${smtpPort}`

  const app = createApp({
    clients: services.clients,
    readDirectory: (call) =>
      directory.snapshot(call.caller.accountId, {
        deadlineMs: Math.max(1, call.deadline.getTime() - Date.now()),
      }),
    authenticate,
    idempotency: createIdempotency(
      createMongoIdempotencyStore(mongo.db, systemClock),
      createSealer(config.ONUS_INTERNAL_KEY),
      log,
    ),
    live,
    viewers,
    log,
    clock: systemClock,
    limits: { attachment: config.MAX_ATTACHMENT_BYTES, mail: config.MAX_MAIL_BYTES },
    deadlineMs: config.REQUEST_DEADLINE_MS,
    document: {
      publicUrl: config.PUBLIC_URL,
      version: packageJson.version,
      issuer: config.OIDC_DEFAULT_ISSUER,
    },
    lookAtInstallation: lookAtInstallation({
      version: thisPart()?.version ?? packageJson.version,
      startedAt: thisPart()?.startedAt ?? systemClock(),
      clock: systemClock,
      parts: services.parts,
      self: async () => (await thisPart()?.ready()) ?? { ok: true, problems: {} },
      lag: () => consumerLag(config, log),
    }),
    smtpAddress,
    asyncApiFile: fromRoot('proto/events/asyncapi.json'),
    discoverIssuer: (issuer) => discover(issuer, guardedFetch),
    consoleDirectory: fromRoot('services/console/dist'),
    console: { sessions, signIn, clientId: config.OIDC_CLIENT_ID },
  })
  const http = await serveHttp(app.fetch, config.HTTP_PORT, config.HTTP_HOST)
  onStop('http', http.close)
  onStop('event streams', () => live.close())
  log.info({ http: http.address, smtp: smtpAddress }, 'the door is open')
})
