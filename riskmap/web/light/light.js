// What the light pages gain where the browser can: the position on request, and opened pages kept for reading offline.
"use strict";
const worker = document.currentScript.dataset.worker;
if (worker && "serviceWorker" in navigator) navigator.serviceWorker.register(worker).catch(() => {});

const note = document.getElementById("offline");
const line = () => { note.hidden = navigator.onLine; };
addEventListener("online", line);
addEventListener("offline", line);
line();

const button = document.getElementById("position");
if (button) {
  const form = button.form, words = button.textContent, error = document.getElementById("place-error");
  const names = { 1: "denied", 2: "unavailable", 3: "timeout" };
  const failed = (name) => {
    button.disabled = false;
    button.textContent = words;
    error.textContent = button.dataset[name] || button.dataset.unavailable;
    error.hidden = false;
  };
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
        form.submit();
      },
      (reason) => failed(names[reason.code]),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

const found = document.getElementById("found-title");
if (found) found.focus();
