// The map: regions by class, facilities by level, flagged ones on top. Called again whenever the page sends new data;
// the map object lives as long as its element, so that the reader's view survives every change of the filter.

const LIGHT = {
  page: "#ffffff", land: "#f7f9fa", line: "#93a1ad", ink: "#1b2430", hatch: "#b9c2ca", small: "#e6e9ec", accent: "#0b6e6e",
  classes: ["#eaf1f5", "#d0e0ea", "#aec9da", "#86adc7", "#5d90b3", "#3d739c"],
  levels: ["#bfd0db", "#e9b44c", "#cf6a2a", "#7f1d3f", "#ffffff"], outline: "#1b2430", halo: "#ffffff",
};
const DARK = {
  page: "#11171d", land: "#1a222a", line: "#5c6b78", ink: "#e8edf1", hatch: "#55626e", small: "#2b343c", accent: "#4fc0bb",
  classes: ["#1f303c", "#27465a", "#2f5d79", "#3a7699", "#4c90b6", "#70aed0"],
  levels: ["#8fa9ba", "#e9b44c", "#e0793a", "#d9567f", "#11171d"], outline: "#0a0e12", halo: "#f4f6f8",
};
const POINT_LAYERS = ["flagged", "points"];
const EMPTY = { type: "FeatureCollection", features: [] };
const maps = new WeakMap();

export default function ({ data, parentElement: root, setStateValue, setTriggerValue }) {
  let state = maps.get(root);
  if (!state) {
    state = { root, element: root.querySelector(".map"), legend: root.querySelector(".legend"), data };
    maps.set(root, state);
    state.ready = start(state).catch((error) => fail(state, error));
  }
  Object.assign(state, { data, setStateValue, setTriggerValue });
  state.element.parentElement.dataset.size = data.points ? "large" : "small";
  drawLegend(state);
  state.ready.then(() => state.map && update(state));
  return () => {
    maps.delete(root);
    state.ready.then(() => state.map && state.map.remove());
  };
}

const absolute = (url) => new URL(url, document.baseURI).href;
const fetchJson = async (url) => {
  const answer = await fetch(absolute(url));
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.json();
};

function fail(state, error) {
  console.warn("map:", error.message);
  state.element.textContent = state.data.words.failed;
  state.element.classList.add("failed");
}

