// Lets the live page open while its server is away, from the second visit on. It keeps the page and
// the files that it is made of, and nothing else: no answer of the API, no recording, no result. The
// network comes first, so a page is never older than its server.

const CACHE = "sentivox-page-1"; // another name when what is kept changes; old ones are deleted
const FILES = /^(static\/[^/]+)?$/; // below the scope; "" is the page

self.addEventListener("activate", (event) => event.waitUntil(tidy()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const scope = new URL(self.registration.scope);
  if (request.method !== "GET" || origin !== scope.origin || !pathname.startsWith(scope.pathname)) return;
  if (FILES.test(pathname.slice(scope.pathname.length))) event.respondWith(answer(request, origin + pathname));
});

/** The server's answer, which is kept; the one kept before, if the server does not answer. */
async function answer(request, address) {
  try {
    const found = await fetch(request);
    if (found.ok && found.type === "basic" && !found.redirected) await keep(address, found.clone());
    return found;
  } catch (error) {
    const before = await (await caches.open(CACHE)).match(address);
    if (before) return before;
    throw error;
  }
}

async function keep(address, found) {
  try {
    await (await caches.open(CACHE)).put(address, found);
  } catch { /* no room: it is simply not there without the server */ }
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("sentivox-page-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}
