interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL: (url: string) => string
  }
}

const WORKER = '/sw.js'

/** The one script address that our page's policy lets us name by hand. */
function workerAddress(): string {
  const factory = (window as { trustedTypes?: PolicyFactory }).trustedTypes
  if (!factory) return WORKER
  const policy = factory.createPolicy('onus', {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError(`not ours: ${url}`)
      return url
    },
  })
  return policy.createScriptURL(WORKER)
}

/** Goes where a pressed notice leads, without losing what the window has. */
export function listenForNotices(go: (path: string) => void): () => void {
  if (!('serviceWorker' in navigator)) return () => {}
  const hear = ({ data, ports }: MessageEvent<{ type?: string; path?: string }>) => {
    if (data?.type !== 'open' || typeof data.path !== 'string') return
    ports[0]?.postMessage('taken')
    go(data.path)
  }
  navigator.serviceWorker.addEventListener('message', hear)
  navigator.serviceWorker.startMessages()
  return () => navigator.serviceWorker.removeEventListener('message', hear)
}

/** Makes the console installable, and gives it a page for when there is no connection. */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  addEventListener('load', () => {
    navigator.serviceWorker.register(workerAddress()).catch(() => {
      // Private windows and old browsers refuse; the console works without.
    })
  })
}