// ---- start ---------------------------------------------------------------------------------------------------------
async function start(state) {
  const { data } = state;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = absolute(data.maplibre_css);
  const styled = new Promise((done) => { style.onload = done; style.onerror = done; });
  state.root.prepend(style);
  if (!globalThis.maplibregl) await import(absolute(data.maplibre_js));
  const [outlines] = await Promise.all([data.regions ? fetchJson(data.regions) : EMPTY, styled]);
  state.outlines = outlines;
  state.boxes = new Map(outlines.features.map((f) => [f.properties.code, f.bbox]));
  const map = new globalThis.maplibregl.Map({
    container: state.element,
    bounds: focusBounds(state) || data.bounds,
    fitBoundsOptions: { padding: padding(state) },
    attributionControl: false,
    renderWorldCopies: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 16,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    locale: data.words.maplibre,
    style: { version: 8, sources: {}, layers: [] },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new globalThis.maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(homeControl(state), "top-right");
  await new Promise((done) => map.once("load", done));
  state.map = map;
  state.focus = data.selected.join();
  addLayers(state);
  listen(state);
  globalThis.riskmapMap = map; // for the browser tests and the curious
}

function homeControl(state) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = state.data.words.home;
  button.setAttribute("aria-label", state.data.words.home);
  button.className = "home";
  button.onclick = () => state.map.fitBounds(homeBounds(state), { padding: padding(state) });
  const box = document.createElement("div");
  box.className = "maplibregl-ctrl maplibregl-ctrl-group";
  box.append(button);
  return { onAdd: () => box, onRemove: () => box.remove() };
}

function addLayers(state) {
  const { map } = state;
  map.addSource("regions", { type: "geojson", data: state.outlines });
  map.addSource("points", { type: "geojson", data: EMPTY });
  map.addLayer({ id: "page", type: "background" });
  map.addLayer({ id: "regions", type: "fill", source: "regions" });
  map.addLayer({ id: "unknown", type: "fill", source: "regions", filter: ["==", ["get", "code"], ""] });
  map.addLayer({ id: "borders", type: "line", source: "regions", paint: { "line-width": 0.8 } });
  map.addLayer({ id: "hovered", type: "line", source: "regions", paint: { "line-width": 2.5 }, filter: ["==", ["get", "code"], ""] });
  map.addLayer({ id: "selected", type: "line", source: "regions", paint: { "line-width": 3.5 }, filter: ["==", ["get", "code"], ""] });
  const size = ["interpolate", ["linear"], ["zoom"], 3, 0.42, 5, 0.6, 8, 0.85, 12, 1.1];
  const symbol = (id, flagged) => ({
    id, type: "symbol", source: "points", filter: ["==", ["get", "flagged"], flagged],
    layout: {
      "icon-image": ["concat", flagged ? "flagged-" : "level-", ["to-string", ["get", "level"]]],
      "icon-size": size, "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "rank"],
    },
  });
  map.addLayer(symbol("points", 0));
  map.addLayer(symbol("flagged", 1));
}

// ---- update --------------------------------------------------------------------------------------------------------
function update(state) {
  const { map, data } = state;
  map.getCanvas().setAttribute("aria-label", data.words.label);
  paint(state);
  showPoints(state);
  const focus = data.selected.join();
  if (focus !== state.focus) {
    state.focus = focus;
    map.fitBounds(focusBounds(state) || homeBounds(state), { padding: padding(state), maxZoom: 9 });
  }
}

function paint(state) {
  const { map, data } = state;
  const colours = palette(state);
  if (state.painted !== colours) {
    state.painted = colours;
    for (const [name, image] of icons(colours)) {
      if (map.hasImage(name)) map.removeImage(name);
      map.addImage(name, image, { pixelRatio: 2 });
    }
    map.setPaintProperty("page", "background-color", colours.page);
    map.setPaintProperty("borders", "line-color", colours.line);
    map.setPaintProperty("hovered", "line-color", colours.ink);
    map.setPaintProperty("selected", "line-color", colours.accent);
    map.setPaintProperty("unknown", "fill-pattern", "hatch");
  }
  const fill = ["match", ["get", "code"]];
  const hatched = [];
  for (const [code, number] of Object.entries(data.classes)) {
    if (number === "unknown") hatched.push(code);
    fill.push(code, number === "small" ? colours.small : number === "unknown" ? colours.land : shade(colours, number, data));
  }
  map.setPaintProperty("regions", "fill-color", fill.length > 2 ? [...fill, colours.land] : colours.land);
  map.setFilter("unknown", ["in", ["get", "code"], ["literal", hatched]]);
  map.setFilter("selected", ["in", ["get", "code"], ["literal", data.selected]]);
}

// few classes use the ends of the scale, so that the darkest always means the most
function shade(colours, number, data) {
  const n = data.legend.classes.length;
  const last = colours.classes.length - 1;
  return colours.classes[n < 2 ? Math.floor(last / 2) : Math.round((number * last) / (n - 1))];
}

async function showPoints(state) {
  const url = state.data.points;
  if (url === state.pointsUrl) return;
  state.pointsUrl = url;
  let columns = null;
  try {
    columns = url && (await fetchJson(url));
  } catch (error) {
    console.warn("map:", error.message);
  }
  if (url !== state.pointsUrl) return; // a newer filter has overtaken this answer
  const features = columns ? columns.id.map((id, i) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [columns.lon[i], columns.lat[i]] },
    properties: {
      id, title: columns.title[i], level: columns.level[i], delivery: columns.delivery[i],
      flagged: columns.flagged[i], rough: columns.rough[i],
      rank: columns.level[i] === 4 ? -1 : columns.level[i], // not assessable lies under the known
    },
  })) : [];
  state.map.getSource("points").setData({ type: "FeatureCollection", features });
  if (!state.data.regions && features.length && !state.dataBounds) {
    state.dataBounds = boundsOf(columns.lon, columns.lat);
    state.map.fitBounds(state.dataBounds, { padding: padding(state), maxZoom: 9, animate: false });
  }
}

