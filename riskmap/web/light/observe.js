// What I saw, with a script: the draft is kept on this device, sent when there is a line, and never twice (one key).
// Pages and the service worker share this file. Nothing leaves the device before "Send".
"use strict";
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(26)), (byte) => LETTERS[byte & 31]).join("");
const told = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("observations");

// ---- the forms on this device: { key, facility, title, action, fields, photos, state, words, receipt, keep } by key
const withForms = async (mode, ask) => {
  const opened = await new Promise((resolve, reject) => {
    const asked = indexedDB.open("observations", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("forms", { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  try {
    return await new Promise((resolve, reject) => {
      const work = opened.transaction("forms", mode), asked = ask(work.objectStore("forms"));
      work.oncomplete = () => resolve(asked.result);
      work.onabort = work.onerror = () => reject(work.error);
    });
  } finally {
    opened.close();
  }
};
const allForms = () => withForms("readonly", (forms) => forms.getAll());
const changed = () => { if (told) told.postMessage(""); if (self.document) list(); };
const putForm = async (form) => { await withForms("readwrite", (forms) => forms.put(form)); changed(); };
const dropForm = async (key) => { await withForms("readwrite", (forms) => forms.delete(key)); changed(); };

// key -> what the server said; throws where there is no line, so that the browser asks again later
const sendWaiting = async () => {
  const said = {};
  const work = async () => {
    for (const form of await allForms()) {
      if (form.state !== "waiting") continue;
      const body = new FormData();
      for (const [name, value] of Object.entries({ ...form.fields, key: form.key })) body.append(name, value);
      for (const photo of form.photos) body.append("photos", photo, "photo");
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const words = await answer.json().catch(() => ({}));
      said[form.key] = words;
      if (answer.ok && words.receipt) await putForm({ ...form, photos: [], fields: {}, state: "sent", receipt: words.receipt });
      else if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) {
        await putForm({ ...form, state: "refused", words: Object.values(words.errors || {}).join(" "), receipt: words.receipt });
      }
    }
  };
  // one tab at a time; without locks the key alone sees to it that nothing is kept twice
  await (navigator.locks ? navigator.locks.request("observations", work) : work());
  return said;
};

// ---- pages
const list = async () => {
  const box = document.getElementById("waiting");
  if (!box || !self.indexedDB) return;
  const forms = (await allForms().catch(() => [])).filter((form) => form.state !== "draft" || document.getElementById("observe") === null);
  box.hidden = !forms.length;
  box.querySelector("ul").replaceChildren(...forms.map((form) => {
    const line = document.createElement("li"), button = document.createElement("button"), words = document.createElement("span");
    words.textContent = `${form.title}, ${form.fields.day || form.day}: ${box.dataset[form.state]} ${form.words || ""} `;
    line.append(words);
    if (form.receipt) line.append(Object.assign(document.createElement("b"), { textContent: form.receipt, className: "receipt" }), " ");
    if (form.state === "draft" || form.state === "refused") {
      line.append(Object.assign(document.createElement("a"), { href: form.action, textContent: box.dataset.open, className: "go" }), " ");
    }
    button.type = "button";
    button.textContent = box.dataset.delete;
    button.setAttribute("aria-label", `${box.dataset.delete}: ${form.title}`);
    button.addEventListener("click", () => dropForm(form.key));
    line.append(button);
    return line;
  }));
};

// a photo as large as the server would keep it, upright, without what the camera wrote into it
const smaller = async (file, side) => {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height].map((size) => Math.max(1, Math.round(size * scale)));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85))) || file;
  } catch {
    return file; // the server says what is wrong with it
  }
};

