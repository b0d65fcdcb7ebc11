// The map: regions by class, facilities by level, many of them counted in cells, flagged ones on top. Called again whenever the page sends new data;
// the map object lives as long as its element, so that the reader's view survives every change of the filter.

const LIGHT = {
  page: "#ffffff", land: "#f7f9fa", line: "#93a1ad", ink: "#1b2430", hatch: "#b9c2ca", small: "#e6e9ec", accent: "#0b6e6e",
  classes: ["#eaf1f5", "#d0e0ea", "#aec9da", "#86adc7", "#5d90b3", "#3d739c"],
  levels: ["#bfd0db", "#e9b44c", "#cf6a2a", "#7f1d3f", "#ffffff"], outline: "#1b2430", halo: "#ffffff",
  cells: ["#dbe4ea", "#f5dd9f", "#e3a23c", "#bd5722", "#7f1d3f"],
  square: ["#eef1f3", "#a9cbe2", "#4d93c7", "#f3cf9a", "#b3a08f", "#5f7390", "#e0872c", "#a0603a", "#4a2f3d"],
};
const DARK = {
  page: "#11171d", land: "#1a222a", line: "#5c6b78", ink: "#e8edf1", hatch: "#55626e", small: "#2b343c", accent: "#4fc0bb",
  classes: ["#1f303c", "#27465a", "#2f5d79", "#3a7699", "#4c90b6", "#70aed0"],
  levels: ["#8fa9ba", "#e9b44c", "#e0793a", "#d9567f", "#11171d"], outline: "#0a0e12", halo: "#f4f6f8",
  cells: ["#3a4853", "#6b5a2c", "#a9772a", "#e0793a", "#f7a6bf"],
  square: ["#26323b", "#2f6d96", "#4fb0e8", "#7a5526", "#7d7f86", "#8fc0dd", "#d98a2b", "#e0b184", "#fbeedd"],
};
const CELL_PX = [4, 25]; // radius of a cell with one facility and of the largest cell of its zoom
const N_LISTED = 8; // facilities at one place that a popup names
const EMPTY = { type: "FeatureCollection", features: [] };
const maps = new WeakMap();