// where the legend lies on the map (wide screens), the country stands beside it
function padding({ legend }) {
  const left = getComputedStyle(legend).position === "absolute" ? legend.offsetWidth + 20 : 14;
  return { top: 14, right: 14, bottom: 14, left };
}

const boundsOf = (lons, lats) => [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
const homeBounds = (state) => state.dataBounds || state.data.bounds;

function focusBounds(state) {
  const boxes = state.data.selected.map((code) => state.boxes.get(code)).filter(Boolean);
  if (!boxes.length) return null;
  return boundsOf(boxes.flatMap((b) => [b[0], b[2]]), boxes.flatMap((b) => [b[1], b[3]]));
}

// ---- what the reader does ------------------------------------------------------------------------------------------
function listen(state) {
  const { map } = state;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  state.element.append(tip);
  const at = (point) => {
    const box = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    return map.queryRenderedFeatures(box, { layers: POINT_LAYERS })[0] || map.queryRenderedFeatures(point, { layers: ["regions"] })[0];
  };
  map.on("mousemove", (event) => {
    const found = at(event.point);
    const code = found && found.layer.id === "regions" ? found.properties.code : "";
    map.setFilter("hovered", ["==", ["get", "code"], code]);
    map.getCanvas().style.cursor = found ? "pointer" : "";
    tip.hidden = !found;
    if (!found) return;
    const [title, ...lines] = code ? regionLines(state, code) : pointLines(state, found.properties);
    const strong = document.createElement("strong");
    strong.textContent = title;
    tip.replaceChildren(strong, ...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
    const { clientWidth, clientHeight } = state.element;
    tip.style.left = `${Math.max(8, Math.min(event.point.x + 14, clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, Math.min(event.point.y + 14, clientHeight - tip.offsetHeight - 8))}px`;
  });
  map.on("mouseout", () => {
    tip.hidden = true;
    map.setFilter("hovered", ["==", ["get", "code"], ""]);
  });
  map.on("click", (event) => {
    const found = at(event.point);
    if (!found) return;
    tip.hidden = true;
    if (found.layer.id === "regions") state.setTriggerValue("region", found.properties.code);
    else pick(state, found);
  });
}

function pick(state, found) {
  const { id } = found.properties;
  const box = document.createElement("div");
  const [title, ...lines] = pointLines(state, found.properties);
  const link = Object.assign(document.createElement("a"), { textContent: title, href: absolute(state.data.facility_url + encodeURIComponent(id)) });
  box.append(link, ...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
  if (state.popup) state.popup.remove();
  state.popup = new globalThis.maplibregl.Popup({ maxWidth: "260px", closeButton: true })
    .setLngLat(found.geometry.coordinates).setDOMContent(box).addTo(state.map);
  state.setStateValue("picked", id);
}

const regionLines = (state, code) => state.data.tips[code] || [code, state.data.words.no_facilities];

function pointLines({ data }, point) {
  const lines = [point.title, data.legend.levels[point.level], data.words.delivery[point.delivery]];
  if (point.flagged) lines.push(data.legend.flagged);
  if (point.rough) lines.push(data.words.rough);
  return lines;
}

// ---- colours and shapes --------------------------------------------------------------------------------------------
function palette(state) {
  const colour = getComputedStyle(state.element).getPropertyValue("--st-background-color").trim();
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour || "#ffffff";
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return r + g + b < 384 ? DARK : LIGHT;
}

function icons(colours) {
  const made = [["hatch", hatch(colours)]];
  for (let level = 0; level < 5; level++) {
    made.push([`level-${level}`, shape(colours, level, false)], [`flagged-${level}`, shape(colours, level, true)]);
  }
  return made;
}

function hatch(colours) {
  const context = canvas(16);
  context.strokeStyle = colours.hatch;
  context.lineWidth = 2.2;
  for (const shift of [-16, 0, 16]) {
    context.moveTo(shift, 16);
    context.lineTo(shift + 16, 0);
  }
  context.stroke();
  return context.getImageData(0, 0, 16, 16);
}

// low: small circle, medium: triangle, high: square, critical: diamond, not assessable: ring; flagged: light halo, thick outline
function shape(colours, level, flagged) {
  const size = 64;
  const context = canvas(size);
  const radius = [11, 16, 14, 20, 12][level] * (flagged ? 1.2 : 1);
  const path = outline(level, size / 2, radius);
  context.lineJoin = "round";
  if (flagged) {
    context.strokeStyle = colours.halo;
    context.lineWidth = 12;
    context.stroke(path);
  }
  context.fillStyle = colours.levels[level];
  context.fill(path);
  context.strokeStyle = level === 4 && !flagged ? colours.ink : colours.outline;
  context.lineWidth = flagged ? 5 : level === 4 ? 4 : 2;
  context.stroke(path);
  return context.getImageData(0, 0, size, size);
}

function outline(level, middle, radius) {
  const path = new Path2D();
  const corners = { 1: 3, 2: 4, 3: 4 }[level];
  if (!corners) path.arc(middle, middle, radius, 0, 2 * Math.PI);
  else for (let i = 0; i < corners; i++) {
    const angle = (2 * Math.PI * i) / corners - Math.PI / 2 + (level === 2 ? Math.PI / 4 : 0);
    const far = level === 2 ? radius * 1.25 : radius;
    path[i ? "lineTo" : "moveTo"](middle + far * Math.cos(angle), middle + far * Math.sin(angle));
  }
  path.closePath();
  return path;
}

function canvas(size) {
  const element = document.createElement("canvas");
  element.width = element.height = size;
  return element.getContext("2d", { willReadFrequently: true });
}

// ---- legend --------------------------------------------------------------------------------------------------------
function drawLegend(state) {
  const { legend } = state.data;
  const colours = palette(state);
  const item = (mark, label) => {
    const line = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = label;
    line.append(mark, text);
    return line;
  };
  const list = (title, items) => {
    if (!items.length) return [];
    const heading = Object.assign(document.createElement("p"), { textContent: title });
    const all = document.createElement("ul");
    all.append(...items);
    const group = document.createElement("div");
    group.append(heading, all);
    return [group];
  };
  const swatch = (fill, kind) => {
    const mark = document.createElement("i");
    mark.className = `swatch ${kind || ""}`;
    mark.style.background = fill;
    mark.style.borderColor = colours.line;
    return mark;
  };
  const icon = (level, flagged) => {
    const image = shape(colours, level, flagged);
    const context = canvas(image.width);
    context.putImageData(image, 0, 0);
    context.canvas.className = "icon";
    return context.canvas;
  };
  const regions = legend.classes.map((label, i) => item(swatch(shade(colours, i, state.data)), label));
  if (legend.small) regions.push(item(swatch(colours.small), legend.small));
  if (legend.unknown) {
    const lines = `repeating-linear-gradient(135deg, ${colours.hatch} 0 2px, ${colours.land} 2px 6px)`;
    regions.push(item(swatch(lines), legend.unknown));
  }
  const order = [3, 2, 1, 0, 4];
  const points = state.data.points ? [...order.map((level) => item(icon(level, false), legend.levels[level])), item(icon(3, true), legend.flagged)] : [];
  state.legend.replaceChildren(...list(legend.title, regions), ...list(legend.points_title, points));
}
