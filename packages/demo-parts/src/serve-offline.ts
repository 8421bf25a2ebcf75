/**
 * The service worker of every demo. It keeps the page's files, so that it works offline, and serves them with the headers that isolate it: only isolated pages
 * get shared memory, and with it threads, and not every server can be told to send them.
 */

/** Written by the build, see build/offline.ts: a hash of all files, and their names. */
declare const __VERSION__: string;
declare const __FILES__: readonly string[];

/** The parts of a service worker's scope that are used; TypeScript's library has them beside the page's own or not at all. */
interface ServiceWorkerScope {
  readonly location: Location;
  readonly caches: CacheStorage;
  readonly clients: { claim(): Promise<void> };
  addEventListener(name: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(name: 'fetch', listener: (event: Fetching) => void): void;
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
const scope = globalThis as unknown as ServiceWorkerScope;

/** @param name Of the demo: other pages of the same origin keep their files under theirs. */
export function serveOffline(name: string): void {
  const cacheName = `${name}-${__VERSION__}`;
  scope.addEventListener('install', (event) => {
    event.waitUntil(scope.caches.open(cacheName).then((cache) => cache.addAll([...__FILES__])));
  });

  scope.addEventListener('activate', (event) => {
    event.waitUntil(
      (async () => {
        for (const kept of await scope.caches.keys())
          if (kept.startsWith(`${name}-`) && kept !== cacheName) await scope.caches.delete(kept);
        await scope.clients.claim();
      })(),
    );
  });

  scope.addEventListener('fetch', (event) => {
    const { request } = event;
    if (request.method !== 'GET' || new URL(request.url).origin !== scope.location.origin) return;
    event.respondWith(answer(request, cacheName));
  });
}

async function answer(request: Request, cacheName: string): Promise<Response> {
  const cache = await scope.caches.open(cacheName);
  const key = request.mode === 'navigate' ? new URL('index.html', scope.location.href).href : request.url;
  const kept = await cache.match(key, { ignoreSearch: true });
  if (kept) return isolated(kept);
  const fetched = await fetch(request);
  // What is not kept from the start, the files for WebGPU, is kept from its first use on.
  if (fetched.ok) await cache.put(key, fetched.clone());
  return isolated(fetched);
}

function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-embedder-policy', 'require-corp');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
