// The model's streets in the browser: which piece lies under the pointer, which pieces a street has,
// and the shortest way from one piece to another.
import { load } from "./explorer.js";

export async function loadNetwork(address) {
  const data = await load(address);
  const links = new Map(data.features.map((feature) => [feature.id, feature]));
  const leaving = new Map();
  const streets = new Map();
  const meeting = new Map();
  for (const { id, properties: { a, b, n } } of data.features) {
    push(leaving, a, id);
    for (const node of [a, b]) push(meeting, node, id);
    if (n) push(streets, n, id);
  }
  const boxes = new Map(data.features.map((feature) => [feature.id, boxOf(feature)]));
  return { data, links, boxes, leaving, streets, meeting };
}

function push(map, key, value) {
  const found = map.get(key);
  if (found) found.push(value);
  else map.set(key, [value]);
}

export const reverse = (net, id) => net.links.get(id)?.properties.r ?? -1;

// The piece next to a place, on whose side it is (directions lie side by side), within a reach in
// degrees of latitude. It asks the streets themselves, not what the map has drawn of them by now.
export function nearest(net, [x, y], reach) {
  const shrink = Math.cos((y * Math.PI) / 180);
  let best = null;
  for (const { id, geometry: { coordinates } } of net.data.features) {
    if (!touches(net.boxes.get(id), x, y, reach / shrink, reach)) continue;
    for (let i = 1; i < coordinates.length; i += 1) {
      const [from, to] = [coordinates[i - 1], coordinates[i]];
      const [ax, ay, bx, by] = [(from[0] - x) * shrink, from[1] - y, (to[0] - x) * shrink, to[1] - y];
      const [dx, dy] = [bx - ax, by - ay];
      const long = dx * dx + dy * dy;
      const share = long ? Math.max(0, Math.min(1, -(ax * dx + ay * dy) / long)) : 0;
      const away = Math.hypot(ax + share * dx, ay + share * dy);
      const isLeft = ax * dy - ay * dx < 0; // the pointer lies on the left: it is the other direction
      const score = away * (isLeft ? 1.25 : 1);
      if (away <= reach && (!best || score < best.score)) best = { id, score };
    }
  }
  return best?.id ?? null;
}

const touches = ([west, south, east, north], x, y, wide, high) =>
  x >= west - wide && x <= east + wide && y >= south - high && y <= north + high;

function boxOf({ geometry: { coordinates } }) {
  const [xs, ys] = [coordinates.map(([x]) => x), coordinates.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// Dijkstra on lengths; the pieces after `from` up to `to`, in driving order, or null.
export function between(net, from, to) {
  const start = net.links.get(from).properties.b;
  const goal = net.links.get(to).properties.a;
  if (start === goal) return [to];
  const known = new Map([[start, 0]]);
  const by = new Map();
  const open = [[0, start]];
  while (open.length) {
    let least = 0;
    for (let i = 1; i < open.length; i += 1) if (open[i][0] < open[least][0]) least = i;
    const [[length, node]] = open.splice(least, 1);
    if (node === goal) break;
    if (length > known.get(node)) continue;
    for (const id of net.leaving.get(node) ?? []) {
      const { b, m } = net.links.get(id).properties;
      if (length + m < (known.get(b) ?? Infinity)) {
        known.set(b, length + m);
        by.set(b, id);
        open.push([length + m, b]);
      }
    }
  }
  if (!by.has(goal)) return null;
  const path = [to];
  for (let node = goal; node !== start; node = net.links.get(path[0]).properties.a) path.unshift(by.get(node));
  return path;
}

// Links in driving order: each run follows head to tail; runs keep the order they were drawn in.
export function inOrder(net, ids) {
  const left = new Set(ids);
  const ordered = [];
  while (left.size) {
    const heads = new Map([...left].map((id) => [net.links.get(id).properties.a, id]));
    const tails = new Set([...left].map((id) => net.links.get(id).properties.b));
    let at = [...left].find((id) => !tails.has(net.links.get(id).properties.a)) ?? [...left][0];
    while (at !== undefined && left.has(at)) {
      ordered.push(at);
      left.delete(at);
      at = heads.get(net.links.get(at).properties.b);
    }
  }
  return ordered;
}

// The pieces of a street for the list: one for each direction, named by the streets at both ends.
export function pieces(net, name, words) {
  const cross = (node) => {
    const others = (net.meeting.get(node) ?? []).map((id) => net.links.get(id).properties.n);
    return [...new Set(others)].find((one) => one && one !== name) ?? "";
  };
  return inOrder(net, net.streets.get(name) ?? []).map((id, place) => {
    const { properties: { a, b, m }, geometry: { coordinates } } = net.links.get(id);
    const [[west, south], [east, north]] = [coordinates[0], coordinates.at(-1)];
    const turn = Math.atan2((east - west) * Math.cos((south * Math.PI) / 180), north - south);
    const direction = words.directions[(Math.round((turn / Math.PI) * 4) + 8) % 8];
    const [from, to] = [cross(a), cross(b)];
    const text = from || to ? words.piece : words.bare;
    const said = { number: place + 1, from: from || words.end, to: to || words.end, metres: Math.round(m), direction };
    return { id, words: text.replace(/\{(\w+)\}/g, (_, key) => said[key]) };
  });
}
