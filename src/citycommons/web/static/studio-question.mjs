// The question as the address has it; the same grammar as web/studio/question.py.
const EVERY_DAY = "1234567";

export function readQuestion(search) {
  const given = new URLSearchParams(search);
  return {
    model: given.get("model") ?? "",
    works: given.get("works") ?? "",
    revision: given.get("revision") ?? "",
    variant: given.get("variant") ?? "",
    phases: given.getAll("phase").filter(Boolean).map(phase),
    day: given.get("day") || "workday",
    hour: Number(given.get("hour") || 8),
    at: Number(given.get("at") || 0),
    seed: given.get("seed") ?? "",
  };
}

function phase(text) {
  const [calendar, ...measures] = text.split(";");
  const [first, last, hours = "0-24", weekdays = EVERY_DAY] = calendar.split("/");
  const [opens, closes] = hours.split("-").map(Number);
  return { first, last, opens, closes, weekdays, drawn: measures.filter(Boolean).map(measure) };
}

function measure(text) {
  const [head, links, ...flags] = text.split(":");
  const [effect, value] = head.split("=");
  const parking = flags.find((flag) => flag.startsWith("parking="))?.slice(8);
  return { effect, value: value ? Number(value) : null, links: links.split(".").map(Number), both: flags.includes("both"), parking: Number(parking ?? 0) };
}

export function phaseText({ first, last, opens, closes, weekdays, drawn }) {
  const measures = drawn.filter(isWhole).map(({ effect, value, links, both, parking }) =>
    `${effect}${value === null ? "" : `=${value}`}:${links.join(".")}${both ? ":both" : ""}${parking ? `:parking=${parking}` : ""}`);
  return [`${first}/${last}/${opens}-${closes}/${weekdays}`, ...measures].join(";");
}

// A turn ban needs a street to turn out of and one to turn into.
export const isWhole = (one) => one.links.length > (one.effect === "turn-ban" ? 1 : 0);
export const isDrawn = (question) => question.phases.some((one) => one.drawn.some(isWhole));

export function queryOf(question) {
  const pairs = [["model", question.model], ["works", question.works], ["revision", question.revision], ["variant", question.variant]];
  for (const one of question.phases) if (one.drawn.some(isWhole)) pairs.push(["phase", phaseText(one)]);
  pairs.push(["day", question.day], ["hour", String(question.hour)], ["at", question.at ? String(question.at) : ""], ["seed", question.seed]);
  const plain = (text) => encodeURIComponent(text).replace(/%(2F|3B|3A|3D|2E)/g, decodeURIComponent);
  return pairs.filter(([, value]) => value).map(([key, value]) => `${key}=${plain(value)}`).join("&");
}
