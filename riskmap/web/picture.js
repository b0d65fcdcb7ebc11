// A map or a chart as a file, made in this browser: SVG as it is, PNG drawn from it. Nothing is sent anywhere.
const SCALE = 2;
const LIGHT = { page: "#ffffff", ink: "rgb(27, 36, 48)" };

export default function ({ parentElement, data }) {
  const [svg, png] = parentElement.querySelectorAll("button");
  const source = () => (data.url ? fetched(data.url) : chart(parentElement, data));
  const offer = (button, words, ending, make) => {
    button.textContent = words;
    button.onclick = async () => {
      button.disabled = true;
      try {
        save(await make(await source()), `${data.name}.${ending}`);
      } finally {
        button.disabled = false;
      }
    };
  };
  offer(svg, data.words.svg, "svg", (text) => new Blob([text], { type: "image/svg+xml" }));
  offer(png, data.words.png, "png", drawn);
}

async function fetched(url) {
  const answer = await fetch(new URL(url, document.baseURI).href);
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.text();
}

// The chart above these buttons: its layers joined into one, with dark letters on white whatever theme the page has.
function chart(element, { ink }) {
  const host = element.getRootNode().host || element;
  let block = host.closest('[data-testid="stElementContainer"]') || host;
  while (block && !block.querySelector(".js-plotly-plot")) block = block.previousElementSibling;
  const layers = [...block.querySelectorAll(".js-plotly-plot .main-svg")];
  const whole = layers[0].cloneNode(true);
  for (const layer of layers.slice(1)) whole.append(...[...layer.cloneNode(true).childNodes].filter((node) => !node.classList?.contains("hoverlayer")));
  whole.style.background = LIGHT.page;
  whole.querySelectorAll(".hoverlayer, .drag, .modebar").forEach((node) => node.remove());
  whole.querySelectorAll("rect.bg").forEach((node) => { node.style.fill = "none"; });
  const page = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", LIGHT.page]]) page.setAttribute(name, value);
  whole.prepend(page);
  return new XMLSerializer().serializeToString(whole).replaceAll(ink, LIGHT.ink);
}

async function drawn(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width * SCALE;
    canvas.height = image.height * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function save(content, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