const fill = async (form) => {
  const { facility, title, side, photos: most, days } = form.dataset, at = (name) => form.elements[name];
  const drafts = (await allForms()).filter((one) => one.facility === facility && ["draft", "refused"].includes(one.state));
  const draft = drafts.at(-1), iso = (date) => new Date(date - date.getTimezoneOffset() * 6e4).toISOString().slice(0, 10);
  let photos = [], busy = Promise.resolve(), timer = 0;
  if (!at("key").value) { // a page kept from earlier: today is the day of this device
    at("key").value = newKey();
    at("day").value = at("day").max = iso(new Date());
    at("day").min = iso(new Date(Date.now() - days * 864e5));
  }
  if (draft) {
    for (const [name, value] of Object.entries(draft.fields)) if (at(name)) at(name).value = value;
    // the same key as long as nothing was answered: sent again after a lost answer it is still one observation
    if (!draft.receipt) at("key").value = draft.key;
    photos = draft.photos;
    if (draft.receipt) await dropForm(draft.key);
  }
  const show = (name, words) => {
    const line = document.getElementById(name ? "error-" + name : "error"), field = form.querySelector(`[aria-describedby~="${line.id}"]`);
    line.textContent = words;
    line.hidden = !words;
    if (field) field.setAttribute("aria-invalid", Boolean(words));
    if (!words) return;
    const first = name && at(name) ? at(name)[0] || at(name) : line; // of radio buttons the first
    first.focus({ preventScroll: true });
    line.scrollIntoView({ block: "center" });
  };
  const rest = () => {
    const shown = document.getElementById("photos-kept"), stands = ["working", "idle"].includes(at("status").value);
    shown.hidden = !photos.length;
    shown.querySelector("span").textContent = `${form.dataset.kept} ${photos.length}.`;
    document.getElementById("field-stage").hidden = !stands; // only a building that is being built is at a stage
    if (!stands) at("stage").value = "";
  };
  const record = (state) => {
    const fields = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "photos" && name !== "key"));
    return { key: at("key").value, facility, title, action: form.action, fields, day: fields.day, photos, state };
  };
  // one thing after another; what cannot be kept is still in the form
  const next = (work) => { busy = busy.then(work).catch(() => {}); return busy; };
  const save = () => { clearTimeout(timer); rest(); return next(() => putForm(record("draft"))); };

  document.getElementById("draft").hidden = document.getElementById("keep").hidden = false;
  form.addEventListener("input", (event) => {
    if (event.target.name === "photos") return;
    if (document.getElementById("error-" + event.target.name)) show(event.target.name, "");
    rest();
    clearTimeout(timer);
    timer = setTimeout(save, 400); // photos are written again each time: not at every letter
  });
  addEventListener("pagehide", () => { if (timer && form.isConnected) save(); });
  at("photos").addEventListener("change", async () => {
    const chosen = [...at("photos").files];
    at("photos").value = "";
    if (chosen.length + photos.length > most) return show("photos", form.dataset.many);
    show("photos", "");
    next(async () => { for (const file of chosen) photos.push(await smaller(file, side)); });
    await save();
    rest();
  });
  document.querySelector("#photos-kept button").addEventListener("click", () => { photos = []; save(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.main"), words = button.textContent;
    if (button.disabled) return;
    show("", "");
    if (!at("day").value || !at("day").checkValidity()) return show("day", form.dataset.day); // in the words of this page
    if (!at("status").value) return show("status", form.dataset.status);
    button.disabled = true;
    button.textContent = form.dataset.sending;
    clearTimeout(timer);
    await busy;
    let said = null;
    const own = record("waiting"), is_kept = document.querySelector("#keep input").checked;
    try {
      await putForm(own);
      said = (await sendWaiting())[own.key];
    } catch { /* no line */ }
    button.disabled = false;
    button.textContent = words;
    if (said && said.page) {
      const page = new DOMParser().parseFromString(said.page, "text/html");
      for (const part of ["#main", "header nav"]) document.querySelector(part).replaceWith(page.querySelector(part));
      if (!is_kept) await dropForm(own.key);
      copying();
      document.getElementById("receipt-title").focus();
      return scrollTo(0, 0);
    }
    if (said && said.errors) {
      await dropForm(own.key);
      if (said.receipt) at("key").value = newKey();
      await save();
      for (const [name, sentence] of Object.entries(said.errors)) show(name, sentence + (said.receipt ? " " + said.receipt : ""));
      return;
    }
    const now = (await allForms()).find((one) => one.key === own.key);
    if (said && now) { // the server is there and cannot take it now
      await putForm({ ...now, state: "draft" });
      return show("", form.dataset.failed);
    }
    if (now && now.state === "waiting" && "serviceWorker" in navigator) {
      navigator.serviceWorker.ready.then((worker) => worker.sync && worker.sync.register("observations")).catch(() => {});
    }
    const note = Object.assign(document.createElement("p"), { id: "later", role: "status", tabIndex: -1 });
    note.textContent = now && now.state === "waiting" ? form.dataset.later : ""; // another tab was quicker: the list says it
    form.replaceWith(note);
    await list();
    note.focus();
  });
  rest();
};

const copying = () => {
  const button = document.getElementById("copy");
  if (!button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("code").textContent);
    button.textContent = button.dataset.done;
  });
};

if (self.document && self.indexedDB) {
  const form = document.getElementById("observe");
  if (form) fill(form).catch(() => {}); // a browser that keeps nothing sends an ordinary form
  copying();
  list();
  if (told) told.onmessage = list;
  const again = () => sendWaiting().catch(() => {});
  addEventListener("online", again);
  again();
}
