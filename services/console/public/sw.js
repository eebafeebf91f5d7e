// Makes the console installable, gives it a page for when nobody can be reached, and shows the notices that come
// while it is closed. Nothing of the API is kept: what is shown is always as it is now.
const CACHE = 'onus-2'
const OFFLINE = ['/offline.html', '/offline.css', '/offline.js', '/icon.svg']
/** A window that does not say in this time that it took a ticket is not listening. */
const WINDOW_ANSWERS_MS = 1000

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(OFFLINE)))
  self.skipWaiting()
})

self.addEventListener('activate', (event) => {
  const forgotten = caches
    .keys()
    .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
  event.waitUntil(Promise.all([forgotten, self.clients.claim()]))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (pathname.startsWith('/api/') || pathname.startsWith('/auth/')) return
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(() => caches.match('/offline.html')))
    return
  }
  if (OFFLINE.includes(pathname)) event.respondWith(fetch(request).catch(() => caches.match(request)))
})

self.addEventListener('push', (event) => {
  const message = read(event.data)
  event.waitUntil(
    self.registration.showNotification(message.title || 'Onus', {
      body: [message.body, message.why].filter(Boolean).join('\n'),
      // One entry for a ticket: the latest news replaces what came before, and makes itself heard.
      tag: message.tag,
      renotify: Boolean(message.tag),
      requireInteraction: message.event === 'chat_ringing',
      icon: '/icon-192.png',
      badge: '/icon-badge.png',
      dir: 'auto',
      data: { path: ownPath(message.url) },
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data?.path ?? '/'))
})

// The browser took another address for itself: the old one gets nothing any more.
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(resubscribe(event))
})

/** What came, whoever sent it: a message that cannot be read is a notice without words, never an error. */
function read(data) {
  try {
    return data?.json() ?? {}
  } catch {
    return {}
  }
}

/** The part of an address that leads into the console; other places are not opened. */
function ownPath(url) {
  if (typeof url !== 'string' || !URL.canParse(url, location.origin)) return '/'
  const { origin, pathname, search, hash } = new URL(url, location.origin)
  return origin === location.origin ? pathname + search + hash : '/'
}

/** Shows a page in the window that has it, or in one that is open, or in a new one. */
async function open(path) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const has = windows.find((each) => ownPath(each.url) === path)
  if (has) return focus(has)
  for (const each of windows) {
    // The window goes there by itself, so that what somebody writes in it is kept.
    if (await took(each, path)) return focus(each)
  }
  await self.clients.openWindow(path)
}

function took(client, path) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => resolve(true)
    setTimeout(() => resolve(false), WINDOW_ANSWERS_MS)
    client.postMessage({ type: 'open', path }, [port2])
  })
}

// Browsers refuse where nobody has just pressed something; the page is shown all the same.
const focus = (client) => client.focus().catch(() => {})

async function resubscribe(event) {
  const options = event.oldSubscription?.options ?? { userVisibleOnly: true }
  const subscription = event.newSubscription ?? (await self.registration.pushManager.subscribe(options))
  await fetch('/api/v1/me/devices', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ kind: 'web_push', subscription: subscription.toJSON(), app: 'Onus' }),
  })
}
