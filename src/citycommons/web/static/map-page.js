// The map explorer: which layers are shown and where one looks stand in the address.
import { show } from "./explorer.js";

const config = JSON.parse(document.getElementById("map-config").textContent);
const canvas = document.getElementById("canvas");
const list = document.getElementById("layers");
const legend = document.getElementById("legend");
const table = document.getElementById("inview");
const every = new Map(config.every.map((one) => [one.id, one]));
const address = new URL(location.href);
const asked = address.searchParams.get("at")?.split("/").map(Number);
const chosen = () => [...list.querySelectorAll("input:checked")].map((box) => box.value);

document.getElementById("still")?.remove();
document.getElementById("apply").hidden = true;
const stage = await show(canvas, {
  ...config,
  at: asked?.length === 3 && asked.every(Number.isFinite) ? asked : undefined,
  layers: chosen().map((id) => every.get(id)).filter(Boolean),
});

function remember() {
  const centre = stage.map.getCenter();
  const at = `${stage.map.getZoom().toFixed(2)}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}`;
  const layers = chosen().join(",");
  history.replaceState(null, "", `${location.pathname}?layers=${layers}&at=${at}`);
}

function showLegend() {
  legend.replaceChildren(...chosen().map((id) => {
    const one = every.get(id);
    const line = document.createElement("div");
    line.className = `key ${one.colour}`;
    line.innerHTML = '<svg width="11" height="11" aria-hidden="true"><circle class="fillk" cx="5.5" cy="5.5" r="5"></circle></svg> ';
    line.append(one.title);
    return line;
  }));
  legend.hidden = !chosen().length;
}

function fill() {
  if (table.hidden) return;
  const found = stage.seen();
  const body = table.querySelector("tbody");
  body.replaceChildren(...found.slice(0, 300).map((one) => {
    const row = document.createElement("tr");
    const go = document.createElement("button");
    go.type = "button";
    go.className = "linklike";
    go.textContent = one.name || "•";
    go.addEventListener("click", () => stage.point(one));
    for (const content of [go, one.one.title, one.value === null || one.value === undefined ? "" : one.value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })]) {
      const cell = document.createElement("td");
      cell.append(content);
      row.append(cell);
    }
    row.lastChild.className = "n";
    return row;
  }));
  table.querySelector("caption").textContent = config.words.count.replace("{shown}", Math.min(300, found.length)).replace("{total}", found.length);
}

list.addEventListener("change", async (event) => {
  const box = event.target;
  const one = every.get(box.value);
  if (box.checked) {
    box.disabled = true;
    try {
      await stage.add(one);
    } catch {
      box.checked = false;
      document.getElementById("said").textContent = config.words.failed.replace("{name}", one.title);
    }
    box.disabled = false;
    box.focus();
  } else stage.remove(one.id);
  showLegend();
  remember();
  fill();
});
stage.map.on("moveend", () => { remember(); fill(); });
const toggle = document.getElementById("seen");
toggle.hidden = false;
toggle.addEventListener("click", () => {
  table.hidden = !table.hidden;
  toggle.setAttribute("aria-expanded", String(!table.hidden));
  fill();
});
showLegend();
