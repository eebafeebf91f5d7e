import { register } from 'node:module'
import { isWanted } from './telemetry/wanted.ts'

/**
 * `node --import @onus/kit/register main.ts`: traces of libraries that we do not wrap ourselves (HTTP,
 * MongoDB). They have to be patched before the program loads them, and only when traces are wanted:
 * the patches cost time on every call.
 */
if (isWanted('traces')) {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
  const { registerInstrumentations } = await import('@opentelemetry/instrumentation')
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http')
  const { MongoDBInstrumentation } = await import('@opentelemetry/instrumentation-mongodb')
  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => /^\/(livez|readyz|metrics)\b/.test(request.url ?? ''),
      }),
      new MongoDBInstrumentation(),
    ],
  })
}
