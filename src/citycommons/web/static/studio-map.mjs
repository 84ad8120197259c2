// What the studio draws over the city: base flows in grey, more and less traffic, works in red.
import { colour, show } from "./explorer.js";
import { nearest, reverse } from "./studio-network.mjs";

// How far beside a street, in pixels, a click still means it.
const REACH = 12;
const EMPTY = { type: "FeatureCollection", features: [] };
// Vehicles an hour to pixels, wider the closer one looks.
const wide = (value, least) => ["interpolate", ["linear"], ["zoom"],
  10, ["*", 0.5, ["interpolate", ["linear"], value, 0, least, 400, 1.4, 1500, 3.6, 4000, 8]],
  14, ["interpolate", ["linear"], value, 0, least + 0.4, 400, 2.6, 1500, 6, 4000, 13],
  17, ["*", 2, ["interpolate", ["linear"], value, 0, least + 0.8, 400, 2.6, 1500, 6, 4000, 13]]];
// A change of a hundred vehicles an hour is to be seen, one of a thousand not to fill the street.
const change = ["abs", ["get", "change"]];
const thickness = (scale) => ["*", scale, ["interpolate", ["linear"], change, 1, 1, 50, 2.2, 200, 4.2, 600, 7.5, 1500, 12]];
const thick = ["interpolate", ["linear"], ["zoom"], 10, thickness(0.6), 13, thickness(1), 16, thickness(1.6)];
// Directions lie side by side, each on the right as one drives.
const aside = (pixels) => ["case", [">=", ["get", "r"], 0], pixels, 0];
const offset = ["interpolate", ["linear"], ["zoom"], 10, aside(0.7), 14, aside(2.2), 17, aside(6)];
const round = { "line-cap": "round", "line-join": "round" };

export async function openMap(canvas, config, net) {
  const last = { change: EMPTY, drawn: EMPTY };
  const dress = (map) => {
    map.addSource("net", { type: "geojson", data: net.data });
    for (const name of ["change", "drawn"]) map.addSource(name, { type: "geojson", data: last[name] });
    map.addLayer({ id: "net-flow", type: "line", source: "net", layout: round, paint: { "line-color": colour("map-street"), "line-width": wide(["get", "f"], 0.6), "line-offset": offset } });
    map.addLayer({ id: "net-over", type: "line", source: "net", filter: ["==", ["id"], -1], layout: round, paint: { "line-color": colour("ink"), "line-width": 4, "line-offset": offset, "line-opacity": 0.7 } });
    map.addLayer({
      id: "change-line", type: "line", source: "change", filter: ["has", "change"], layout: { ...round, "line-sort-key": ["abs", ["get", "change"]] },
      paint: { "line-color": ["case", [">", ["get", "change"], 0], colour("more"), colour("less")], "line-width": thick, "line-offset": offset, "line-opacity": ["case", ["get", "sure"], 1, 0.28] },
    });
    const isShut = ["match", ["get", "effect"], ["closed", "one-way", "turn-ban"], true, false];
    map.addLayer({ id: "drawn-line", type: "line", source: "drawn", filter: ["has", "effect"], paint: { "line-color": colour("shut"), "line-width": ["interpolate", ["linear"], ["zoom"], 11, 5, 14, 10, 17, 16], "line-opacity": ["case", isShut, 1, 0.55] } });
    map.addLayer({ id: "drawn-hatch", type: "line", source: "drawn", filter: isShut, paint: { "line-color": colour("sheet"), "line-width": ["interpolate", ["linear"], ["zoom"], 11, 3, 14, 6, 17, 10], "line-dasharray": [0.6, 0.75] } });
    // The works' own words are placed first; others go where there is room.
    const near = { "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 0.7, "text-justify": "auto" };
    for (const [id, place] of [["change", near], ["drawn", { "text-anchor": "top", "text-offset": [0, 0.9], "text-allow-overlap": true }]]) {
      map.addLayer({
        id: `${id}-name`, type: "symbol", source: id, filter: ["has", "label"],
        layout: { "text-field": ["get", "label"], "text-font": ["Public Sans", "sans-serif"], "text-size": 13.5, "text-max-width": 30, ...place },
        paint: { "text-color": colour("ink"), "text-halo-color": colour("paper"), "text-halo-width": 2.2 },
      });
    }
  };
  const { map } = await show(canvas, { ...config, layers: [], dress });

  const set = (name, features) => {
    last[name] = { type: "FeatureCollection", features };
    map.getSource(name)?.setData(last[name]);
  };
  // Each feature is a street link with what is told of it.
  const told = (id, properties) => {
    const link = net.links.get(id);
    return link && { type: "Feature", geometry: link.geometry, properties: { r: link.properties.r, ...properties } };
  };

  // Words stand beside the middle of a piece.
  const mark = (id, label) => {
    const line = net.links.get(id)?.geometry.coordinates;
    if (!line) return null;
    const [[ax, ay], [bx, by]] = [line[Math.floor((line.length - 1) / 2)], line[Math.ceil((line.length - 1) / 2)]];
    return { type: "Feature", geometry: { type: "Point", coordinates: [(ax + bx) / 2, (ay + by) / 2] }, properties: { label } };
  };
  let shut = new Set();

  function pick({ point: { x, y } }) {
    const at = map.unproject([x, y]);
    return nearest(net, at.toArray(), Math.abs(at.lat - map.unproject([x, y + REACH]).lat));
  }
  map.on("mousemove", (event) => {
    const id = pick(event);
    map.getCanvas().style.cursor = id === null ? "" : "crosshair";
    if (map.getLayer("net-over")) map.setFilter("net-over", ["==", ["id"], id ?? -1]);
  });

  return {
    map,
    onPick(act) {
      map.on("click", (event) => {
        const id = pick(event);
        if (id !== null) act(id);
      });
    },
    // Named are the three that change most, each street once.
    showChange(streets, say) {
      const named = new Set();
      const ordered = [...streets].sort((one, other) => Math.abs(other.change) - Math.abs(one.change));
      const features = [];
      for (const one of ordered) {
        if (Math.abs(one.change) < 1 || shut.has(one.link)) continue;
        // Faint where the range of 90 % has no change in it, too.
        features.push(told(one.link, { change: one.change, sure: one.low > 0 || one.high < 0 }));
        if (named.size >= 3 || !one.street || named.has(one.street)) continue;
        named.add(one.street);
        features.push(mark(one.link, say(one)));
      }
      set("change", features.filter(Boolean));
    },
    showDrawn(measures, label) {
      shut = new Set(measures.flatMap((one) => (one.both ? one.links.flatMap((id) => [id, reverse(net, id)]) : one.links)));
      const features = measures.flatMap((one) => [
        ...one.links.map((id) => told(id, { effect: one.effect })),
        mark(one.links[Math.floor(one.links.length / 2)], label(one)),
      ]);
      set("drawn", features.filter(Boolean));
    },
    isSeen(id) {
      const line = net.links.get(id)?.geometry.coordinates;
      const view = map.getBounds();
      return Boolean(line?.some((at) => view.contains(at)));
    },
    goTo(ids, closest = 13) {
      const all = ids.flatMap((id) => net.links.get(id)?.geometry.coordinates ?? []);
      if (!all.length) return;
      const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
      const centre = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
      map.jumpTo({ center: centre, zoom: Math.max(map.getZoom(), closest) });
    },
  };
}
