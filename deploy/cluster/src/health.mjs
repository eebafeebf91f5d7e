// Whether the process in this container is ready: exit 0 or 1. For `docker`'s HEALTHCHECK; Kubernetes asks
// /readyz itself. Plain JavaScript without imports, so that a check costs little.
const port = process.env.HEALTH_PORT ?? '9464'
try {
  const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) })
  process.exit(ok ? 0 : 1)
} catch {
  process.exit(1)
}
