// Keeps the light pages that were opened, so that they can be read without a line. One store per version of the data,
// the one before is kept as well: every page says its own version and date. What is sent in a form is never kept.
"use strict";
const BEGIN = "light-", OWN = BEGIN + new URL(location).searchParams.get("v"), LIMIT = 100;
importScripts("observe.js");

// whoever has opened a facility can fill in its form without a line: kept without a key, which the script makes
const keepForm = async (store, opened) => {
  const form = opened.replace(/\/m\/(facility|visit)\//, "/m/form/");
  if (form === opened || (await store.match(form, { ignoreVary: true }))) return;
  const answer = await fetch(form);
  if (answer.ok) await store.put(form, answer);
};

const keep = async (store, request, answer) => {
  if (!answer.ok || answer.type !== "basic" || /no-store/.test(answer.headers.get("cache-control"))) return;
  await store.delete(request, { ignoreVary: true });
  await store.put(request, answer);
  await keepForm(store, String(request.url || request));
  const kept = await store.keys();
  await Promise.all(kept.slice(5, Math.max(5, kept.length - LIMIT)).map((old) => store.delete(old)));
};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(OWN).then((store) => store.addAll(["./", "offline", "receipt", "light.js", "observe.js"])).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(BEGIN) && name !== OWN);
    await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
    await clients.claim();
    const store = await caches.open(OWN);
    // the page that brought this worker here was opened before it could see it
    const opened = await clients.matchAll({ type: "window" });
    await Promise.all(opened.map(({ url }) => fetch(url).then((answer) => keep(store, url, answer)).catch(() => {})));
  })());
});

addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin || !request.url.startsWith(registration.scope)) return;
  event.respondWith((async () => {
    const store = await caches.open(OWN);
    try {
      const answer = await fetch(request);
      event.waitUntil(keep(store, request, answer.clone()).catch(() => {}));
      return answer;
    } catch (error) {
      const find = (one, how) => store.match(one, how).then((found) => found || caches.match(one, how));
      const kept = (await find(request, { ignoreVary: true }))
        || (await find(request.url.replace("/m/observe/", "/m/form/"), { ignoreVary: true }))
        || (address.pathname.endsWith(".js") && (await find(request, { ignoreVary: true, ignoreSearch: true })));
      if (kept) return kept;
      if (request.mode === "navigate") return caches.match(new URL("offline", registration.scope), { ignoreVary: true });
      throw error;
    }
  })());
});

addEventListener("sync", (event) => {
  if (event.tag === "observations") event.waitUntil(sendWaiting());
});