export default function ({ data, parentElement: root, setStateValue, setTriggerValue }) {
  let state = maps.get(root);
  if (!state) {
    state = { root, element: root.querySelector(".map"), legend: root.querySelector(".legend"), data, places: new Map(), n_drawn: 0, drawn: 0, coming: 0 };
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
    attributionControl: data.background ? { compact: false, customAttribution: escaped(data.background.attribution) } : false,
    renderWorldCopies: false,
    fadeDuration: 0, // what replaces cells is there at once
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 16,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    locale: data.words.maplibre,
    style: await backgroundStyle(data.background),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new globalThis.maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(homeControl(state), "top-right");
  await new Promise((done) => map.once("load", done));
  state.map = map;
  state.focus = data.selected.join();
  addLayers(state);
  map.on("styleimagemissing", ({ id }) => {
    if (id.startsWith("n-")) map.addImage(id, count(palette(state), short(state, Number(id.split("-")[2]))), { pixelRatio: 2 });
  });
  map.on("sourcedata", ({ sourceId }) => {
    if (state.coming && sourceId === `facilities:${state.coming}` && map.isSourceLoaded(sourceId)) reveal(state, state.coming);
  });
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

const escaped = (words) => Object.assign(document.createElement("i"), { textContent: words }).innerHTML;

// what lies under the regions where the server has a background: another's style, or one layer of raster tiles
async function backgroundStyle(background) {
  const empty = { version: 8, sources: {}, layers: [] };
  if (!background) return empty;
  if (background.is_style) {
    try {
      return await fetchJson(background.url);
    } catch (error) {
      console.warn("map:", error.message);
      return empty;
    }
  }
  const tiles = { type: "raster", tiles: [background.url], tileSize: 256 };
  return { ...empty, sources: { background: tiles }, layers: [{ id: "background", type: "raster", source: "background" }] };
}

function addLayers(state) {
  const { map } = state;
  const lowest = map.getLayersOrder()[0];
  map.addSource("regions", { type: "geojson", data: state.outlines });
  map.addLayer({ id: "page", type: "background" }, lowest);
  map.addLayer({ id: "regions", type: "fill", source: "regions", paint: { "fill-opacity": state.data.background ? 0.6 : 1 } });
  map.addLayer({ id: "unknown", type: "fill", source: "regions", filter: ["==", ["get", "code"], ""] });
  map.addLayer({ id: "doubtful", type: "fill", source: "regions", filter: ["==", ["get", "code"], ""] });
  map.addLayer({ id: "borders", type: "line", source: "regions", paint: { "line-width": 0.8 } });
  map.addLayer({ id: "hovered", type: "line", source: "regions", paint: { "line-width": 2.5 }, filter: ["==", ["get", "code"], ""] });
  map.addLayer({ id: "selected", type: "line", source: "regions", paint: { "line-width": 3.5 }, filter: ["==", ["get", "code"], ""] });
}

// Tiles and not one file: what a view needs is the same few kB for a hundred facilities and for a million. Each filter
// has a source and layers of its own, which stay unseen until their tiles are there: until then the old ones stand.
const LAYERS = ["cells", "points", "flagged", "counts"];
const layersOf = (state, names) => (state.drawn ? names.map((name) => `${name}:${state.drawn}`) : []);

function addFacilities(state, tiles) {
  const { map, data } = state;
  const number = ++state.n_drawn;
  const source = `facilities:${number}`;
  map.addSource(source, { type: "vector", tiles: [tiles], maxzoom: data.points.last_zoom });
  const layer = (name, type, of, more) => map.addLayer({ id: `${name}:${number}`, type, source, "source-layer": of, ...more });
  layer("cells", "circle", "cells", { paint: { "circle-stroke-width": 1, "circle-opacity": 0, "circle-stroke-opacity": 0 } });
  const size = ["interpolate", ["linear"], ["zoom"], 3, 0.42, 5, 0.6, 8, 0.85, 12, 1.1];
  const unseen = { "icon-opacity": 0 };
  const symbol = (icon) => ({
    layout: {
      "icon-image": ["concat", icon, ["to-string", ["get", "level"]]],
      "icon-size": size, "icon-allow-overlap": true, "icon-ignore-placement": true,
      "symbol-sort-key": ["case", ["==", ["get", "level"], 4], -1, ["get", "level"]], // not assessable lies under the known
    },
    paint: unseen,
  });
  layer("points", "symbol", "points", symbol("level-"));
  layer("flagged", "symbol", "flagged", symbol("flagged-"));
  layer("counts", "symbol", "cells", { layout: { "symbol-sort-key": ["-", 0, ["get", "n_facilities"]] }, paint: unseen });
  return number;
}

function removeFacilities({ map }, number) {
  if (!map.getSource(`facilities:${number}`)) return;
  LAYERS.forEach((name) => map.removeLayer(`${name}:${number}`));
  map.removeSource(`facilities:${number}`);
}

// the tiles of a filter have come: show them, and only then take the ones before away
function reveal(state, number) {
  const { map } = state;
  const before = state.drawn;
  state.drawn = number;
  state.coming = 0;
  map.setPaintProperty(`cells:${number}`, "circle-opacity", 0.9);
  map.setPaintProperty(`cells:${number}`, "circle-stroke-opacity", 1);
  for (const name of ["points", "flagged", "counts"]) map.setPaintProperty(`${name}:${number}`, "icon-opacity", 1);
  map.once("render", () => map.once("render", () => before && removeFacilities(state, before)) && map.triggerRepaint());
}

// ---- update --------------------------------------------------------------------------------------------------------
function update(state) {
  const { map, data } = state;
  map.getCanvas().setAttribute("aria-label", data.words.label);
  paint(state);
  showDistricts(state);
  showFacilities(state);
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
    map.setPaintProperty("doubtful", "fill-pattern", "doubt");
    if (state.drawn) paintCells(state, colours, state.drawn);
  }
  const fill = ["match", ["get", "code"]];
  const hatched = [];
  for (const [code, number] of Object.entries(data.classes)) {
    if (number === "unknown") hatched.push(code);
    fill.push(code, number === "small" ? colours.small : number === "unknown" ? colours.land : shade(colours, number, data));
  }
  map.setPaintProperty("regions", "fill-color", fill.length > 2 ? [...fill, colours.land] : colours.land);
  map.setFilter("unknown", ["in", ["get", "code"], ["literal", hatched]]);
  map.setFilter("doubtful", ["in", ["get", "code"], ["literal", data.doubtful]]);
  map.setFilter("selected", ["in", ["get", "code"], ["literal", data.selected]]);
}

// the districts of a chosen region lie above it in the same layers, so that they are coloured, hatched and clicked alike
async function showDistricts(state) {
  const url = state.data.districts ? state.data.districts.url : "";
  if (url === (state.districts || "")) return;
  state.districts = url;
  const own = url ? await fetchJson(url).catch((error) => (console.warn("map:", error.message), EMPTY)) : EMPTY;
  if (state.districts !== url) return; // overtaken
  state.map.getSource("regions").setData({ ...state.outlines, features: [...state.outlines.features, ...own.features] });
}

// few classes use the ends of the scale, so that the darkest always means the most
function shade(colours, number, data) {
  if (data.legend.square) return colours.square[number];
  const n = data.legend.classes.length;
  const last = colours.classes.length - 1;
  return colours.classes[n < 2 ? Math.floor(last / 2) : Math.round((number * last) / (n - 1))];
}

// A new filter is a new address.
function showFacilities(state) {
  const { map, data } = state;
  const address = data.points && data.points.tiles;
  if (address === state.tiles) return;
  state.tiles = address;
  if (state.coming) removeFacilities(state, state.coming); // overtaken by a newer filter
  state.coming = 0;
  if (!address) {
    removeFacilities(state, state.drawn);
    state.drawn = 0;
    return;
  }
  // the braces must survive, and what is escaped in the filter must stay escaped
  const [before, after] = address.split("{z}");
  state.coming = addFacilities(state, `${absolute(before)}{z}${after}`);
  paintCells(state, palette(state), state.coming);
  if (!state.drawn) reveal(state, state.coming);
  if (!data.regions && data.points.bounds && !state.dataBounds) {
    state.dataBounds = data.points.bounds;
    map.fitBounds(state.dataBounds, { padding: padding(state), maxZoom: 9, animate: false });
  }
}

// One scale of areas for all cells of a zoom; coloured by the share that is flagged, grey where that says little.
function paintCells({ map, data }, colours, number) {
  const cells = `cells:${number}`;
  const counts = `counts:${number}`;
  const { largest } = data.points;
  const { breaks, min_facilities } = data.legend.cells;
  const n = ["get", "n_facilities"];
  const byZoom = (of) => (largest.length ? ["step", ["zoom"], of(0), ...largest.slice(1).flatMap((_, i) => [i + 1, of(i + 1)])] : of(0));
  const scale = (z) => CELL_PX[1] / Math.sqrt(largest[z] || 1);
  map.setPaintProperty(cells, "circle-radius", byZoom((z) => ["max", CELL_PX[0], ["*", scale(z), ["sqrt", n]]]));
  const share = ["/", ["get", "n_flagged"], n];
  map.setPaintProperty(cells, "circle-color", [
    "case", ["==", ["get", "n_not_assessable"], n], colours.page, ["<", n, min_facilities], colours.small, ["==", ["get", "n_flagged"], 0], colours.cells[0],
    ["step", share, colours.cells[1], ...breaks.flatMap((from, i) => [from, colours.cells[i + 2]])],
  ]);
  map.setPaintProperty(cells, "circle-stroke-color", ["case", ["==", ["get", "n_not_assessable"], n], colours.hatch, colours.ink]);
  // two digits are enough for a picture, and keep the number of different labels small
  const unit = ["^", 10, ["max", 0, ["-", ["floor", ["log10", n]], 1]]];
  const rounded = ["*", ["round", ["/", n, unit]], unit];
  map.setLayoutProperty(counts, "icon-image", ["concat", `n-${colours === DARK ? "dark" : "light"}-`, ["to-string", rounded]]);
  const smallest = (z) => (9 / scale(z)) ** 2; // a number needs a circle of nine pixels around it
  map.setFilter(counts, [">=", n, byZoom(smallest)]);
}

// where the legend lies on the map (wide screens), the country stands beside it
function padding({ legend }) {
  const left = getComputedStyle(legend).position === "absolute" ? legend.offsetWidth + 20 : 14;
  return { top: 14, right: 14, bottom: 14, left };
}

const boundsOf = (lons, lats) => [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
const homeBounds = (state) => state.dataBounds || state.data.bounds;

function focusBounds(state) {
  if (state.data.districts && state.data.districts.bounds) return state.data.districts.bounds;
  const boxes = state.data.selected.map((code) => state.boxes.get(code)).filter(Boolean);
  if (!boxes.length) return null;
  return boundsOf(boxes.flatMap((b) => [b[0], b[2]]), boxes.flatMap((b) => [b[1], b[3]]));
}

// ---- what the reader does ------------------------------------------------------------------------------------------
function listen(state) {
  const { map } = state;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  const cross = document.createElement("div");
  cross.className = "cross";
  state.element.append(tip, cross);
  // what lies there, the uppermost first: facilities, a cell, or a region
  const at = (point) => {
    const box = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    const points = map.queryRenderedFeatures(box, { layers: layersOf(state, ["flagged", "points"]) });
    if (points.length) return [...new Map(points.map((found) => [found.id, found])).values()];
    const cells = map.queryRenderedFeatures(point, { layers: layersOf(state, ["cells"]) });
    return (cells.length ? cells : map.queryRenderedFeatures(point, { layers: ["regions"] })).slice(0, 1);
  };
  const show = async (point) => {
    const found = at(point);
    const first = found[0];
    const code = first && first.layer.id === "regions" ? first.properties.code : "";
    map.setFilter("hovered", ["==", ["get", "code"], code]);
    map.getCanvas().style.cursor = first ? "pointer" : "";
    tip.hidden = !first;
    state.pointed = first;
    if (!first) return;
    const isCell = first.sourceLayer === "cells";
    const isPlace = !code && !isCell;
    const write = (place) => {
      const lines = code ? regionLines(state, code) : isCell ? cellLines(state, first.properties) : pointLines(state, first, place);
      if (isPlace && found.length > 1) lines.push(fill(state.data.words.more_here, { n: number(state, found.length - 1) }));
      const strong = Object.assign(document.createElement("strong"), { textContent: lines[0] });
      tip.replaceChildren(strong, ...lines.slice(1).map((line) => Object.assign(document.createElement("div"), { textContent: line })));
      const { clientWidth, clientHeight } = state.element;
      tip.style.left = `${Math.max(8, Math.min(point.x + 14, clientWidth - tip.offsetWidth - 8))}px`;
      tip.style.top = `${Math.max(8, Math.min(point.y + 14, clientHeight - tip.offsetHeight - 8))}px`;
    };
    write(isPlace ? state.places.get(placeUrl(state, first.id)) : null);
    if (!isPlace) return;
    const place = await placeOf(state, first.id);
    if (state.pointed === first) write(place);
  };
  const open = (point) => {
    const found = at(point);
    if (!found.length) return;
    tip.hidden = true;
    const [first] = found;
    if (first.layer.id === "regions") state.setTriggerValue(state.boxes.has(first.properties.code) ? "region" : "district", first.properties.code);
    else if (first.sourceLayer === "cells") {
      const deeper = Math.min(Math.floor(map.getZoom()) + 2, Math.max(state.data.points.points_from, map.getZoom() + 1));
      map.easeTo({ center: first.geometry.coordinates, zoom: deeper });
    } else pick(state, found);
  };
  const hide = () => {
    tip.hidden = true;
    map.setFilter("hovered", ["==", ["get", "code"], ""]);
  };
  map.on("mousemove", (event) => show(event.point));
  map.on("mouseout", hide);
  map.on("click", (event) => open(event.point));
  // without a mouse: arrows move the map under a cross, Enter opens what lies there
  const middle = () => ({ x: state.element.clientWidth / 2, y: state.element.clientHeight / 2 });
  const canvas = map.getCanvas();
  map.on("idle", () => canvas.matches(":focus-visible") && show(middle()));
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("keydown", (event) => event.key === "Enter" && open(middle()));
}

// tiles carry no names; those that somebody points at are asked for one by one and kept
const placeUrl = ({ data }, row) => data.points.places.replace("{row}", row) + data.words.lang;

async function placeOf(state, row) {
  const url = placeUrl(state, row);
  if (!state.places.has(url)) {
    try {
      state.places.set(url, await fetchJson(url));
    } catch (error) {
      console.warn("map:", error.message);
    }
  }
  return state.places.get(url);
}

async function pick(state, found) {
  const listed = found.slice(0, N_LISTED);
  const places = await Promise.all(listed.map(({ id }) => placeOf(state, id)));
  const box = document.createElement("div");
  const line = (words) => Object.assign(document.createElement("div"), { textContent: words });
  listed.forEach((feature, i) => {
    const [title, ...lines] = pointLines(state, feature, places[i]);
    const link = Object.assign(document.createElement("a"), { textContent: title });
    if (places[i]) link.href = absolute(state.data.facility_url + encodeURIComponent(places[i].id));
    box.append(link, ...(listed.length > 1 ? [line(lines.join(" · "))] : lines.map(line)));
  });
  if (found.length > listed.length) box.append(line(fill(state.data.words.more_here, { n: number(state, found.length - listed.length) })));
  if (state.popup) state.popup.remove();
  state.popup = new globalThis.maplibregl.Popup({ maxWidth: "260px", closeButton: true })
    .setLngLat(found[0].geometry.coordinates).setDOMContent(box).addTo(state.map);
  if (places[0]) state.setStateValue("picked", places[0].id);
}

const regionLines = (state, code) => state.data.tips[code] || [code, state.data.words.no_facilities];

function pointLines({ data }, { sourceLayer, properties }, place) {
  const lines = [place ? place.title : "…", data.legend.levels[properties.level], data.words.delivery[properties.delivery]];
  if (sourceLayer === "flagged") lines.push(data.legend.flagged);
  if (properties.rough) lines.push(data.words.rough);
  return lines;
}

function cellLines(state, cell) {
  const { words } = state.data;
  const n = cell.n_facilities;
  const shared = n >= state.data.legend.cells.min_facilities ? ` (${fill(words.percent, { n: Math.round((100 * cell.n_flagged) / n) })})` : "";
  const lines = [fill(words.facilities_n, { n: number(state, n) }), fill(words.flagged_n, { n: number(state, cell.n_flagged) }) + shared];
  const known = (unknown, of, value) => (unknown < of || !of ? money(state, value) : words.not_known);
  lines.push(`${words.budget}: ${known(cell.n_budget_unknown, n, cell.budget)}`);
  if (cell.n_flagged) lines.push(`${words.flagged_budget}: ${known(cell.n_flagged_budget_unknown, cell.n_flagged, cell.flagged_budget)}`);
  if (cell.n_budget_unknown) lines.push(fill(words.budget_unknown, { n: number(state, cell.n_budget_unknown) }));
  if (cell.n_not_assessable) lines.push(fill(words.not_assessable_n, { n: number(state, cell.n_not_assessable) }));
  return [...lines, words.click_in];
}

// ---- words and numbers, as `i18n.py` writes them -------------------------------------------------------------------
const fill = (template, values) => template.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
// (not Intl: not every browser knows Kazakh, and then it writes as in English)
function number({ data }, value, digits = 0) {
  const [whole, part] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, data.words.group);
  return (value < 0 ? "-" : "") + grouped + (part ? data.words.decimal + part : "");
}

function money(state, value) {
  const { words } = state.data;
  for (const [limit, name] of [[1e12, words.tn], [1e9, words.bn], [1e6, words.mn]]) {
    if (value < limit * 0.9995) continue;
    const scaled = value / limit;
    const amount = `${number(state, scaled, scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${name}`;
    return fill(words.money, { amount }).replaceAll(" ", "\u00a0");
  }
  return fill(words.money, { amount: number(state, value) });
}

// 53000 -> "53K", in the reader's language; the value has two digits that count
function short(state, value) {
  const { words } = state.data;
  const [unit, name] = value >= 1e6 ? [1e6, words.million] : [1000, words.thousand];
  return value < 1000 ? String(value) : fill(name, { n: number(state, value / unit, value < 10 * unit && value % unit ? 1 : 0) });
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
  const made = [["hatch", hatch(colours.hatch)], ["doubt", hatch(colours.ink)]];
  for (let level = 0; level < 5; level++) {
    made.push([`level-${level}`, shape(colours, level, false)], [`flagged-${level}`, shape(colours, level, true)]);
  }
  return made;
}

function hatch(colour) {
  const context = canvas(16);
  context.strokeStyle = colour;
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

function count(colours, label) {
  const font = "600 24px 'Source Sans', 'Source Sans Pro', sans-serif";
  const measure = canvas(1);
  measure.font = font;
  const width = Math.ceil(measure.measureText(label).width) + 10;
  const context = canvas(width, 34);
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 5;
  context.strokeStyle = colours.page;
  context.strokeText(label, width / 2, 18);
  context.fillStyle = colours.ink;
  context.fillText(label, width / 2, 18);
  return context.getImageData(0, 0, width, 34);
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

function canvas(width, height = width) {
  const element = document.createElement("canvas");
  Object.assign(element, { width, height });
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
  if (legend.doubtful) {
    const lines = `repeating-linear-gradient(135deg, ${colours.ink} 0 1px, ${colours.land} 1px 5px)`;
    regions.push(item(swatch(lines), legend.doubtful));
  }
  if (legend.square) regions.unshift(square(colours, legend.square));
  const cells = [];
  if (state.data.points && state.data.points.points_from) {
    const round = (colour, label, border) => {
      const mark = swatch(colour, "round");
      mark.style.borderColor = border || colours.ink;
      return item(mark, label);
    };
    cells.push(...legend.cells.classes.map((label, i) => round(colours.cells[i], label)));
    cells.push(round(colours.small, legend.cells.small), round(colours.page, legend.cells.unknown, colours.hatch));
  }
  const order = [3, 2, 1, 0, 4];
  const points = state.data.points ? [...order.map((level) => item(icon(level, false), legend.levels[level])), item(icon(3, true), legend.flagged)] : [];
  const thinned = state.data.points && state.data.points.is_thinned ? [Object.assign(document.createElement("div"), { className: "thinned", textContent: legend.thinned })] : [];
  state.legend.replaceChildren(...list(legend.title, regions), ...list(legend.cells.title, cells), ...list(legend.points_title, points), ...thinned);
}

// two measures at once: money to the right, delay upwards, the borders of the classes between the cells
function square(colours, { across, up }) {
  const svg = (name, attributes, words) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (words) element.textContent = words;
    return element;
  };
  const side = 26;
  const picture = svg("svg", { viewBox: "0 0 250 132", width: 250, height: 132, role: "img", "aria-label": `${across.name} → ${up.name} ↑` });
  const label = (x, y, words, anchor = "start", weight = 400) =>
    picture.append(svg("text", { x, y, "font-size": 12, "font-weight": weight, "text-anchor": anchor, fill: colours.ink }, words));
  label(0, 11, `↑ ${up.name}`);
  colours.square.forEach((fill, i) => {
    const [x, y] = [44 + (i % 3) * (side + 1), 18 + (2 - Math.floor(i / 3)) * (side + 1)];
    picture.append(svg("rect", { x, y, width: side, height: side, fill, stroke: colours.line, "stroke-width": 0.5 }));
  });
  // few regions may have fewer borders: then the classes stand at the ends
  const places = { 1: [1.5], 2: [1, 2] };
  const of = (borders, i) => places[borders.length][i] * (side + 1);
  up.borders.forEach((words, i) => label(40, 103 - of(up.borders, i), words, "end"));
  const anchors = { 1: ["middle"], 2: ["end", "start"] };
  across.borders.forEach((words, i) => label(44 + of(across.borders, i), 112, words, anchors[across.borders.length][i]));
  label(0, 128, `${across.name} →`);
  const line = document.createElement("li");
  line.append(picture);
  return line;
}
