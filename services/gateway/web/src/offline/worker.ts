// The service worker: the page's own files, kept so that it opens without a line. Nothing that is anybody's: answers of
// methods never pass through here.
export {}
declare const SHELL: string[]
declare const VERSION: string

interface LastingEvent extends Event { waitUntil(what: Promise<unknown>): void }
interface AskedEvent extends LastingEvent { request: globalThis.Request; respondWith(answer: Promise<globalThis.Response>): void }
const worker = self as unknown as EventTarget & { skipWaiting(): Promise<void>; clients: { claim(): Promise<void> } }
const CACHE = `pulih-${VERSION}`

worker.addEventListener('install', (event) => {
  (event as LastingEvent).waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)))
})

worker.addEventListener('activate', (event) => {
  const others = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name)
    await worker.clients.claim()
  }
  (event as LastingEvent).waitUntil(others())
})

// The page asks for it when the reader agrees to load the new version.
worker.addEventListener('message', (event) => {
  if ((event as MessageEvent).data === 'take over') void worker.skipWaiting()
})

const OWN = /^\/(pulih\.|session$|events$|cal\/|oidc\/|livez$|readyz$|metrics$|openapi\.json$)/

worker.addEventListener('fetch', (event) => {
  const { request, respondWith } = event as AskedEvent
  const { pathname, origin } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin || OWN.test(pathname)) return
  const key = request.mode === 'navigate' ? '/index.html' : pathname
  if (key !== '/index.html' && !SHELL.includes(key)) return
  respondWith.call(event, caches.match(key).then((found) => found ?? fetch(request)))
})
