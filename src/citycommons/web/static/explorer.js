// The living map: the city's own layers in paper tones below, datasets above, each in its colour.
// Data come from this portal alone: grouped places first, exact features once one looks closely;
// of a large dataset the vector tiles of what is in view.
import * as library from "./vendor/maplibre/maplibre-gl.mjs";

const EXACT_ZOOM = 14;
const EXACT_MOST = 3000;
const TILES_DEEPEST = 16;
const EMPTY = { type: "FeatureCollection", features: [] };
let styled;

function stylesheet() {
  styled ??= new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("./vendor/maplibre/maplibre-gl.css", import.meta.url).href;
    link.onload = done;
    link.onerror = done;
    document.head.prepend(link);
  });
  return styled;
}

// MapLibre reads rgb(): a canvas turns whatever the stylesheet says into it.
const dot = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
export function colour(name) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.className = name.startsWith("k") ? name : "";
  probe.style.color = name.startsWith("k") ? "var(--k)" : `var(--${name})`;
  document.body.append(probe);
  dot.clearRect(0, 0, 1, 1);
  dot.fillStyle = getComputedStyle(probe).color;
  dot.fillRect(0, 0, 1, 1);
  probe.remove();
  const [r, g, b] = dot.getImageData(0, 0, 1, 1).data;
  return `rgb(${r},${g},${b})`;
}

export async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
}

const places = new Map();
const placesOf = (id) => {
  if (!places.has(id)) places.set(id, load(`/datasets/${id}/places`).catch((cause) => { places.delete(id); throw cause; }));
  return places.get(id);
};

