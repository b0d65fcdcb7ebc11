// What the light pages gain where the browser can: the position on request, and opened pages kept for reading offline.
// Results come into the open page, so that Back from a facility leads to them: the answer to a form is never cached.
"use strict";
const worker = document.currentScript.dataset.worker;
if (worker && "serviceWorker" in navigator) navigator.serviceWorker.register(worker).catch(() => {});

const note = document.getElementById("offline");
const line = () => { note.hidden = navigator.onLine; };
addEventListener("online", line);
addEventListener("offline", line);
line();

const wire = () => {
  const button = document.getElementById("position");
  if (!button) return;
  const form = button.form, words = button.textContent, error = document.getElementById("place-error");
  const names = { 1: "denied", 2: "unavailable", 3: "timeout" };
  const failed = (name) => {
    button.disabled = false;
    button.textContent = words;
    error.textContent = button.dataset[name] || button.dataset.unavailable;
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.hidden = true;
    const body = new URLSearchParams(new FormData(form)), pressed = event.submitter;
    if (pressed && pressed.name) body.append(pressed.name, pressed.value);
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("main").replaceWith(page.getElementById("main"));
    } catch {
      return failed("offline");
    }
    wire();
    const found = document.getElementById("found-title") || document.getElementById("error");
    if (found) {
      found.focus();
      found.scrollIntoView();
    }
  });
  button.hidden = document.getElementById("privacy").hidden = false;
  button.addEventListener("click", () => {
    error.hidden = true;
    if (!isSecureContext) return failed("insecure");
    if (!navigator.geolocation) return failed("unsupported");
    button.disabled = true;
    button.textContent = button.dataset.looking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // rounded to about 100 m before it leaves the device; the body of the form is the only way it goes
        form.elements.lat.value = coords.latitude.toFixed(3);
        form.elements.lon.value = coords.longitude.toFixed(3);
        form.elements.accuracy.value = Math.max(100, Math.min(1e6, Math.round(coords.accuracy)));
        for (const name of ["settlement", "coordinates", "place"]) if (form.elements[name]) form.elements[name].value = "";
        form.requestSubmit();
      },
      (reason) => failed(names[reason.code]),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
};
wire();
