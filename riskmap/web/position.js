// The reader's position, asked for on click only. It is rounded to 0.001 degrees (about 100 m) before it leaves the
// device and goes nowhere but into the session of this reader.
const words = { 1: "denied", 2: "unavailable", 3: "timeout" };

export default function ({ parentElement, data, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  button.textContent = data.button;
  button.onclick = () => {
    if (!window.isSecureContext) return setTriggerValue("position", { error: "insecure" });
    if (!navigator.geolocation) return setTriggerValue("position", { error: "unsupported" });
    button.disabled = true;
    button.textContent = data.looking;
    const answer = (value) => {
      button.disabled = false;
      button.textContent = data.button;
      setTriggerValue("position", value);
    };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => answer({
        lat: Math.round(coords.latitude * 1000) / 1000,
        lon: Math.round(coords.longitude * 1000) / 1000,
        accuracy: Math.max(coords.accuracy, 100),
      }),
      (error) => answer({ error: words[error.code] || "unavailable" }),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  };
}