function base(config) {
  const layers = [{ id: "paper", type: "background", paint: { "background-color": colour("map-land") } }];
  const sources = {};
  if (config.tiles) {
    sources.tiles = { type: "raster", tiles: [config.tiles], tileSize: 256, attribution: config.tiles_credit ?? "" };
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-saturation": -0.8, "raster-opacity": 0.7 } });
  }
  for (const one of config.tiles ? [] : config.basemap) {
    sources[`b-${one.id}`] = { type: "geojson", data: EMPTY, attribution: one.credit };
    const source = `b-${one.id}`;
    const kind = ["to-string", ["get", "kind"]];
    const big = ["in", kind, ["literal", ["motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "main"]]];
    const small = ["in", kind, ["literal", ["footway", "path", "steps", "track", "cycleway", "pedestrian", "service", "corridor", "bridleway"]]];
    layers.push(
      { id: `${source}-area`, type: "fill", source, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour("map-area") } },
      { id: `${source}-edge`, type: "line", source, filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": colour("map-border"), "line-width": 0.9, "line-dasharray": [2, 3], "line-opacity": 0.7 } },
      { id: `${source}-lane`, type: "line", source, minzoom: 13, filter: ["all", ["==", ["geometry-type"], "LineString"], small], paint: { "line-color": colour("map-lane"), "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.6, 17, 2] } },
      { id: `${source}-line`, type: "line", source, layout: { "line-cap": "round", "line-join": "round" }, filter: ["all", ["==", ["geometry-type"], "LineString"], ["!", small]], paint: { "line-color": ["case", big, colour("map-street"), colour("map-lane")], "line-width": ["interpolate", ["linear"], ["zoom"], 11, ["case", big, 1.4, 0.7], 16, ["case", big, 7, 4]] } },
    );
  }
  return { version: 8, sources, layers };
}

function above(one, found) {
  const id = `d-${one.id}`;
  const source = one.tiles ? { source: id, "source-layer": one.id } : { source: id };
  const value = ["get", one.tiles ? one.value_column : "value"];
  const name = ["to-string", ["coalesce", ["get", one.tiles ? one.name_column : "name"], ""]];
  const paint = colour(one.colour);
  const paper = colour("paper");
  const values = found.features.map((f) => f.properties.value).filter((v) => v !== null && v !== undefined).sort((a, b) => a - b);
  const top = values.at(-1);
  const sized = one.sized && top > 0;
  const steps = [0.2, 0.4, 0.6, 0.8].map((share) => values[Math.floor(values.length * share)]);
  const rising = steps.every((step, i) => step !== undefined && (i === 0 || step > steps[i - 1]));
  const shade = one.measured && rising
    ? ["step", ["coalesce", value, 0], 0.12, steps[0], 0.28, steps[1], 0.45, steps[2], 0.64, steps[3], 0.86]
    : 0.2;
  const is = (kind) => ["==", ["geometry-type"], kind];
  return [
    { id: `${id}-fill`, type: "fill", ...source, filter: is("Polygon"), paint: { "fill-color": paint, "fill-opacity": shade } },
    { id: `${id}-edge`, type: "line", ...source, filter: is("Polygon"), paint: { "line-color": paint, "line-width": 1 } },
    { id: `${id}-line`, type: "line", ...source, filter: is("LineString"), layout: { "line-cap": "round" }, paint: { "line-color": paint, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1.2, 16, 4], ...(one.dashed ? { "line-dasharray": [2, 2] } : {}) } },
    {
      id: `${id}-point`, type: "circle", ...source, filter: is("Point"),
      paint: {
        "circle-color": paint, "circle-opacity": 0.8, "circle-stroke-color": paper, "circle-stroke-width": one.tiles ? ["interpolate", ["linear"], ["zoom"], 11, 0.2, 15, 1.2] : 1.2,
        "circle-radius": sized
          ? ["+", 3, ["*", 19, ["sqrt", ["/", ["max", 0, ["coalesce", value, 0]], top]]]]
          : ["interpolate", ["linear"], ["zoom"], ...(one.tiles ? [8, 1.2, 12, 2] : [10, 2.6]), 14, one.tiles ? 3.4 : 5, 17, 8],
      },
    },
    {
      id: `${id}-name`, type: "symbol", ...source, minzoom: one.tiles ? 16 : sized && found.features.length <= 60 ? 10 : 14, filter: ["!=", name, ""],
      layout: { "text-field": name, "text-font": ["Public Sans", "sans-serif"], "text-size": 12.5, "text-anchor": ["case", is("Point"), "left", "center"], "text-offset": ["case", is("Point"), ["literal", [1, 0]], ["literal", [0, 0]]], "text-optional": true, "symbol-sort-key": ["-", 0, ["coalesce", value, 0]] },
      paint: { "text-color": colour("ink"), "text-halo-color": paper, "text-halo-width": 1.6 },
    },
  ];
}

function words(feature, one) {
  const list = document.createElement("dl");
  for (const [key, value] of Object.entries(feature.properties)) {
    if (value === null || value === "" || value === undefined || key === "kind" || key === "rows") continue;
    const name = document.createElement("dt");
    const text = document.createElement("dd");
    const measured = key === (one.tiles ? one.value_column : "value");
    name.textContent = measured ? one.measure : key === (one.tiles ? one.name_column : "name") ? one.title : key;
    text.textContent = typeof value === "number" ? value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 }) + (measured && one.unit ? ` ${one.unit}` : "") : String(value);
    list.append(name, text);
  }
  return list;
}

export async function show(canvas, config) {
  await stylesheet();
  const [west, south, east, north] = config.box ?? [-180, -60, 180, 75];
  const map = new library.Map({
    container: canvas,
    style: base(config),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxZoom: 19,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
    ...(config.at ? { center: [config.at[2], config.at[1]], zoom: config.at[0] } : { bounds: [west, south, east, north], fitBoundsOptions: { padding: 24 } }),
    locale: config.locale ?? {},
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new library.ScaleControl({ maxWidth: 110 }), "bottom-left");
  map.addControl(new library.AttributionControl({ compact: false, customAttribution: config.credit }), "bottom-right");
  map.getCanvas().setAttribute("aria-label", config.label ?? "");
  const shown = new Map();

  const fillBase = () => Promise.all((config.tiles ? [] : config.basemap).map(async (one) => {
    try {
      map.getSource(`b-${one.id}`)?.setData(await placesOf(one.id));
    } catch { /* a layer below that is missing leaves paper */ }
  }));

  async function add(one) {
    const found = one.tiles ? EMPTY : one.places ?? await placesOf(one.id);
    if (map.getSource(`d-${one.id}`)) return found;
    map.addSource(`d-${one.id}`, one.tiles
      ? { type: "vector", tiles: [`${location.origin}${one.tiles}/{z}/{x}/{y}.mvt`], maxzoom: TILES_DEEPEST, attribution: one.credit }
      : { type: "geojson", data: found, attribution: one.credit });
    // Areas lie below lines, lines below points, whichever came first.
    const rank = (id) => ["fill", "edge", "line", "point", "name"].indexOf(id.split("-").at(-1));
    for (const layer of above(one, found)) {
      const later = map.getStyle().layers.find((other) => other.id.startsWith("d-") && rank(other.id) > rank(layer.id));
      map.addLayer(layer, later?.id);
    }
    shown.set(one.id, { one, found, exact: false });
    closer();
    return found;
  }

  function remove(id) {
    shown.delete(id);
    for (const end of ["fill", "edge", "line", "point", "name"]) {
      if (map.getLayer(`d-${id}-${end}`)) map.removeLayer(`d-${id}-${end}`);
    }
    if (map.getSource(`d-${id}`)) map.removeSource(`d-${id}`);
  }

  // Looked at closely, shapes come as they are in the data, not simplified.
  async function closer() {
    const near = map.getZoom() >= EXACT_ZOOM;
    const box = map.getBounds().toArray().flat().map((v) => v.toFixed(5)).join(",");
    for (const [id, state] of shown) {
      if (!state.one.exact || state.one.tiles) continue;
      if (!near) {
        if (state.exact) map.getSource(`d-${id}`)?.setData(state.found);
        state.exact = false;
        continue;
      }
      try {
        const found = await load(`/datasets/${id}/features?bbox=${box}&limit=${EXACT_MOST}`);
        if (!shown.has(id) || found.features.length >= EXACT_MOST) continue;
        for (const feature of found.features) {
          feature.properties.value = feature.properties[state.one.value_column] ?? null;
          feature.properties.name = String(feature.properties[state.one.name_column] ?? "");
        }
        map.getSource(`d-${id}`)?.setData(found);
        state.exact = true;
      } catch { /* the simplified shapes stay */ }
    }
  }

  const layersAt = () => [...shown.keys()].flatMap((id) => ["point", "line", "fill"].map((end) => `d-${id}-${end}`)).filter((id) => map.getLayer(id));
  const ownerOf = (layer) => shown.get(layer.slice(2).replace(/-(point|line|fill)$/, ""))?.one;
  map.on("click", (event) => {
    const around = [[event.point.x - 5, event.point.y - 5], [event.point.x + 5, event.point.y + 5]];
    const [first] = map.queryRenderedFeatures(around, { layers: layersAt() });
    if (!first) return;
    new library.Popup({ maxWidth: "320px" }).setLngLat(event.lngLat).setDOMContent(words(first, ownerOf(first.layer.id))).addTo(map);
  });
  map.on("mousemove", (event) => {
    map.getCanvas().style.cursor = map.queryRenderedFeatures(event.point, { layers: layersAt() }).length ? "pointer" : "";
  });
  map.on("moveend", closer);

  await new Promise((done) => map.once("load", done));
  await fillBase();
  config.dress?.(map);
  for (const one of config.layers) {
    try {
      await add(one);
    } catch { /* said by the list beside the map */ }
  }
  const redraw = () => {
    const now = [...shown.values()].map((state) => state.one);
    shown.clear();
    map.setStyle(base(config), { diff: false });
    map.once("styledata", async () => {
      await fillBase();
      config.dress?.(map);
      for (const one of now) await add(one);
    });
  };
  document.addEventListener("city:paper", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // A feature on the edge of two tiles comes twice, by the same id.
  function inTiles(one) {
    const each = new Map();
    for (const feature of map.querySourceFeatures(`d-${one.id}`, { sourceLayer: one.id })) {
      const { properties, geometry } = feature;
      const named = { name: String(properties[one.name_column] ?? ""), value: properties[one.value_column] ?? null };
      if (!each.has(feature.id)) each.set(feature.id, { geometry, properties: named });
    }
    return each.values();
  }

  function seen() {
    const view = map.getBounds();
    const found = [];
    for (const { one, found: data } of shown.values()) {
      for (const feature of one.tiles ? inTiles(one) : data.features) {
        let at = feature.geometry.coordinates;
        while (Array.isArray(at[0])) at = at[0];
        if (view.contains(at)) found.push({ one, at, name: feature.properties.name, value: feature.properties.value });
      }
    }
    return found;
  }
  const point = ({ one, at, name, value }) => {
    map.jumpTo({ center: at, zoom: Math.max(map.getZoom(), 14) });
    new library.Popup({ maxWidth: "320px" }).setLngLat(at).setDOMContent(words({ properties: one.tiles ? { [one.name_column]: name, [one.value_column]: value } : { name, value } }, one)).addTo(map);
  };
  return { map, add, remove, seen, point };
}
