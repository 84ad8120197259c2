// The road works studio: what is drawn stands in the address, and is answered as it is drawn.
import { ask } from "./studio-answer.mjs";
import { add, drawForm, newPhase, streetList, toggle } from "./studio-drawing.mjs";
import { openMap } from "./studio-map.mjs";
import { between, loadNetwork, reverse } from "./studio-network.mjs";
import { isDrawn, isWhole, queryOf, readQuestion } from "./studio-question.mjs";

const config = JSON.parse(document.getElementById("studio-config")?.textContent ?? "null");
const at = (id) => document.getElementById(id);
const words = config?.words;
const locale = document.documentElement.lang.replace(/^en$/, "en-GB");

if (config?.network) await start();

async function start() {
  const net = await loadNetwork(config.network);
  at("still").remove();
  const question = { ...readQuestion(config.query), model: config.model };
  if (!question.phases.length) question.phases.push(newPhase(config.words.today));
  const stage = await openMap(at("canvas"), config.map, net);
  let streets = [];
  let waiting = 0;
  let last = null;
  const history = [];

  const phase = () => question.phases[question.at] ?? question.phases[0];
  const whole = (value) => Math.round(Math.abs(value) >= 100 ? value / 10 : value) * (Math.abs(value) >= 100 ? 10 : 1);
  const number = (value) => whole(value).toLocaleString(locale);
  const signed = (value) => (whole(value) === 0 ? "0" : `${value > 0 ? "+" : "−"} ${number(Math.abs(value))}`);
  const label = (one) => `${words[one.effect] ?? one.effect} ${words.period.replace("{first}", day(phase().first)).replace("{last}", day(phase().last))}`;
  const day = (text) => new Date(`${text}T12:00`).toLocaleDateString(locale, { day: "numeric", month: "long" });

  const form = drawForm({ place: at("phases"), words, days: config.weekdays, question, net, changed: (isOther) => changed(isOther) });
  const list = streetList({
    input: at("street"), list: at("pieces"), words, net,
    isOn: (id) => phase().drawn.some((one) => one.links.includes(id) || (one.both && one.links.includes(reverse(net, id)))),
    found: (id) => { remember(); toggle(net, phase(), effect(), id); changed(true); stage.goTo([id]); },
    picked: (ids, name) => { remember(); add(net, phase(), effect(), ids, name); changed(true); stage.goTo(ids); },
  });
  const effect = () => at("tool-effect").value;

  stage.onPick((id) => {
    remember();
    // Along the street: from where the last click ended, the shortest way there.
    const path = at("tool-along").checked && last !== null && last !== id ? between(net, last, id) : null;
    if (path) add(net, phase(), effect(), [last, ...path], net.links.get(last).properties.n);
    else toggle(net, phase(), effect(), id);
    last = id;
    changed(true);
  });

  function remember() {
    history.push(JSON.stringify([question.phases, question.at]));
    if (history.length > 50) history.shift();
  }
  at("undo").addEventListener("click", () => {
    if (!history.length) return;
    [question.phases, question.at] = JSON.parse(history.pop());
    last = null;
    changed(true);
  });
  at("clear").addEventListener("click", () => {
    remember();
    for (const one of question.phases) one.drawn = [];
    last = null;
    changed(true);
  });

  function changed(isOther = false) {
    if (isOther) {
      form();
      list();
    }
    const query = queryOf(question);
    window.history.replaceState(null, "", `${location.pathname}?${query}`);
    at("report").href = `${config.report}?${query}`;
    for (const one of document.querySelectorAll("form[data-question]")) one.action = `${one.action.split("?")[0]}?${query}`;
    stage.showDrawn(phase().drawn.filter((one) => one.links.length), label);
    at("legend").hidden = !isDrawn(question);
    clearTimeout(waiting);
    if (phase().drawn.some(isWhole)) waiting = setTimeout(() => ask(`${config.ask}?${query}`, told), 30);
    else {
      streets = [];
      stage.showChange([], signed);
      say("");
    }
  }

  const say = (text) => { at("progress").textContent = text; };
  function told(line) {
    if (line.stage === "failed") {
      say(line.words || words.failed);
      at("panel").dataset.stage = "failed";
      return;
    }
    if (line.streets) {
      streets = line.streets;
      stage.showChange(streets, (one) => signed(one.change));
    }
    if (line.html) {
      const open = [...at("answer").querySelectorAll("details")].map((one) => one.open);
      at("answer").innerHTML = line.html;
      at("answer").querySelectorAll("details").forEach((one, i) => { one.open = open[i] ?? false; });
    }
    if (line.bars) at("bars").innerHTML = line.bars;
    if (line.variants) at("variants-list").innerHTML = line.variants;
    at("panel").dataset.stage = line.stage;
    say(line.words ?? "");
    mark();
    fill();
  }

  // The day below the map: one bar an hour, the one looked at in ink.
  function mark() {
    at("bars").querySelectorAll("[data-hour]").forEach((one) => { one.classList.toggle("on", Number(one.dataset.hour) === question.hour); });
  }
  const hour = at("hour");
  hour.addEventListener("input", () => {
    question.hour = Number(hour.value);
    const said = new Date(2000, 0, 1, question.hour).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
    at("hour-said").textContent = said;
    hour.setAttribute("aria-valuetext", said);
    mark();
    changed();
  });
  at("day").addEventListener("change", () => { question.day = at("day").value; changed(); });
  at("day-form").addEventListener("submit", (event) => event.preventDefault());

  // Each street once for what it gains and once for what it loses: the piece that changes most.
  function inView() {
    const found = new Map();
    for (const one of streets) {
      if (Math.abs(one.change) < 1 || !stage.isSeen(one.link)) continue;
      const key = `${one.street || one.link} ${one.change > 0}`;
      const before = found.get(key);
      if (before) before.count += 1;
      else found.set(key, { ...one, count: 1 });
    }
    return [...found.values()].slice(0, 200);
  }

  const table = at("inview");
  function fill() {
    if (table.hidden) return;
    table.querySelector("tbody").replaceChildren(...inView().map((one) => {
      const row = document.createElement("tr");
      const name = one.street || words.unnamed;
      const cells = [one.count > 1 ? `${name}, ${words.count.replace("{count}", one.count)}` : name, number(one.before), number(one.after), signed(one.change), `${signed(one.low)} … ${signed(one.high)}`];
      for (const [i, text] of cells.entries()) {
        const cell = document.createElement(i ? "td" : "th");
        if (i) cell.className = "n";
        else cell.scope = "row";
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    }));
  }
  at("seen").addEventListener("click", () => {
    table.hidden = !table.hidden;
    at("seen").setAttribute("aria-expanded", String(!table.hidden));
    fill();
    if (!table.hidden) table.focus();
  });
  stage.map.on("moveend", fill);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !table.hidden) at("seen").click();
  });

  at("tools").hidden = false;
  document.documentElement.dataset.studio = "ready";
  changed(true);
  if (config.first) stage.goTo(question.phases.flatMap((one) => one.drawn.flatMap((other) => other.links)), 12.6);
}
