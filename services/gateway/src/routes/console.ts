import { z } from '@hono/zod-openapi'
import { type AnyOperation, operation } from '../http/operation/operation.ts'

/** What the console must know before anybody has signed in. */
export interface ConsoleConfig {
  /** Whom people sign in with; absent when nobody can. */
  issuer?: string
  clientId?: string
}

const config = z
  .object({
    signIn: z.object({ path: z.string(), issuer: z.string(), clientId: z.string() }).nullable().openapi({
      description: 'Where a browser begins to sign in; null when the installation has no issuer.',
    }),
    version: z.string(),
  })
  .openapi('ConsoleConfig')

export function consoleRoutes({ issuer, clientId }: ConsoleConfig, version: string): AnyOperation[] {
  return [
    operation({
      id: 'getConsoleConfig',
      method: 'get',
      path: '/console/config',
      tag: 'Console',
      summary: 'How to sign in to the console',
      door: 'public',
      answers: { 200: { description: 'The configuration.', schema: config } },
      refusals: ['invalid-request'],
      handle() {
        const signIn = issuer && clientId ? { path: '/auth/login', issuer, clientId } : null
        return { status: 200, body: { signIn, version } }
      },
    }),
  ]
}
