import { OpenAPIHono } from '@hono/zod-openapi'
import type { Clock } from '@onus/kit/clock'
import type { Logger } from '@onus/kit/logging'
import { isReason } from '@onus/kit/problems'
import type { Clients } from './clients.ts'
import type { LiveEvents } from './events/live.ts'
import type { Authenticate } from './http/authentication/authentication.ts'
import { type GatewayEnv, requestContext } from './http/context/context.ts'
import type { Idempotency } from './http/idempotency/idempotency.ts'
import type { AnyOperation } from './http/operation/operation.ts'
import { mountOperations } from './http/operation/router.ts'
import { methodNotAllowed, problemMapper, unknownPath } from './http/problems/problems.ts'
import { securityHeaders } from './http/security-headers/security-headers.ts'
import { type DocumentOptions, openApiDocument } from './openapi/document.ts'
import type { LookAtInstallation } from './operations/installation.ts'
import { accountRoutes } from './routes/accounts.ts'
import { attachmentRoutes } from './routes/attachments.ts'
import { channelRoutes } from './routes/channels.ts'
import { consoleRoutes } from './routes/console.ts'
import { directoryRoutes } from './routes/directory.ts'
import { documentRoutes } from './routes/documents.ts'
import { exportRoutes } from './routes/exports.ts'
import { inboundRoutes } from './routes/inbound.ts'
import { insightRoutes } from './routes/insight.ts'
import { integrationRoutes } from './routes/integrations.ts'
import { keyRoutes } from './routes/keys.ts'
import { leavingRoutes } from './routes/leaving.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { meRoutes } from './routes/me.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { operationRoutes } from './routes/operations.ts'
import { ruleInsightRoutes } from './routes/rule-insight.ts'
import { ruleRoutes } from './routes/rules.ts'
import { templateRoutes } from './routes/templates.ts'
import { ticketRoutes } from './routes/tickets.ts'
import { type ReadDirectory, timelineRoutes } from './routes/timeline.ts'
import { unsubscribeRoutes } from './routes/unsubscribe.ts'
import { viewerRoutes } from './routes/viewers.ts'
import { viewRoutes } from './routes/views.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { sessionFromCookie } from './session/cookie.ts'
import type { Issuer } from './session/discovery.ts'
import { type ConsoleDoor, mountSignIn } from './session/routes.ts'
import { consoleFile, consolePage } from './static/console.ts'
import { homePage, PAGE_HEADERS, problemListPage, problemPage } from './static/pages.ts'
import type { Viewers } from './viewers/viewers.ts'

/** Everything that the gateway is made of, put together by `main` or by a test. */
export interface Deps {
  clients: Clients
  readDirectory: ReadDirectory
  authenticate: Authenticate
  idempotency: Idempotency
  live: LiveEvents
  viewers: Viewers
  log: Logger
  clock: Clock
  limits: { attachment: number; mail: number }
  /** A request is answered within this time. */
  deadlineMs: number
  document: DocumentOptions
  lookAtInstallation: LookAtInstallation
  /** Address of the inbound SMTP port, for people. */
  smtpAddress?: string
  asyncApiFile: string
  /** Asks an issuer what it is; rejects with why it cannot be used. */
  discoverIssuer: (issuer: string) => Promise<Issuer>
  consoleDirectory: string
  /** Signing in to the console; absent: nobody can. */
  console?: ConsoleDoor & { clientId: string }
}

const PREFIX = '/api/v1'

/** All operations, in the order of the document. */
export function operationsOf(deps: Deps): AnyOperation[] {
  const { clients } = deps
  const operations: AnyOperation[] = [
    ...ticketRoutes(clients),
    ...timelineRoutes(clients, deps.readDirectory),
    ...attachmentRoutes(clients),
    ...meRoutes(clients, deps.live),
    ...viewRoutes(clients),
    ...viewerRoutes(clients, deps.viewers),
    ...ledgerRoutes(clients),
    ...notificationRoutes(clients),
    ...unsubscribeRoutes(clients),
    ...insightRoutes(clients),
    ...ruleInsightRoutes(clients),
    ...ruleRoutes(clients),
    ...templateRoutes(clients),
    ...directoryRoutes(clients),
    ...leavingRoutes(clients),
    ...operationRoutes(clients, deps.lookAtInstallation),
    ...keyRoutes(clients),
    ...integrationRoutes(clients, deps.document.publicUrl, deps.discoverIssuer),
    ...channelRoutes(clients),
    ...webhookRoutes(clients),
    ...exportRoutes(clients),
    ...inboundRoutes(clients),
    ...accountRoutes(clients),
    ...consoleRoutes(
      { issuer: deps.document.issuer, clientId: deps.console?.clientId },
      deps.document.version,
    ),
  ]
  let document: unknown
  const documented = documentRoutes(() => {
    document ??= openApiDocument([...operations, ...documented], deps.document)
    return document
  }, deps.asyncApiFile)
  return [...operations, ...documented]
}

/** The gateway's HTTP side, without a socket. */
export function createApp(deps: Deps): OpenAPIHono<GatewayEnv> {
  const app = new OpenAPIHono<GatewayEnv>()
  app.onError(problemMapper())
  app.notFound(unknownPath())
  app.use(securityHeaders(deps.document.publicUrl.startsWith('https:')))
  app.use(requestContext(deps.log, deps.clock, deps.deadlineMs))
  if (deps.console) {
    app.use(`${PREFIX}/*`, sessionFromCookie(deps.document.publicUrl))
    mountSignIn(app, deps.document.publicUrl, deps.console)
  }
  mountOperations(app, PREFIX, operationsOf(deps), deps)
  app.all(`${PREFIX}/*`, (c) => c.notFound())
  mountPages(app, deps)
  return app
}

function mountPages(app: OpenAPIHono<GatewayEnv>, deps: Deps): void {
  app.get('/problems', (c) => c.body(problemListPage(), 200, PAGE_HEADERS))
  app.get('/problems/:reason', (c) => {
    const reason = c.req.param('reason')
    return isReason(reason) ? c.body(problemPage(reason), 200, PAGE_HEADERS) : c.notFound()
  })
  app.get('/*', async (c) => {
    const file = await consoleFile(deps.consoleDirectory, c.req.path, c.req.header('accept-encoding'))
    if (file) return file
    const page = c.req.header('accept')?.includes('text/html')
      ? await consolePage(deps.consoleDirectory, c.req.path)
      : null
    if (page) return page
    if (c.req.path !== '/') return c.notFound()
    const addresses = { publicUrl: deps.document.publicUrl, smtp: deps.smtpAddress }
    return c.body(homePage(addresses), 200, PAGE_HEADERS)
  })
  for (const path of ['/', '/problems', '/problems/:reason']) app.all(path, methodNotAllowed(['GET']))
}
