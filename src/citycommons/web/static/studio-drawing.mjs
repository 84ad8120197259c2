// The drawing as a form beside the map: phases with their days and hours, measures, and a list of
// streets for whoever draws without a pointer. It changes the question and says so.
import { inOrder, pieces, reverse } from "./studio-network.mjs";

const VALUED = { lanes: [1, 8, 1], speed: [5, 130, 30] };

function make(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (key in made && key !== "list") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function newPhase(today, before) {
  const day = (text, days) => new Date(Date.parse(text) + days * 86_400_000).toISOString().slice(0, 10);
  const first = before ? day(before.last, 1) : day(today, 14);
  return { first, last: day(first, 13), opens: 0, closes: 24, weekdays: "1234567", drawn: [] };
}

// A click draws the piece, or takes away what is drawn there.
export function toggle(net, phase, effect, id) {
  const back = reverse(net, id);
  const name = net.links.get(id).properties.n;
  for (const one of phase.drawn) {
    const at = one.links.findIndex((link) => link === id || (one.both && link === back));
    if (one.effect !== effect || at < 0) continue;
    one.links = one.links.filter((_, place) => place !== at);
    if (!one.links.length) phase.drawn.splice(phase.drawn.indexOf(one), 1);
    return;
  }
  add(net, phase, effect, [id], name);
}

export function add(net, phase, effect, ids, name) {
  const of = (link) => net.links.get(link).properties.n;
  let one = effect === "turn-ban"
    ? phase.drawn.find((other) => other.effect === effect && other.links.length < 2)
    : phase.drawn.find((other) => other.effect === effect && of(other.links[0]) === name);
  if (!one) {
    one = { effect, links: [], both: ["closed", "speed", "lanes"].includes(effect), value: VALUED[effect]?.[2] ?? null, parking: 0 };
    phase.drawn.push(one);
  }
  const more = ids.filter((id) => !one.links.includes(id) && !(one.both && one.links.includes(reverse(net, id))));
  // A turn is driven in the order it was clicked.
  one.links = effect === "turn-ban" ? [...one.links, ...more] : inOrder(net, [...one.links, ...more]);
}

export function drawForm({ place, words, days, question, net, changed }) {
  const named = (one) => {
    const names = [...new Set(one.links.map((id) => net.links.get(id)?.properties.n).filter(Boolean))];
    return names.slice(0, 3).join(one.effect === "turn-ban" ? " → " : ", ") || words.unnamed;
  };
  const field = (label, control, isHidden = false) => make("label", {}, make("span", { className: isHidden ? "hide" : "" }, label), control);

  function measure(phase, one) {
    const [least, most] = VALUED[one.effect] ?? [];
    const effect = make("select", { on: { change: () => {
      one.effect = effect.value;
      one.value = VALUED[one.effect]?.[2] ?? null;
      changed(true);
    } } }, ...words.effects.map(({ id, name }) => make("option", { value: id, selected: id === one.effect }, name)));
    const tick = make("input", { type: "checkbox", checked: one.both, on: { change: () => { one.both = tick.checked; changed(); } } });
    const number = (key, low, high, label) => {
      const control = make("input", { type: "number", min: low, max: high, value: one[key] ?? "", on: { change: () => {
        const value = Math.round(Number(control.value));
        one[key] = Math.max(low, Math.min(high, Number.isFinite(value) ? value : low));
        changed();
      } } });
      return field(label, control);
    };
    return make("li", {},
      make("b", {}, named(one)),
      one.links.length > 1 ? make("span", { className: "quiet" }, ` ${words.count.replace("{count}", one.links.length)}`) : null,
      make("div", { className: "row" },
        field(words.what, effect, true),
        least ? number("value", least, most, one.effect === "lanes" ? words.lanesLeft : words.kmh) : null,
        one.effect === "turn-ban" || one.effect === "one-way" ? null : make("label", { className: "tick" }, tick, ` ${words.both}`),
        number("parking", 0, 9999, words.lost),
        make("button", { type: "button", className: "linklike", on: { click: () => { phase.drawn.splice(phase.drawn.indexOf(one), 1); changed(true); } } },
          words.remove, make("span", { className: "hide" }, ` ${named(one)}`))));
  }

  function dates(phase, index) {
    const day = (key) => make("input", { type: "date", value: phase[key], required: true, on: { change: (event) => {
      if (!event.target.value) return;
      phase[key] = event.target.value;
      if (phase.last < phase.first) phase[key === "first" ? "last" : "first"] = phase[key];
      changed(true);
    } } });
    const hour = (key, from, to) => make("select", { on: { change: (event) => {
      phase[key] = Number(event.target.value);
      if (phase.closes <= phase.opens) phase[key === "opens" ? "closes" : "opens"] = key === "opens" ? 24 : 0;
      changed(true);
    } } }, ...Array.from({ length: to - from + 1 }, (_, i) => make("option", { value: from + i, selected: phase[key] === from + i }, `${String(from + i).padStart(2, "0")}:00`)));
    const week = make("div", { className: "week", role: "group", "aria-label": words.weekdays }, ...days.map((name, i) => {
      const mark = String(i + 1);
      const tick = make("input", { type: "checkbox", checked: phase.weekdays.includes(mark), on: { change: () => {
        const next = [...new Set([...phase.weekdays].filter((one) => one !== mark).concat(tick.checked ? [mark] : []))].sort().join("");
        if (!next) tick.checked = true;
        else { phase.weekdays = next; changed(); }
      } } });
      return make("label", {}, tick, ` ${name}`);
    }));
    return make("details", { className: "when", open: index === question.at && !phase.drawn.length },
      make("summary", {}, `${phase.first} – ${phase.last}, ${String(phase.opens).padStart(2, "0")}–${String(phase.closes).padStart(2, "0")} h`),
      make("div", { className: "row" }, field(words.first, day("first")), field(words.last, day("last")), field(words.from, hour("opens", 0, 23)), field(words.to, hour("closes", 1, 24))),
      week);
  }

  function draw() {
    const openOnes = new Set([...place.querySelectorAll("details[open]")].map((one) => one.closest("fieldset")?.dataset.phase));
    const focus = place.contains(document.activeElement) ? [...place.querySelectorAll("input, select, button, summary")].indexOf(document.activeElement) : -1;
    const several = question.phases.length > 1;
    place.replaceChildren(
      ...question.phases.map((phase, index) => make("fieldset", { className: "phase", "data-phase": String(index) },
        make("legend", {}, several
          ? make("label", {}, make("input", { type: "radio", name: "at-phase", checked: index === question.at, on: { change: () => { question.at = index; changed(true); } } }), ` ${words.phase.replace("{number}", index + 1)}`)
          : words.phase.replace("{number}", index + 1)),
        dates(phase, index),
        make("ul", { className: "plain drawn" }, ...(phase.drawn.length ? phase.drawn.map((one) => measure(phase, one)) : [make("li", { className: "quiet" }, words.nothing)])),
        several ? make("button", { type: "button", className: "linklike", on: { click: () => {
          question.phases.splice(index, 1);
          question.at = Math.min(question.at, question.phases.length - 1);
          changed(true);
        } } }, words.removePhase) : null)),
      make("button", { type: "button", className: "btn q small", on: { click: () => {
        question.phases.push(newPhase(words.today, question.phases.at(-1)));
        question.at = question.phases.length - 1;
        changed(true);
      } } }, words.addPhase));
    for (const one of place.querySelectorAll("fieldset")) if (openOnes.has(one.dataset.phase)) one.querySelector("details").open = true;
    if (focus >= 0) place.querySelectorAll("input, select, button, summary")[focus]?.focus();
  }
  draw();
  return draw;
}

// The list of streets: type a name, tick the pieces.
export function streetList({ input, list, words, net, isOn, picked, found }) {
  let shown = "";
  const fill = () => {
    const name = [...net.streets.keys()].find((one) => one.toLowerCase() === input.value.trim().toLowerCase());
    shown = name ?? "";
    if (!name) {
      list.replaceChildren();
      return;
    }
    const all = pieces(net, name, words);
    list.replaceChildren(
      make("button", { type: "button", className: "btn q small", on: { click: () => { picked(all.map((one) => one.id), name); fill(); list.querySelector("button")?.focus(); } } }, words.whole),
      ...all.map((one) => {
        const tick = make("input", { type: "checkbox", checked: isOn(one.id), on: { change: () => { found(one.id); fill(); list.querySelector(`[data-link="${one.id}"]`)?.focus(); } }, "data-link": String(one.id) });
        return make("label", { className: "tick" }, tick, ` ${one.words}`);
      }));
  };
  input.addEventListener("input", fill);
  // Leaving the field tells of a change too: what is focused by then must stay.
  input.addEventListener("change", () => { if (input.value.trim().toLowerCase() !== shown.toLowerCase()) fill(); });
  input.form.addEventListener("submit", (event) => event.preventDefault());
  fill();
  return fill;
}
