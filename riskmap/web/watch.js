// The watch list stays with the reader: in the address, in a file, and in this tab (session storage) until it is closed.
// Nothing is kept by the server. A file is read here and only its text is sent, into the session of this reader.
const LIST = "riskmap.watch", PAST = "riskmap.watch.file";

const kept = (name) => { try { return sessionStorage.getItem(name) || ""; } catch { return ""; } };
const keep = (name, value) => { try { sessionStorage.setItem(name, value); } catch { /* storage is switched off */ } };

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const [copy, open, clear] = parentElement.querySelectorAll("button");
  const file = parentElement.querySelector("input");
  copy.textContent = data.words.copy;
  open.textContent = data.words.open;
  clear.textContent = data.words.clear;
  file.setAttribute("aria-label", data.words.open);
  copy.hidden = clear.hidden = !data.list;
  if (data.list !== null) keep(LIST, data.list);
  if (!parentElement.riskmapAsked) {
    parentElement.riskmapAsked = true;
    setStateValue("kept", { list: kept(LIST), past: kept(PAST) });
  }
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      copy.textContent = data.words.copied;
    } catch {
      prompt(data.words.copy, location.href);  // no clipboard without https
    }
  };
  open.onclick = () => file.click();
  file.onchange = async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const content = chosen.size > data.words.max_bytes ? null : await chosen.text();
    file.value = "";
    if (content !== null) keep(PAST, content);
    setTriggerValue("opened", { content });
  };
  clear.onclick = () => {
    keep(LIST, "");
    keep(PAST, "");
    setTriggerValue("cleared", true);
  };
}
